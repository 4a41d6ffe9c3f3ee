"""`parley account …` and `parley outbox`."""

import pytest

from parley.identity.accounts import find_local_account
from parley.identity.errors import WrongPassword
from parley.identity.login import check_password
from parley.identity.models import SecondFactor
from parley.identity.second_factor_queries import put_second_factor
from parley.identity.signup import SignUpForm, prepare_sign_up, sign_up
from parley.identity.tokens import TokenCache
from parley.kit import clock
from parley.kit.config import load_settings
from parley.kit.db import Connection, Database
from tests.cli.operator import Operator


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


def test_second_factor_taken_away(operator: Operator) -> None:
    operator.types("account", "create", "alice")
    account_id = operator.user("alice").account_id
    factor = SecondFactor(account_id, b"sealed", clock.now(), clock.now(), 0, [])

    async def enrol(database: Database) -> None:
        async with database.transaction() as conn:
            await put_second_factor(conn, factor)

    operator.looks(enrol)
    assert "password alone" in operator.types("account", "reset-second-factor", "alice")
    assert "no second factor" in operator.types("account", "reset-second-factor", "@alice")
    assert "no member bob" in operator.fails("account", "reset-second-factor", "bob")


async def _revoked(conn: Connection) -> bool:
    found: bool = await conn.fetch_value("select bool_and(revoked_at is not null) from access_tokens")
    return found


def test_an_account_is_closed_for_a_member(operator: Operator) -> None:
    operator.types("account", "create", "alice", "--email", "alice@mail.test")
    operator.types("account", "create", "boss", "--role", "admin")
    assert "add --yes" in operator.fails("account", "close", "alice")
    assert "last administrator" in operator.fails("account", "close", "boss", "--yes")
    assert "by jobs" in operator.types("account", "close", "@alice", "--yes")
    assert "no longer exists" in operator.fails("account", "close", "alice", "--yes")
    assert "no member bob" in operator.fails("account", "close", "bob", "--yes")
    assert "is closed" in operator.types("outbox")
