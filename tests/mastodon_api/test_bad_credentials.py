"""Every route of the table with credentials that do not serve: none, malformed, expired, revoked, too narrow."""

from datetime import timedelta

import httpx
import pytest

from parley.identity.scopes import ALL_SCOPES
from parley.identity.tokens import TokenCache, issue_token, revoke_token
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.services import Services
from tests.identity.world import bearer, change_user, make_application, make_token, suspend
from tests.mastodon_api.every_route import FULL_SCOPES, Line, World, complaint, contents, lines, make_world
from tests.world import make_cast, ok

# The door for monitors speaks no JSON.
LINES = [line for line in lines() if line.route.path != "/health"]
MEMBERS_ONLY = [line for line in LINES if line.needs_member]

# Headers that name nobody: whoever sends them is a stranger, or is told that the token is none.
MALFORMED = {
    "no scheme": b"abc",
    "a scheme alone": b"Bearer",
    "an empty token": b"Bearer ",
    "another scheme": b"Basic YWxpY2U6c2VjcmV0",
    "two tokens": b"Bearer a b",
    "not a token": b"Bearer ../../etc/passwd",
    "no text": b"Bearer \xff\xfe\xfd",
    "far too long": b"Bearer " + b"a" * 10_000,
    "a token of another form": b"Bearer AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "an empty header": b"",
}


@pytest.fixture
async def world(conn: Connection, services: Services, client: httpx.AsyncClient) -> World:
    return await make_world(conn, services, client, await make_cast(conn, client))


async def refuses(world: World, asked: list[Line], status: int, headers: dict[str, str]) -> None:
    before = await contents(world.conn)
    answers = [(line, await world.ask(line, headers=headers)) for line in asked]
    wrong = [found for line, answer in answers if (found := complaint(line, answer, {status}))]
    assert not wrong, "\n" + "\n".join(wrong)
    assert await contents(world.conn) == before


async def test_without_a_token(world):
    await refuses(world, [line for line in LINES if line.needs_token], 401, {})


async def test_malformed_headers_are_nobody_or_refused_and_never_an_accident(world):
    before = await contents(world.conn)
    for what, header in MALFORMED.items():
        headers = {b"authorization": header}
        for line in LINES:
            answer = await world.client.request(line.method, world.path(line), headers=headers)
            wanted = {401} if line.needs_token else {200, 400, 401, 403, 404, 422}
            assert complaint(line, answer, wanted) is None, what
    assert await contents(world.conn) == before


@pytest.mark.parametrize("what", ["expired", "revoked", "forged"])
async def test_tokens_that_no_longer_serve(world, conn, what):
    application = (await make_application(conn)).application
    issued = await issue_token(
        conn,
        account_id=world.cast.alice.id,
        application=application,
        scopes=tuple(FULL_SCOPES.split()),
        lifetime=timedelta(seconds=-1) if what == "expired" else None,
    )
    if what == "revoked":
        await revoke_token(conn, TokenCache(), issued.token.id)
    headers = bearer(issued)
    if what == "forged":
        headers["authorization"] = headers["authorization"][:-1] + ("a" if issued.bearer[-1] != "a" else "b")
    await refuses(world, LINES, 401, headers)


async def test_a_revoked_token_is_refused_from_then_on(world):
    alice = world.cast.alice
    ok(await alice.get("/api/v1/timelines/home"))
    application = await make_application(world.conn)
    issued = await make_token(world.conn, alice.id, registered=application)
    line = next(line for line in LINES if line.name == "GET /api/v1/timelines/home")
    ok(await world.ask(line, headers=bearer(issued)))
    secrets = {"client_id": str(application.application.id), "client_secret": application.secret}
    ok(await world.client.post("/oauth/revoke", data={**secrets, "token": issued.bearer}))
    assert complaint(line, await world.ask(line, headers=bearer(issued)), {401}) is None


async def test_a_token_of_every_scope_but_the_one_that_is_asked_for(world, conn):
    by_scope: dict[tuple[str, bool], list[Line]] = {}
    for line in LINES:
        if line.route.scope is not None:
            by_scope.setdefault((line.route.scope, line.needs_member), []).append(line)
    assert len(by_scope) > 10
    for (scope, of_member), asked in by_scope.items():
        others = " ".join(each for each in ALL_SCOPES if each not in coverers(scope))
        issued = await make_token(conn, world.cast.alice.id if of_member else None, others)
        await warm(world, bearer(issued))
        await refuses(world, asked, 403, bearer(issued))


def coverers(scope: str) -> set[str]:
    """The scope, those above it, and what older clients ask for in its stead."""
    found = {scope, scope.partition(":")[0]}
    if scope == "profile":
        found |= {"read", "read:accounts"}
    if scope.partition(":")[2] in {"blocks", "follows", "mutes"}:
        found.add("follow")
    return found


async def warm(world: World, headers: dict[str, str]) -> None:
    """The first use of a token in a day leaves a mark of its own."""
    await world.client.get("/health", headers=headers)


async def test_an_application_is_not_a_member(world):
    await warm(world, world.application)
    await refuses(world, MEMBERS_ONLY, 422, world.application)


@pytest.mark.parametrize("standing", ["disabled", "unconfirmed", "unapproved", "suspended"])
async def test_members_who_may_not_act(world, conn, standing):
    alice, now = world.cast.alice, clock.now()
    issued = await make_token(conn, alice.id, FULL_SCOPES)
    if standing == "suspended":
        await suspend(conn, alice.id, now)
    else:
        columns = {"disabled": "disabled_at", "unconfirmed": "confirmed_at", "unapproved": "approved_at"}
        await change_user(conn, alice.id, **{columns[standing]: now if standing == "disabled" else None})
    await refuses(world, [line for line in LINES if line.route.who == "member"], 403, bearer(issued))
