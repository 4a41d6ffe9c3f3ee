"""Types commands against a database of their own, and looks at what came of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parley.cli.failures import told_in_one_line
from parley.cli.keys import make_first_key
from parley.cli.main import app
from parley.identity import login_queries
from parley.identity.accounts import find_local_account
from parley.identity.models import User
from parley.kit.config import SettingsError, load_settings
from parley.kit.db import Database
from parley.kit.errors import OperatorError
from parley.kit.master_keys import key_ring
from parley.kit.sealing import KeyRing
from tests.conftest import DSN_VARIABLE, copy_template


class Operator:
    """Types commands, and looks at what came of them."""

    def __init__(self, dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._dsn = dsn
        self._capsys = capsys

    def types(self, *words: str) -> str:
        """What the command printed; it has to succeed."""
        code, printed, complaint = self.run(*words)
        assert (code, complaint) == (0, "")
        return printed

    def fails(self, *words: str) -> str:
        """The one line of complaint."""
        code, printed, complaint = self.run(*words)
        assert (code, printed, complaint.count("\n")) == (1, "", 1)
        return complaint

    def looks(self, act: Callable[[Database], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            database = Database(self._dsn, size=2, keys=await _keys_of_the_server(self._dsn))
            try:
                return await act(database)
            finally:
                await database.stop()

        return asyncio.run(run())

    def user(self, username: str) -> User:
        async def find(database: Database) -> User | None:
            async with database.reading() as conn:
                account = await find_local_account(conn, username)
                return None if account is None else await login_queries.find_user(conn, account.id)

        found = self.looks(find)
        assert isinstance(found, User)
        return found

    def run(self, *words: str) -> tuple[Any, str, str]:
        """Exit code, what was printed, and what was complained."""
        with pytest.raises(SystemExit) as end:
            told_in_one_line(lambda: app(list(words)))
        captured = self._capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err


async def _keys_of_the_server(dsn: str) -> KeyRing:
    """None where a test has made its settings wrong."""
    try:
        settings = load_settings()
        await make_first_key(settings, dsn)
    except (OperatorError, SettingsError):
        return KeyRing(tuple)
    return key_ring(settings)


@pytest.fixture(scope="module")
def dsn(server_dsn: str, worker_id: str) -> str:
    return asyncio.run(copy_template(server_dsn, f"parley_test_cli_{worker_id}"))


@pytest.fixture
def operator(
    dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Operator]:
    monkeypatch.delenv(DSN_VARIABLE)
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("PARLEY_REGISTRATIONS", "approval")
    monkeypatch.chdir(tmp_path)
    operator = Operator(dsn, capsys)
    yield operator
    operator.looks(_empty)


async def _empty(database: Database) -> None:
    async with database.transaction() as conn:
        for table in ("handles", "accounts", "account_counts", "users", "email_addresses", "access_tokens",
                      "sealing_keys", "server_secrets"):  # fmt: skip
            await conn.execute(f"delete from {table}")
        await conn.execute("delete from mails")
