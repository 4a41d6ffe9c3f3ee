"""The token cache: what it remembers, and everything that makes it forget."""

from datetime import timedelta
from typing import Any

import pytest

from parley.identity import login_queries
from parley.identity.errors import AddressUnconfirmed
from parley.identity.tokens import TokenCache, issue_token, revoke_token
from parley.identity.viewer import ANONYMOUS
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Unauthorized
from parley.kit.ids import bucket_of
from parley.kit.pubsub import PubSub
from parley.kit.services import Services
from tests.database import CountingConnection
from tests.identity.world import change_user, make_member, make_token


def request(*headers: tuple[bytes, bytes]) -> dict[str, object]:
    return {"headers": [(b"host", b"parley.test"), *headers]}


def request_with(bearer: str, scheme: str = "Bearer") -> dict[str, object]:
    return request((b"authorization", f"{scheme} {bearer}".encode()))


async def test_viewer_of_a_token(conn: Connection, services: Services) -> None:
    alice = await make_member(conn, "alice", role="moderator")
    token = await make_token(conn, alice, "read write:statuses")
    for scheme in ("Bearer", "bearer", "BEARER"):
        viewer = await TokenCache().viewer_of_request(services.database, request_with(token.bearer, scheme))
        assert viewer.account_id == alice
        assert viewer.token_id == token.token.id
        assert viewer.application_name == "Test app"
        assert viewer.scopes == {"read", "write:statuses"}
        assert viewer.role == "moderator"
    by_cookie = await TokenCache().viewer_of_bearer(services.database, token.bearer)
    assert by_cookie == viewer


async def test_nobody_without_a_bearer_token(services: Services) -> None:
    for scope in (request(), request_with("YTpi", "Basic"), request((b"authorization", b""))):
        assert await TokenCache().viewer_of_request(services.database, scope) is ANONYMOUS


async def test_a_known_token_needs_no_statement(conn: CountingConnection, services: Services) -> None:
    token = await make_token(conn, await make_member(conn, "alice"))
    tokens, scope = TokenCache(), request_with(token.bearer)
    await tokens.viewer_of_request(services.database, scope)
    before = conn.statements
    for _ in range(3):
        await tokens.viewer_of_request(services.database, scope)
    assert conn.statements == before
    with clock.shifted(timedelta(seconds=11)):
        await tokens.viewer_of_request(services.database, scope)
    assert conn.statements == before + 1


