"""Every route of API and pages, asked for what is hidden, for what lies beside it, and for what it says on the way."""

from collections.abc import Iterator

import httpx
import pytest

from parley.kit.db import Connection
from parley.kit.services import Services
from parley.web.routes import ROUTES as PAGES
from tests.leaks.test_deleted import with_browser
from tests.leaks.test_guessing import NOBODY
from tests.mastodon_api.every_route import Line, World, lines, make_world
from tests.world import make_cast

_CHANGES_WITH_EACH = {"x-request-id", "date", "set-cookie"}
# Of each, what could be counted or told from it was thought about.
_HEADERS = {
    "access-control-allow-origin", "access-control-expose-headers", "allow", "cache-control", "content-disposition",
    "content-length", "content-security-policy", "content-type", "deprecation", "etag", "link", "location", "pragma",
    "referrer-policy", "set-cookie", "vary", "www-authenticate", "x-content-type-options", "x-frame-options", "x-request-id",
}  # fmt: skip
# What its row is called inside, and nobody outside may see.
_INSIDE = {
    "jobs": "select id from jobs",
    "mails": "select id from mails",
    "tokens of others": "select id from access_tokens where account_id is distinct from $1",
    "links of mails": "select id from email_tokens where account_id is distinct from $1",
    "drafts of others": "select id from scheduled_statuses where account_id is distinct from $1",
    "filters of others": "select id from filters where account_id is distinct from $1",
    "lists of others": "select id from lists where account_id is distinct from $1",
    "messages of others": "select id from conversations where owner_id is distinct from $1",
    "notifications of others": "select id from notifications where account_id is distinct from $1",
    "reports of others": "select id from reports where account_id is distinct from $1",
}  # fmt: skip


@pytest.fixture
async def world(conn: Connection, services: Services, client: httpx.AsyncClient) -> World:
    return await make_world(conn, services, client, await make_cast(conn, client))


def words(answer: httpx.Response, asked: str) -> tuple[int, str, list[tuple[str, str]]]:
    """All that could tell two answers apart; what was asked for is none of it."""
    headers = [(key, value) for key, value in answer.headers.items() if key not in _CHANGES_WITH_EACH | {"content-length"}]  # fmt: skip
    return answer.status_code, answer.text.replace(asked, "ID"), [(k, v.replace(asked, "ID")) for k, v in headers]  # fmt: skip


def lines_with_ids() -> Iterator[Line]:
    """Accounts are there for all to see; what staff's routes tell is for staff, whoever asks here isn't."""
    for line in lines():
        path = line.route.path
        if ("{id:str}" in path or "group_key" in path) and not path.startswith(("/api/v1/accounts/", "/api/v1/suggestions/", "/api/v1/follow_requests/")):  # fmt: skip
            yield line


def pages_with(value: str) -> Iterator[str]:
    for page in PAGES:
        if page.method == "GET" and "id:str}" in page.path and not page.path.startswith("/source"):
            path = page.path.replace("{id:str}", value).replace("{status_id:str}", value)
            yield path.replace("{handle:str}", "@carol").replace("@@", "@").replace("{act:str}", "delete")


async def alike(world: World, method: str, paths: tuple[str, str], ids: tuple[str, str], headers: dict[str, str]) -> bool:  # fmt: skip
    answers = [
        words(await world.client.request(method, path, headers=headers), each)
        for path, each in zip(paths, ids, strict=True)
    ]
    return answers[0] == answers[1]


async def test_no_route_tells_hidden_from_missing(world: World, conn: Connection) -> None:
    """By any method; staff's things for who is not staff."""
    alice = await with_browser(conn, world.cast.alice)
    told, asked = [], 0
    for line in lines_with_ids():
        hidden = world.path(line, world.own if line.route.needs else world.foreign)
        for headers in ({}, world.cast.alice.headers):
            asked += 1
            value = next(part for part, sought in zip(hidden.split("/"), line.route.path.split("/"), strict=True) if "{id" in sought or "{group" in sought)  # fmt: skip
            if not await alike(world, line.method, (hidden, world.path(line, NOBODY)), (value, NOBODY), headers):  # fmt: skip
                told.append((line.name, bool(headers)))
    for value in set(world.foreign.values()) - {NOBODY, world.cast.bob.wire_id}:
        for hidden, missing in zip(pages_with(value), pages_with(NOBODY), strict=True):
            for headers in ({}, alice.headers):
                asked += 1
                if not await alike(world, "GET", (hidden, missing), (value, NOBODY), headers):
                    told.append((hidden, bool(headers)))
    assert asked > 500
    assert told == []


async def test_what_lies_beside_is_nobodys(world: World) -> None:
    """One more, one less, the same moment, the next one, another bucket, single bits: on every route that reads."""
    stranger = world.cast.carol.headers
    told, asked = [], 0
    for line in (each for each in lines_with_ids() if each.method == "GET" and not each.route.needs):
        known = world.path(line, world.foreign).split("/")
        place = next(place for place, part in enumerate(line.route.path.split("/")) if "{id" in part or "{group" in part)  # fmt: skip
        digits = known[place].removeprefix("ungrouped-")
        for guess in beside(int(digits)):
            path = "/".join([*known[:place], known[place].replace(digits, str(guess)), *known[place + 1 :]])
            asked += 1
            if not await alike(world, "GET", (path, path.replace(str(guess), NOBODY)), (str(guess), NOBODY), stranger):  # fmt: skip
                told.append(path)
    assert asked > 200
    assert told == []


def beside(known: int) -> list[int]:
    steps = [known + step for step in (-1000, -1, 1, 1000)]
    return [*steps, *(known ^ (1 << bit) for bit in (4, 9, 21, 22, 40))]


async def test_no_answer_names_what_is_inside(world: World, conn: Connection) -> None:
    """Neither bodies nor headers, on any route that reads, for a member and for a stranger."""
    alice = await with_browser(conn, world.cast.alice)
    inside: dict[str, str] = {}
    for kind, sql in _INSIDE.items():
        values = (alice.id,) if "$1" in sql else ()
        inside |= {str(each): kind for each in await conn.fetch_column(sql, *values)}
    inside |= {world.foreign[kind]: f"hidden {kind}" for kind in ("status", "poll", "media")}
    assert len(set(inside.values())) > 8
    paths = [world.path(line) for line in lines() if line.method == "GET" and not line.route.needs]
    paths += [page.path for page in PAGES if page.method == "GET" and "{" not in page.path]
    paths += [f"/@{name}" for name in ("alice", "bob", "carol")] + [
        "/tags/parley",
        "/nowhere",
        "/api/v1/nowhere",
    ]
    named, kept = [], []
    headers_seen: set[str] = set()
    for path in paths:
        for headers in ({}, alice.headers):
            answer = await world.client.get(path, headers=headers)
            said = f"{answer.text} {dict(answer.headers)}".replace(path, "")
            named += [(path, kind) for any_id, kind in inside.items() if any_id in said]
            headers_seen |= answer.headers.keys()
            if headers and answer.is_success and "no-store" not in answer.headers.get("cache-control", ""):
                kept.append(path)
    assert named == []
    # What is the same for all, and says so.
    assert set(kept) <= {"/health", "/source.tar.gz"}
    assert headers_seen <= _HEADERS, headers_seen - _HEADERS
