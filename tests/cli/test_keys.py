"""Master keys at the command line: rotating them while messages lie sealed, and what `doctor` says of lost ones."""

import asyncio
import json
from pathlib import Path

import pytest

from parley.cli.keys import make_first_key
from parley.kit import owners_keys
from parley.kit.config import load_settings
from parley.kit.db import Connection
from parley.kit.ids import new_random_id
from parley.kit.master_keys import key_file, key_ring, read_key_file, write_key_file
from parley.kit.sealing import new_key
from parley.kit.server_secrets import server_secret
from tests.cli.operator import Operator

OWNER_ID = new_random_id()


@pytest.fixture
def data(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path))
    return tmp_path


def in_database(operator: Operator, act):
    """As a running process would, whose ring follows the file."""
    ring = key_ring(load_settings())

    async def run(database):
        async with database.transaction() as conn:
            conn.keys = ring
            return await act(conn)

    return operator.looks(run)


async def sealed_words(conn: Connection) -> bytes:
    key = await owners_keys.use_key(conn, OWNER_ID)
    await server_secret(conn, "a secret")
    return owners_keys.seal(key, "place", ["words"])


def said_of_keys(operator: Operator) -> tuple[str, str]:
    _, printed, _ = operator.run("doctor", "--json")
    [found] = [each for each in json.loads(printed) if each["what"] == "master keys"]
    return found["health"], found["said"]


def test_keys_are_made_rotated_and_missed(operator: Operator, data: Path, dsn: str) -> None:
    path = key_file(load_settings())
    assert said_of_keys(operator)[0] == "warning"
    asyncio.run(make_first_key(load_settings(), dsn))
    [first] = read_key_file(path)
    asyncio.run(make_first_key(load_settings(), dsn))
    assert read_key_file(path) == (first,)
    sealed = in_database(operator, sealed_words)
    assert said_of_keys(operator)[0] == "ok"

    async def opened(conn: Connection) -> list[str] | None:
        owners_keys.clear()
        return await owners_keys.open_one(conn, owners_keys.Piece("place", sealed), list[str])

    assert "2" in operator.types("keys", "rotate")
    second, kept = read_key_file(path)
    assert (kept, second != first, in_database(operator, opened)) == (first, True, ["words"])
    operator.types("keys", "rotate")
    third, kept = read_key_file(path)
    assert (kept, first not in (third, kept), in_database(operator, opened)) == (second, True, ["words"])

    write_key_file(path, (new_key(),))
    health, said = said_of_keys(operator)
    assert (health, "put it back from your backup" in said) == ("problem", True)
    assert in_database(operator, opened) is None
    assert "is missing" in operator.fails("keys", "rotate")
    path.unlink()
    assert said_of_keys(operator)[0] == "problem"
    asyncio.run(make_first_key(load_settings(), dsn))
    assert not path.exists(), "what was lost is not replaced in silence"
    write_key_file(path, (third,))
    path.chmod(0o644)
    assert "chmod 600" in said_of_keys(operator)[1]
    assert in_database(operator, opened) == ["words"]
    in_database(operator, lambda conn: owners_keys.delete_key(conn, OWNER_ID))
    in_database(operator, lambda conn: conn.execute("delete from server_secrets"))


def test_the_setting_takes_the_place_of_the_file(
    operator: Operator, data: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (operator.types("keys", "new").strip() for _ in range(2))
    monkeypatch.setenv("PARLEY_MASTER_KEYS", first)
    sealed = in_database(operator, sealed_words)
    asyncio.run(make_first_key(load_settings(), dsn))
    assert not key_file(load_settings()).exists()
    monkeypatch.setenv("PARLEY_MASTER_KEYS", f"{second},{first}")
    assert "2" in operator.types("keys", "rotate")
    monkeypatch.setenv("PARLEY_MASTER_KEYS", second)

    async def opened(conn: Connection) -> list[str] | None:
        owners_keys.clear()
        return await owners_keys.open_one(conn, owners_keys.Piece("place", sealed), list[str])

    assert in_database(operator, opened) == ["words"]
    monkeypatch.setenv("PARLEY_MASTER_KEYS", "no key")
    code, _, complaint = operator.run("keys", "rotate")
    assert (code, "no key" not in complaint, "parley keys new" in complaint) == (2, True, True)
