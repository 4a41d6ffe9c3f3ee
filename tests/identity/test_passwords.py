"""Signing in, sessions, and passwords: changed by who knows the old one, or chosen anew through a mail."""

import re
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from parley.identity.errors import ApprovalPending, LoginSuspended, SecretSpent, WrongPassword
from parley.identity.jobs import prune_credentials
from parley.identity.login import ProvenMember, check_own_password, check_password
from parley.identity.oauth import AuthorizationParams, check_authorization_request, grant_authorization
from parley.identity.passwords import (
    change_password,
    check_reset_secret,
    prepare_password,
    request_reset,
    reset_password,
)
from parley.identity.sessions import (
    describe_user_agent,
    end_session,
    list_sessions,
    revoke_other_sessions,
    revoke_session,
    start_session,
)
from parley.identity.token_queries import lock_authorization_code
from parley.identity.tokens import IssuedToken, TokenCache
from parley.identity.viewer import Viewer
from parley.kit import clock, crypto
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound, Unauthorized
from parley.kit.ids import AccountId
from parley.kit.jobs import run_all_due
from parley.kit.mail import list_outbox
from parley.kit.services import Services
from tests.identity.world import (
    CALLBACK,
    PASSWORD,
    change_user,
    make_application,
    make_member,
    make_token,
    suspend,
    viewer_of,
)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def is_valid(services: Services, issued: IssuedToken) -> bool:
    try:
        await TokenCache().viewer_of_bearer(services.database, issued.bearer)
    except Unauthorized:
        return False
    return True


# Signing in


async def test_by_name_or_address_in_any_spelling(conn: Connection, services: Services) -> None:
    alice = await make_member(conn, "Alice")
    for name in ("alice", "@ALICE", " alice ", "alice@mail.test", "Alice@MAIL.TEST"):
        assert (await check_password(services.database, name, PASSWORD)).account_id == alice


async def test_wrong_names_and_passwords_look_alike(conn: Connection, services: Services) -> None:
    await make_member(conn, "alice")
    sentences = set()
    for name, password in (
        ("alice", PASSWORD + "x"),
        ("alice", ""),
        ("alice", "x" * 1001),
        ("nobody", PASSWORD),
        ("nobody@mail.test", PASSWORD),
        ("", PASSWORD),
        ("a" * 300, PASSWORD),
        ("alice@", PASSWORD),
    ):
        with pytest.raises(WrongPassword) as refusal:
            await check_password(services.database, name, password)
        sentences.add(refusal.value.shown)
    assert len(sentences) == 1


async def test_an_unknown_name_costs_a_hash_too(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []
    verify = crypto._hasher.verify

    class Noting:
        def verify(self, password_hash: str, password: str) -> bool:
            verified.append(password)
            return verify(password_hash, password)

        def hash(self, password: str) -> str:
            return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)

    monkeypatch.setattr(crypto, "_hasher", Noting())
    with pytest.raises(WrongPassword):
        await check_password(services.database, "nobody", PASSWORD)
    assert verified == [PASSWORD]


async def test_right_password_of_a_member_who_may_not_act(conn: Connection, services: Services) -> None:
    pending = await make_member(conn, "pending", approved_at=None)
    gone = await make_member(conn, "gone")
    await suspend(conn, gone, clock.now())
    for name, refusal in (("pending", ApprovalPending), ("gone", LoginSuspended)):
        proven = await check_password(services.database, name, PASSWORD)
        with pytest.raises(refusal):
            await start_session(conn, proven, FIREFOX)
    await change_user(conn, pending, approved_at=clock.now())
    assert await is_valid(services, await start_session(conn, ProvenMember(pending), FIREFOX))


# Sessions


async def test_sessions_are_listed_and_revoked(conn: Connection, services: Services) -> None:
    alice, bob = await make_member(conn, "alice"), await make_member(conn, "bob")
    first = await start_session(conn, ProvenMember(alice), FIREFOX)
    second = await start_session(conn, ProvenMember(alice), "toot/0.5\r\n")
    app, of_bob = await make_token(conn, alice), await make_token(conn, bob)
    viewer = viewer_of(first)
    listed = {each.token_id: each for each in await list_sessions(conn, viewer)}
    assert listed.keys() == {first.token.id, second.token.id, app.token.id}
    assert listed[first.token.id].current
    assert listed[first.token.id].device == "Firefox on Linux"
    assert listed[second.token.id].device == "toot/0.5"
    assert (listed[app.token.id].browser, listed[app.token.id].application_name) == (False, "Test app")
    tokens = TokenCache()
    for not_mine in (of_bob.token.id, 12345):
        with pytest.raises(NotFound):
            await revoke_session(conn, tokens, viewer, not_mine)
    await revoke_session(conn, tokens, viewer, app.token.id)
    assert [await is_valid(services, each) for each in (first, second, app)] == [True, True, False]
    assert await revoke_other_sessions(conn, tokens, viewer) == 1
    assert [await is_valid(services, each) for each in (first, second, of_bob)] == [True, False, True]
    await end_session(conn, tokens, viewer)
    assert not await is_valid(services, first)


