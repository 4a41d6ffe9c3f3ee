"""L11: nobody learns who is a member: by status, headers, words, statements asked, or passwords hashed.

Times are measured by `bench/oracles.py`; here is what they come from.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from parley.kit import crypto
from parley.kit.config import Settings
from tests.database import CountingConnection
from tests.identity.world import PASSWORD, bearer, make_application, make_token
from tests.web.conftest import Joining
from tests.web.visitor import Visitor

# Of one length, so that nothing differs but who they are.
KNOWN, UNKNOWN = "alice", "nadia"
_DIFFERS = {"x-request-id", "date", "set-cookie"}
_RANDOM = re.compile(r'name="(?:form_token|half)" value="[^"]*"|"(?:access_token|created_at)":\s*"?[^",}]*"?')


class Traces(msgspec.Struct, frozen=True):
    """All that whoever asked could tell two answers apart by, and what their time comes from."""

    status: int
    headers: dict[str, str]
    words: str
    statements: int
    hashes: int


Asking = Callable[[str], Awaitable[httpx.Response]]


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, url="https://parley.test", rate_limits=False, password_grant=True)


@contextmanager
def counted_hashes() -> Iterator[list[str]]:
    """Notes each use of the slow hash; it works as before."""
    uses: list[str] = []
    before = crypto._hasher

    class Noting:
        def verify(self, password_hash: str, password: str) -> bool:
            uses.append("verify")
            return before.verify(password_hash, password)

        def hash(self, password: str) -> str:
            uses.append("hash")
            return before.hash(password)

    crypto._nobodys_password_hash()
    crypto._hasher = Noting()  # type: ignore[assignment]
    try:
        yield uses
    finally:
        crypto._hasher = before


async def traces_of(conn: CountingConnection, ask: Asking, name: str) -> Traces:
    conn.statements = 0
    with counted_hashes() as hashes:
        answer = await ask(name)
    words = _RANDOM.sub("", answer.text).replace(name, "NAME")
    headers = {key: value for key, value in answer.headers.items() if key not in _DIFFERS}
    return Traces(answer.status_code, headers, words, conn.statements, len(hashes))


async def assert_alike(conn: CountingConnection, ask: Asking) -> Traces:
    """Asked once before, so that what a process remembers is remembered for both."""
    await ask("somebody")
    known, unknown = await traces_of(conn, ask, KNOWN), await traces_of(conn, ask, UNKNOWN)
    assert known.statements > 0
    assert known == unknown
    return known


async def test_signing_in(alice: Visitor, anyone: Visitor, conn: CountingConnection) -> None:
    async def by_page(name: str) -> httpx.Response:
        await anyone.open("/auth/sign_in")
        conn.statements = 0
        return await anyone.send("/auth/sign_in", name=name, password="wrong password")

    app = await make_application(conn)

    async def by_grant(name: str) -> httpx.Response:
        asked: dict[str, Any] = {
            "grant_type": "password", "client_id": str(app.application.id), "client_secret": app.secret,
            "username": name, "password": "wrong password", "otp": "123456",
        }  # fmt: skip
        return await anyone.client.post("/oauth/token", data=asked)

    for ask, status in ((by_page, 422), (by_grant, 400)):
        for spelling in ("{}", "{}@mail.test"):

            async def spelled(name: str, spelling: str = spelling, ask: Asking = ask) -> httpx.Response:
                return await ask(spelling.format(name))

            traces = await assert_alike(conn, spelled)
            assert (traces.status, traces.hashes) == (status, 1)


async def test_forgotten_passwords_and_links(
    alice: Visitor, anyone: Visitor, conn: CountingConnection
) -> None:
    async def forgot(name: str) -> httpx.Response:
        await anyone.open("/auth/forgot")
        conn.statements = 0
        return await anyone.send("/auth/forgot", email=f"{name}@mail.test")

    assert (await assert_alike(conn, forgot)).status == 200


@pytest.mark.parametrize("confirmed", [True, False])
async def test_signing_up_with_an_address(
    join: Joining, anyone: Visitor, conn: CountingConnection, confirmed: bool
) -> None:
    """Of a member, of somebody who only typed it in, of nobody."""
    await join(KNOWN)
    app = await make_application(conn)
    headers = bearer(await make_token(conn, None, "write:accounts", app))
    made: list[str] = []

    async def by_page(name: str) -> httpx.Response:
        await anyone.open("/auth/sign_up")
        conn.statements = 0
        fields = {"username": next_name(), "email": f"{name}@mail.test", "password": PASSWORD}
        return await anyone.send("/auth/sign_up", agreement="1", **fields)

    async def by_app(name: str) -> httpx.Response:
        form = {"username": next_name(), "email": f"{name}@mail.test", "password": PASSWORD}
        asked = {**form, "agreement": True, "locale": "en"}
        return await anyone.client.post("/api/v1/accounts", json=asked, headers=headers)

    def next_name() -> str:
        made.append(f"newcomer{len(made)}")
        return made[-1]

    if not confirmed:
        await conn.execute("update users set confirmed_at = null where email = 'alice@mail.test'")
    for ask, status in ((by_page, 303), (by_app, 200)):
        traces = await assert_alike(conn, ask)
        assert (traces.status, traces.hashes) == (status, 1)


async def test_asking_for_another_address(join: Joining, alice: Visitor, conn: CountingConnection) -> None:
    member = await join("member")
    await member.open("/settings/account/prove")
    await member.send("/settings/account/prove", password=PASSWORD)

    async def ask(name: str) -> httpx.Response:
        await member.open("/settings/account")
        conn.statements = 0
        return await member.send("/settings/account/email", email=f"{name}@mail.test")

    assert (await assert_alike(conn, ask)).status == 303


async def test_looking_for_an_address(alice: Visitor, join: Joining, conn: CountingConnection) -> None:
    """Neither look-up nor search knows members by their addresses."""
    await join("member")
    headers = bearer(await make_token(conn, alice.id, "read"))
    asked = (
        "/api/v1/accounts/lookup?acct={}@mail.test",
        "/api/v2/search?type=accounts&q={}@mail.test",
        "/api/v1/accounts/search?q={}@mail.test&resolve=true",
    )
    for path in asked:

        async def look(name: str, path: str = path) -> httpx.Response:
            return await alice.client.get(path.format(name), headers=headers)

        traces = await assert_alike(conn, look)
        assert traces.status in {200, 404}, path
