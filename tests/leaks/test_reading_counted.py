"""Every address that can be read counts what it gives of other people's, or stands here with the reason why not."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from parley.asgi import state_of
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.readings import Readings
from parley.kit.services import Services
from parley.web.routes import ROUTES as PAGES
from tests.mastodon_api.every_route import World, lines, make_world
from tests.web.visitor import Visitor
from tests.world import make_cast, ok, settle

NOT_COUNTED = {
    "/api/v1/lists/{id:str}/accounts": "whom they follow",
    "/api/v1/notifications": "what they were told",
    "/api/v1/notifications/{id:str}": "what they were told",
    "/api/v2/notifications": "what they were told",
    "/api/v2/notifications/{group_key:str}": "what they were told",
    "/api/v2/notifications/{group_key:str}/accounts": "what they were told",
    "/api/v1/notifications/requests": "what they were told",
    "/api/v1/notifications/requests/{id:str}": "what they were told",
    "/api/v1/conversations": "their messages",
    "/api/v1/timelines/direct": "their messages",
    "/api/parley/v1/conversations/requests": "their messages",
    "/api/v1/follow_requests": "who asked them",
}
PAGES_NOT_COUNTED = {
    "/lists/{id:str}/edit": "whom they follow",
    "/notifications": "what they were told",
    "/notifications/requests": "what they were told",
    "/messages": "their messages",
    "/messages/requests": "their messages",
    "/messages/{id:str}": "their messages",
    "/follow_requests": "who asked them",
}
_POST_LINK = re.compile(r'href="/@\w+/(\d+)(?:/embed)?"')


@pytest.fixture
async def world(
    shared_app: Litestar, conn: Connection, services: Services, client: httpx.AsyncClient
) -> World:
    """Made without limits, and then read with them."""
    world = await make_world(conn, services, client, await make_cast(conn, client))
    members = {"account_ids": [world.cast.bob.wire_id]}
    ok(await world.cast.alice.post(f"/api/v1/lists/{world.own['list']}/accounts", members))
    await world.cast.bob.says("for lists")
    await settle(services)
    settings = Settings(url=services.settings.base_url)
    shared_app.state.update(state_of(msgspec.structs.replace(services, settings=settings)))
    return world


def asked(world: World) -> Mapping[str, Mapping[str, Any]]:
    """Addresses that show nothing unless they are asked for something."""
    bob, post = world.cast.bob.wire_id, world.foreign["seen"]
    return {
        "/api/v1/accounts/lookup": {"acct": "bob"},
        "/api/v1/accounts/search": {"q": "bob"},
        "/api/v1/accounts/familiar_followers": {"id[]": bob},
        "/api/v1/accounts": {"id[]": bob},
        "/api/v1/statuses": {"id[]": post},
        "/api/v2/search": {"q": "bob"},
    }


async def test_every_route_of_the_api(shared_app: Litestar, world: World, client: httpx.AsyncClient) -> None:
    alice = world.cast.alice
    world.foreign["seen"] = (await world.cast.bob.list_ids(f"/api/v1/accounts/{world.cast.bob.id}/statuses"))[
        0
    ]
    bobs = {**world.own, "status": world.foreign["seen"]}
    gave: set[str] = set()
    for line in lines():
        if line.method != "GET" or line.route.needs is not None:
            continue
        for headers in (alice.headers, {}):
            answer = await _read(
                shared_app, client, world.path(line, bobs), headers, asked(world).get(line.route.path)
            )
            shown = set(_things_in(_json_of(answer), alice.id if headers else 0))
            if answer.is_success and shown:
                gave.add(line.route.path)
                uncounted = shown - _counted(shared_app, shown)
                assert bool(uncounted) is (line.route.path in NOT_COUNTED), (line.route.path, uncounted)
    assert len(gave) > 25
    assert gave >= set(NOT_COUNTED)
    assert {line.route.path for line in lines() if line.route.own} <= set(NOT_COUNTED)


async def test_every_page(shared_app: Litestar, conn: Connection, world: World, settings: Settings) -> None:
    bob = world.cast.bob
    seen = (await bob.list_ids(f"/api/v1/accounts/{bob.id}/statuses"))[0]
    own = {
        int(each)
        for each in await world.cast.alice.list_ids(f"/api/v1/accounts/{world.cast.alice.id}/statuses")
    }
    alice = Visitor(shared_app, settings.base_url, "alice")
    await alice.sign_in()
    anyone = Visitor(shared_app, settings.base_url)
    gave: set[str] = set()
    for route in (each for each in PAGES if each.method == "GET" and each.needs is None):
        for visitor in (alice, anyone):
            path = _page_path(route.path, world, seen)
            answer = await _read(shared_app, visitor.client, path, {}, None)
            shown = {int(each) for each in _POST_LINK.findall(answer.text)} - (
                own if visitor is alice else set()
            )
            if answer.status_code == 200 and shown:
                gave.add(route.path)
                uncounted = shown - _counted(shared_app, shown)
                assert bool(uncounted) is (route.path in PAGES_NOT_COUNTED), (path, uncounted)
    assert len(gave) > 8
    assert {route.path for route in PAGES if route.own} <= set(PAGES_NOT_COUNTED)


async def _read(
    app: Litestar, client: httpx.AsyncClient, path: str, headers: Mapping[str, str], query: Any
) -> httpx.Response:
    """With nothing counted before."""
    services: Services = app.state.services
    async with services.database.reading() as conn:
        await conn.execute("delete from rate_windows")
    app.state.limiter._leases.clear()
    app.state.readings._kept.clear()
    return await client.get(path, params=query, headers=headers)


def _counted(app: Litestar, things: set[int]) -> set[int]:
    """Those of these that the sketch of whoever asked holds."""
    readings: Readings = app.state.readings
    found = set()
    for thing in things:
        index, rank = readings._positions.of(thing)
        if any(kept.sketch.registers[index] >= rank for kept in list(readings._kept.values())[:1]):
            found.add(thing)
    return found


def _json_of(answer: httpx.Response) -> Any:
    return answer.json() if "json" in answer.headers.get("content-type", "") else None


def _things_in(told: Any, viewer_id: int) -> Iterator[int]:
    """Ids of the posts and accounts in an answer that are not the viewer's own; a boost itself is nothing to read."""
    if isinstance(told, list):
        for each in told:
            yield from _things_in(each, viewer_id)
    if not isinstance(told, dict):
        return
    has_id = isinstance(told.get("id"), str)
    is_account = has_id and {"acct", "note", "followers_count"} <= told.keys()
    is_post = has_id and {"visibility", "content", "account"} <= told.keys() and told["reblog"] is None
    author = told["account"] if is_post else told
    if (is_account or is_post) and int(author["id"]) != viewer_id:
        yield int(told["id"])
    for each in told.values():
        yield from _things_in(each, viewer_id)


def _page_path(path: str, world: World, seen: str) -> str:
    names = {
        "{handle:str}": "@bob",
        "{status_id:str}": seen,
        "{tag:str}": "parley",
        "{date:str}": "2026-01-31",
        "{place:str}": "1",
    }
    kinds = {"/lists/": "list", "/messages/": "conversation", "/settings/filters/": "filter"}
    kind = next((kinds[start] for start in kinds if path.startswith(start)), "status")
    for name, value in {**names, "{id:str}": world.own[kind]}.items():
        path = path.replace(name, value)
    return path
