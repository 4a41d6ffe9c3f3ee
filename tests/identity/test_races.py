"""Two at once on real connections: of one name, one address and one code only one may come out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from parley.identity.applications import Client
from parley.identity.closing import close_account
from parley.identity.confirmation import confirm_address
from parley.identity.email_secrets import make_secret
from parley.identity.errors import AccountGone, CodeReplayed, LastAdministrator, SecretSpent
from parley.identity.login_queries import find_user
from parley.identity.oauth import (
    AuthorizationParams,
    check_authorization_request,
    exchange_code,
    grant_authorization,
)
from parley.identity.signup import (
    SignUpForm,
    approve_sign_up,
    prepare_sign_up,
    reject_sign_up,
    sign_up,
)
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer
from parley.kit.config import Settings
from parley.kit.db import Database
from parley.kit.errors import Gone, Invalid, NotFound
from parley.kit.ids import AccountId
from parley.kit.sealing import KeyRing
from parley.publishing.create import StatusDraft
from parley.timelines.publish import publish_status
from tests.conftest import copy_template
from tests.identity.world import CALLBACK, make_application, make_member


@pytest.fixture(scope="module")
async def database(server_dsn: str, worker_id: str) -> AsyncIterator[Database]:
    """Of its own: here transactions must really commit."""
    keys = KeyRing(lambda: (b"a master key for nothing but tests"[:32],))
    made = Database(await copy_template(server_dsn, f"parley_test_races_{worker_id}"), size=4, keys=keys)
    yield made
    await made.stop()


async def at_once(first: Awaitable[Any], second: Awaitable[Any]) -> tuple[list[Any], list[BaseException]]:
    """What came of both: results, refusals."""
    ends = await asyncio.gather(first, second, return_exceptions=True)
    refusals = [end for end in ends if isinstance(end, BaseException)]
    return [end for end in ends if not isinstance(end, BaseException)], refusals


async def test_one_name_for_two(database: Database, settings: Settings) -> None:
    async def join(username: str, email: str) -> int:
        prepared = await prepare_sign_up(settings, SignUpForm(username, email, "long enough", agreement=True))
        async with database.transaction() as conn:
            account_id = await sign_up(conn, settings, prepared)
            await asyncio.sleep(0.05)
        return account_id

    for first, second in (
        (("alice", "a@mail.test"), ("ALICE", "b@mail.test")),
        (("bob", "same@mail.test"), ("carol", "Same@mail.test")),
    ):
        made, refusals = await at_once(join(*first), join(*second))
        assert len(made) == 1
        assert isinstance(refusals[0], Invalid)
        assert "ERR_TAKEN" in str(refusals[0].details)
    async with database.reading() as conn:
        for table in ("accounts", "users", "handles", "account_counts"):
            assert await conn.fetch_value(f"select count(*) from {table}") == 2


async def test_one_code_for_two(database: Database) -> None:
    async with database.transaction() as conn:
        app = await make_application(conn)
        member = Viewer(account_id=await make_member(conn, "dave"))
        params = AuthorizationParams(
            response_type="code", client_id=str(app.application.id), redirect_uri=CALLBACK
        )
        code = await grant_authorization(conn, member, await check_authorization_request(conn, params))

    async def exchange() -> Any:
        async with database.transaction() as conn:
            client = Client(app.application, proven=True)
            issued = await exchange_code(
                conn, client, code=code, redirect_uri=CALLBACK, code_verifier="", user_agent=""
            )
            await asyncio.sleep(0.05)
        return issued.token.id

    made, refusals = await at_once(exchange(), exchange())
    assert len(made) == 1
    assert isinstance(refusals[0], CodeReplayed)
    assert refusals[0].token_id == made[0]


async def test_one_address_for_two(database: Database) -> None:
    async with database.transaction() as conn:
        secrets = []
        for name in ("erin", "frank"):
            account_id = await make_member(conn, name, email="one@mail.test", confirmed_at=None)
            user = await find_user(conn, account_id)
            assert user is not None
            secrets.append(await make_secret(conn, user, "confirm"))

    async def confirm(secret: str) -> Any:
        async with database.transaction() as conn:
            account_id = await confirm_address(conn, TokenCache(), secret)
            await asyncio.sleep(0.05)
        return account_id

    made, refusals = await at_once(confirm(secrets[0]), confirm(secrets[1]))
    assert len(made) == 1
    assert isinstance(refusals[0], SecretSpent)


async def test_admitted_while_confirming_and_while_being_turned_away(
    database: Database, settings: Settings
) -> None:
    """Whoever comes second in the row sees what the first has done: one admission, and nobody removed who is in."""
    async with database.transaction() as conn:
        kim = await make_member(conn, "kim", confirmed_at=None, approved_at=None)
        lou = await make_member(conn, "lou", approved_at=None)
        user = await find_user(conn, kim)
        assert user is not None
        secret = await make_secret(conn, user, "confirm")

    async def approve(account_id: AccountId) -> None:
        async with database.transaction() as conn:
            await approve_sign_up(conn, settings, TokenCache(), account_id)
            await asyncio.sleep(0.1)

    async def confirm() -> None:
        await asyncio.sleep(0.05)
        async with database.transaction() as conn:
            await confirm_address(conn, TokenCache(), secret)

    async def reject() -> None:
        await asyncio.sleep(0.05)
        async with database.transaction() as conn:
            await reject_sign_up(conn, settings, TokenCache(), lou)

    assert (await at_once(approve(kim), confirm()))[1] == []
    _, refusals = await at_once(approve(lou), reject())
    assert [type(each) for each in refusals] == [NotFound]
    assert await _is_there(database, lou)
    async with database.reading() as conn:
        told = await conn.fetch_column("select convert_from(payload, 'utf8') from jobs where lane = 'events'")
    assert [sum(str(each) in event for event in told) for each in (kim, lou)] == [1, 1]


async def test_who_closes_closes_once_and_posts_no_more(database: Database, settings: Settings) -> None:
    async with database.transaction() as conn:
        gina = await make_member(conn, "gina")
        bosses = [await make_member(conn, name, role="admin") for name in ("hank", "ivy")]

    async def close(account_id: AccountId) -> None:
        async with database.transaction() as conn:
            await close_account(conn, settings, TokenCache(), account_id)
            await asyncio.sleep(0.1)

    async def post() -> None:
        await asyncio.sleep(0.05)
        async with database.transaction() as conn:
            await publish_status(conn, Viewer(gina), settings, StatusDraft("in flight"))

    _, refusals = await at_once(close(gina), post())
    assert [isinstance(each, Gone) for each in refusals] == [True], (
        "it waits for the closing, and finds it done"
    )
    _, refusals = await at_once(close(bosses[0]), close(bosses[1]))
    assert [type(each) for each in refusals] == [LastAdministrator], "one of the two has to stay"
    left = bosses[0] if await _is_there(database, bosses[0]) else bosses[1]
    async with database.transaction() as conn:
        await make_member(conn, "jane", role="admin")
    _, refusals = await at_once(close(left), close(left))
    assert [type(each) for each in refusals] == [AccountGone]
    async with database.reading() as conn:
        assert await conn.fetch_value("select count(*) from statuses") == 0


async def _is_there(database: Database, account_id: AccountId) -> bool:
    async with database.reading() as conn:
        return await find_user(conn, account_id) is not None
