"""The ledger of deletions at the command line: written into a file, taken into another database, refused if foreign."""

import asyncio
from pathlib import Path

import pytest

from parley.cli.keys import make_first_key
from parley.kit.config import load_settings
from parley.kit.db import Connection
from parley.kit.ids import new_account_id
from parley.kit.ledger import deleted_among, note_deleted
from tests.cli.operator import Operator
from tests.cli.test_keys import in_database


def test_a_ledger_is_carried_over_to_a_backup(
    operator: Operator, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path))
    asyncio.run(make_first_key(load_settings(), dsn))
    deleted, other = new_account_id(), new_account_id()

    async def begin(conn: Connection) -> None:
        await conn.execute("delete from server_secrets")
        await conn.execute("delete from deletions")

    async def note(conn: Connection) -> None:
        await note_deleted(conn, "account", [deleted])

    async def known(conn: Connection) -> list[int]:
        return await deleted_among(conn, "account", [deleted, other])

    in_database(operator, begin)
    in_database(operator, note)
    file = tmp_path / "ledger"
    assert "1" in operator.types("ledger", "export", str(file))
    assert str(deleted) not in file.read_text()
    in_database(operator, begin)
    operator.types("ledger", "apply", str(file))
    assert in_database(operator, known) == [deleted]
    operator.types("ledger", "apply", str(file))
    in_database(operator, begin)
    in_database(operator, known)
    assert "another server" in operator.fails("ledger", "apply", str(file))
    in_database(operator, begin)
    head, _, rest = file.read_text().partition("\n")
    for damaged in ("something else", head[:-2] + ("00" if head[-2:] != "00" else "11")):
        file.write_text(f"{damaged}\n{rest}")
        assert "can't be read as a ledger" in operator.fails("ledger", "apply", str(file))
    in_database(operator, begin)