def test_devices_in_words() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    assert describe_user_agent(chrome) == "Chrome on Windows"
    assert describe_user_agent(f"{chrome} Edg/140.0") == "Edge on Windows"
    assert describe_user_agent("x" * 300) == "x" * 40
    assert describe_user_agent("") == ""


# Changing


async def test_changing_needs_the_old_one_and_ends_other_browsers(
    conn: Connection, services: Services
) -> None:
    alice = await make_member(conn, "alice")
    here, there = [await start_session(conn, ProvenMember(alice), FIREFOX) for _ in range(2)]
    app = await make_token(conn, alice)
    viewer = viewer_of(here)
    with pytest.raises(WrongPassword):
        await check_own_password(services.database, viewer, "wrong")
    proven = await check_own_password(services.database, viewer, PASSWORD)
    new = await prepare_password(services.settings, "another password")
    await change_password(conn, services.settings, TokenCache(), viewer, proven, new)
    assert [await is_valid(services, each) for each in (here, there, app)] == [True, False, True]
    assert (await check_password(services.database, "alice", "another password")).account_id == alice
    with pytest.raises(WrongPassword):
        await check_password(services.database, "alice", PASSWORD)
    assert [mail.recipient for mail in await list_outbox(conn)] == ["alice@mail.test"]


@pytest.mark.parametrize("password", ["", "short", "x" * 1001])
async def test_passwords_that_will_not_do(services: Services, password: str) -> None:
    with pytest.raises(Invalid):
        await prepare_password(services.settings, password)


# Forgotten


async def reset_secret(conn: Connection, services: Services, email: str) -> str:
    await request_reset(conn, email)
    await run_all_due(services)
    found = re.search(r"/auth/reset\?token=(\S+)", (await list_outbox(conn))[0].text_body)
    assert found is not None
    return found[1]


async def test_link_of_the_mail_sets_a_new_one_once(conn: Connection, services: Services) -> None:
    alice = await make_member(conn, "alice")
    session, app = await start_session(conn, ProvenMember(alice), FIREFOX), await make_token(conn, alice)
    code_id = await granted_code(conn, alice)
    secret = await reset_secret(conn, services, "Alice@mail.test")
    await check_reset_secret(conn, secret)
    new = await prepare_password(services.settings, "another password")
    assert await reset_password(conn, services.settings, TokenCache(), secret, new) == alice
    assert (await check_password(services.database, "alice", "another password")).account_id == alice
    assert [await is_valid(services, each) for each in (session, app)] == [False, False]
    code = await lock_authorization_code(conn, code_id)
    assert code is not None
    assert code.used_at is not None
    with pytest.raises(SecretSpent):
        await reset_password(conn, services.settings, TokenCache(), secret, new)


async def granted_code(conn: Connection, account_id: AccountId) -> int:
    app = await make_application(conn)
    params = AuthorizationParams(
        response_type="code", client_id=str(app.application.id), redirect_uri=CALLBACK
    )
    request = await check_authorization_request(conn, params)
    code = crypto.split_token(await grant_authorization(conn, Viewer(account_id=account_id), request))
    assert code is not None
    return code[0]


async def test_links_that_do_not_serve(conn: Connection, services: Services) -> None:
    await make_member(conn, "alice")
    secret = await reset_secret(conn, services, "alice@mail.test")
    with clock.shifted(timedelta(hours=1, seconds=1)), pytest.raises(SecretSpent):
        await check_reset_secret(conn, secret)
    with pytest.raises(SecretSpent):
        await check_reset_secret(conn, secret + "x")
    await check_reset_secret(conn, secret)


async def test_asking_tells_nothing(conn: Connection, services: Services) -> None:
    """Somebody's address and nobody's cause the same rows until the answer is long given."""
    await make_member(conn, "alice")
    for email in ("alice@mail.test", "nobody@mail.test"):
        await request_reset(conn, email)
    kinds = await conn.fetch_column("select kind from jobs where lane = 'mail'")
    assert kinds == ["send_password_reset"] * 2
    assert await list_outbox(conn) == []
    await run_all_due(services)
    assert [mail.recipient for mail in await list_outbox(conn)] == ["alice@mail.test"]


async def test_what_is_over_is_removed(conn: Connection, services: Services) -> None:
    alice = await make_member(conn, "alice")
    await reset_secret(conn, services, "alice@mail.test")
    await granted_code(conn, alice)
    kept = await start_session(conn, ProvenMember(alice), FIREFOX)
    await end_session(conn, TokenCache(), viewer_of(await start_session(conn, ProvenMember(alice), FIREFOX)))

    async def left() -> list[int]:
        tables = ("email_tokens", "authorization_codes", "access_tokens")
        return [await conn.fetch_value(f"select count(*) from {table}") for table in tables]

    for days, counts in ((0, [1, 1, 2]), (2, [1, 0, 2]), (8, [0, 0, 2]), (31, [0, 0, 1])):
        with clock.shifted(timedelta(days=days)):
            await prune_credentials(conn, services)
        assert await left() == counts, days
    assert await is_valid(services, kept)


async def test_unconfirmed_member_gets_the_other_link(conn: Connection, services: Services) -> None:
    await make_member(conn, "alice", confirmed_at=None)
    await request_reset(conn, "alice@mail.test")
    await run_all_due(services)
    assert "/auth/confirm?token=" in (await list_outbox(conn))[0].text_body
