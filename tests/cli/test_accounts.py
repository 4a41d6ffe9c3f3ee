"""`parley account …` and `parley outbox`, against a database of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parley.cli.failures import told_in_one_line
from parley.cli.main import app
from parley.identity import login_queries
from parley.identity.accounts import find_local_account
from parley.identity.errors import WrongPassword
from parley.identity.login import check_password
from parley.identity.models import User
from parley.identity.signup import SignUpForm, prepare_sign_up, sign_up
from parley.identity.tokens import TokenCache
from parley.kit.config import load_settings
from parley.kit.db import Connection, Database
from tests.conftest import DSN_VARIABLE, copy_template


class Operator:
    """Types commands, and looks at what came of them."""

    def __init__(self, dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._dsn = dsn
        self._capsys = capsys

    def types(self, *words: str) -> str:
        """What the command printed; it has to succeed."""
        code, printed, complaint = self._run(*words)
        assert (code, complaint) == (0, "")
        return printed

    def fails(self, *words: str) -> str:
        """The one line of complaint."""
        code, printed, complaint = self._run(*words)
        assert (code, printed, complaint.count("\n")) == (1, "", 1)
        return complaint

    def looks(self, act: Callable[[Database], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            database = Database(self._dsn, size=2)
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

    def _run(self, *words: str) -> tuple[Any, str, str]:
        with pytest.raises(SystemExit) as end:
            told_in_one_line(lambda: app(list(words)))
        captured = self._capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err


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
        for table in ("handles", "accounts", "account_counts", "users", "email_addresses", "access_tokens"):
            await conn.execute(f"delete from {table}")
        await conn.execute("delete from mails")


async def _sign_up(database: Database) -> None:
    settings = load_settings()
    form = SignUpForm("alice", "alice@mail.test", "long enough", agreement=True, reason="Gardens\x1b[2J")
    prepared = await prepare_sign_up(settings, form)
    async with database.transaction() as conn:
        await sign_up(conn, settings, prepared)


def test_many_members_with_tokens_that_work(operator: Operator) -> None:
    lines = operator.types("account", "create", "bot", "--count", "50", "--token", "read write").splitlines()
    pairs = [line.split(" ") for line in lines]
    assert [name for name, _ in pairs] == [f"bot{number}" for number in range(1, 51)]

    async def look(database: Database) -> None:
        for name, bearer in (pairs[0], pairs[-1]):
            viewer = await TokenCache().viewer_of_bearer(database, bearer)
            assert viewer.scopes == {"read", "write"}
            assert viewer.application_name == "Parley command line"
            async with database.reading() as conn:
                account = await find_local_account(conn, name)
            assert account is not None
            assert account.id == viewer.account_id

    operator.looks(look)


def test_one_member_with_everything_given(operator: Operator) -> None:
    given = ["--email", "Root@mail.test", "--password", "long enough", "--role", "moderator"]
    assert operator.types("account", "create", "Root", *given) == "Root long enough\n"
    assert operator.user("root").role == "moderator"
    proven = operator.looks(lambda database: check_password(database, "root@mail.test", "long enough"))
    assert proven.account_id == operator.user("root").account_id


def test_refusals_are_one_line_and_make_nobody(operator: Operator) -> None:
    operator.types("account", "create", "Alice", "--email", "alice@mail.test")
    for words, complaint in (
        (["aLICE"], "already been taken"),
        (["no spaces"], "letters, numbers"),
        (["x" * 31], "too long"),
        (["x" * 30, "--count", "2"], "too long"),
        (["bob", "--email", "ALICE@mail.test"], "already been taken"),
        (["bob", "--email", "nonsense"], "not an e-mail address"),
        (["bob", "--email", "b@mail.test", "--count", "2"], "one member"),
        (["bob", "--password", "short"], "too short"),
        (["bob", "--token", "everything"], "Scopes"),
    ):
        assert complaint in operator.fails("account", "create", *words), words
    for command in ("approve", "promote", "reject", "reset-password"):
        assert "no member bob" in operator.fails("account", command, "bob")


def test_from_sign_up_to_first_administrator(operator: Operator) -> None:
    assert operator.types("account", "list-pending") == "Nobody waits for approval.\n"
    assert operator.types("outbox") == "Every mail was sent.\n"
    operator.looks(_sign_up)
    listed = operator.types("account", "list-pending")
    assert "alice <alice@mail.test> unconfirmed: Gardens [2J\n" in listed
    assert "/auth/confirm?token=" in operator.types("outbox")
    operator.types("account", "approve", "@Alice")
    user = operator.user("alice")
    assert (user.approved_at is None, user.confirmed_at is None) == (False, True)
    operator.types("account", "promote", "alice")
    user = operator.user("alice")
    assert (user.role, user.confirmed_at is None) == ("admin", False)
    operator.types("account", "promote", "alice", "--role", "user")
    assert operator.user("alice").role == "user"


def test_who_is_turned_away_is_gone_and_members_are_not(operator: Operator) -> None:
    operator.looks(_sign_up)
    operator.types("account", "reject", "alice")
    assert operator.types("account", "list-pending") == "Nobody waits for approval.\n"
    assert "no member alice" in operator.fails("account", "approve", "alice")
    operator.types("account", "create", "alice")
    assert operator.fails("account", "reject", "alice")


def test_new_password(operator: Operator) -> None:
    operator.types("account", "create", "alice", "--token", "read")
    name, password = operator.types("account", "reset-password", "alice").split()
    assert name == "alice"

    async def look(database: Database) -> None:
        await check_password(database, "alice", password)
        with pytest.raises(WrongPassword):
            await check_password(database, "alice", password + "x")
        async with database.reading() as conn:
            assert await _revoked(conn)

    operator.looks(look)


async def _revoked(conn: Connection) -> bool:
    found: bool = await conn.fetch_value("select bool_and(revoked_at is not null) from access_tokens")
    return found