async def test_revocation_is_forgotten_at_once_and_told_to_others(
    conn: Connection, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await make_member(conn, "alice")
    first, second = await make_token(conn, alice), await make_token(conn, alice)
    here, there, pubsub = TokenCache(), TokenCache(), PubSub("unused")
    monkeypatch.setattr(conn, "_publish", pubsub.publish)
    there.listen(pubsub)
    for tokens in (here, there):
        for each in (first, second):
            await tokens.viewer_of_request(services.database, request_with(each.bearer))
    async with services.database.transaction() as transaction:
        await revoke_token(transaction, here, first.token.id)
        assert await here.viewer_of_request(services.database, request_with(first.bearer))
    with pytest.raises(Unauthorized):
        await here.viewer_of_request(services.database, request_with(first.bearer))
    assert await there.viewer_of_request(services.database, request_with(first.bearer))
    # What the listener connection would deliver.
    for topic, text in pubsub._queue:
        for listener in pubsub._listeners.get(topic, ()):
            listener(text)
    with pytest.raises(Unauthorized):
        await there.viewer_of_request(services.database, request_with(first.bearer))
    assert await there.viewer_of_request(services.database, request_with(second.bearer))


async def test_after_a_lost_connection_everything_is_looked_up_anew(
    conn: CountingConnection, services: Services
) -> None:
    token = await make_token(conn, await make_member(conn, "alice"))
    tokens, pubsub = TokenCache(), PubSub("unused")
    tokens.listen(pubsub)
    await tokens.viewer_of_request(services.database, request_with(token.bearer))
    for act in pubsub._on_reconnect:
        act()
    before = conn.statements
    await tokens.viewer_of_request(services.database, request_with(token.bearer))
    assert conn.statements == before + 1


async def test_a_revocation_that_is_undone_changes_nothing(conn: Connection, services: Services) -> None:
    token = await make_token(conn, await make_member(conn, "alice"))
    tokens = TokenCache()

    async def revoke_and_fail() -> None:
        async with services.database.transaction() as transaction:
            await revoke_token(transaction, tokens, token.token.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await revoke_and_fail()
    assert await tokens.viewer_of_request(services.database, request_with(token.bearer))


async def test_what_is_revoked_while_it_is_read_is_not_remembered(
    conn: CountingConnection, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await make_token(conn, await make_member(conn, "alice"))
    tokens, scope = TokenCache(), request_with(token.bearer)
    note = login_queries.update_active_on

    async def note_and_hear_of_revocation(*values: Any) -> bool:
        tokens.forget(token.token.id)
        return await note(*values)

    await change_user(conn, token.token.account_id, last_active_on=None)  # type: ignore[arg-type]
    monkeypatch.setattr(login_queries, "update_active_on", note_and_hear_of_revocation)
    await tokens.viewer_of_request(services.database, scope)
    before = conn.statements
    await tokens.viewer_of_request(services.database, scope)
    assert conn.statements == before + 1


async def test_expired_and_orphaned_tokens(conn: Connection, services: Services) -> None:
    alice = await make_member(conn, "alice")
    session = await issue_token(
        conn, account_id=alice, application=None, scopes=("read",), lifetime=timedelta(days=1)
    )
    assert (await TokenCache().viewer_of_bearer(services.database, session.bearer)).account_id == alice
    with clock.shifted(timedelta(days=1, seconds=1)), pytest.raises(Unauthorized):
        await TokenCache().viewer_of_bearer(services.database, session.bearer)
    await conn.execute("delete from users where bucket = $1 and account_id = $2", bucket_of(alice), alice)
    with pytest.raises(Unauthorized):
        await TokenCache().viewer_of_bearer(services.database, session.bearer)


async def test_unready_members_only_where_they_are_welcome(conn: Connection, services: Services) -> None:
    alice = await make_member(conn, "alice", confirmed_at=None)
    token = await make_token(conn, alice)
    tokens = TokenCache()
    viewer = await tokens.viewer_of_request(services.database, request_with(token.bearer), unready=True)
    assert viewer.account_id == alice
    with pytest.raises(AddressUnconfirmed) as refusal:
        await tokens.viewer_of_request(services.database, request_with(token.bearer))
    assert refusal.value.account_id == alice


async def test_use_is_noted_once_a_day(conn: CountingConnection, services: Services) -> None:
    alice = await make_member(conn, "alice")
    token = await make_token(conn, alice)
    for days in (20, 20, 21):
        with clock.shifted(timedelta(days=days)):
            await TokenCache().viewer_of_request(services.database, request_with(token.bearer))
            user = await login_queries.find_user(conn, alice)
            assert user is not None
            assert user.last_active_on == clock.now().date()
    rows = await Connection.fetch_rows(conn, "select payload from jobs where lane = 'events'")
    assert [b"MemberReturned" in row[0] for row in rows] == [True]
    before = conn.statements
    with clock.shifted(timedelta(days=21)):
        await TokenCache().viewer_of_request(services.database, request_with(token.bearer))
    assert conn.statements == before + 1


async def test_the_memory_is_bounded(
    conn: Connection, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.identity.tokens._ENTRIES_MAX", 2)
    alice = await make_member(conn, "alice")
    tokens = TokenCache()
    for _ in range(5):
        token = await make_token(conn, alice)
        await tokens.viewer_of_request(services.database, request_with(token.bearer))
    assert len(tokens._entries) == 2
