"""The sign-in wall, at every door and height: what strangers get, and that members never meet it."""

from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from litestar import Litestar

from parley.kit.config import Settings, WallHeight
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.mastodon_api.call import Route
from parley.web.routes import ROUTES as PAGES
from tests.identity.world import PASSWORD, bearer, make_token
from tests.mastodon_api.every_route import World, lines, make_world
from tests.web.visitor import Visitor, member, text_of
from tests.world import make_cast, ok, refused

# What says something of the site alone, and stays open whatever stands.
ABOUT_THE_SITE = {
    "/.well-known/oauth-authorization-server",
    "/.well-known/webfinger",
    "/.well-known/host-meta",
    "/.well-known/nodeinfo",
    "/health",
    "/nodeinfo/2.0",
    "/nodeinfo/2.1",
    "/api/v2/instance",
    "/api/v1/custom_emojis",
    "/api/v1/streaming/health",
    "/api/openapi.json",
}
PAGES_ABOUT_THE_SITE = (
    "/auth/",
    "/oauth/",
    "/about",
    "/privacy-policy",
    "/terms-of-service",
    "/source.tar.gz",
)
# Which parts of lists are not their beginning, in all ways of asking.
DEEP = ("max_id=4611686018427387999", "min_id=1", "since_id=1", "offset=20", "limit=2&max%5Fid=7&x=1")
SHALLOW = ("", "limit=5", "max_id=", "max_id=last", "offset=0")


@pytest.fixture
def height() -> WallHeight:
    return "off"


@pytest.fixture
def settings(settings: Settings, height: WallHeight) -> Settings:
    return msgspec.structs.replace(settings, sign_in_wall=height)


@pytest.fixture
async def world(conn: Connection, services: Services, client: httpx.AsyncClient) -> World:
    return await make_world(conn, services, client, await make_cast(conn, client))


def open_to_strangers() -> Iterator[Route]:
    for line in lines():
        if line.method == "GET" and line.route.who == "anyone":
            yield line.route


def is_about_the_site(route: Route) -> bool:
    return route.path in ABOUT_THE_SITE or route.path.startswith("/api/v1/instance")


def test_what_tells_of_people_stands_behind_the_wall_unless_it_is_listed_here() -> None:
    for route in open_to_strangers():
        assert route.shows_people is not is_about_the_site(route), route.path


@pytest.mark.parametrize("height", ["off", "deep", "all"])
async def test_every_route_for_strangers(world: World, height: WallHeight) -> None:
    token = bearer(await make_token(world.conn, None, "read"))
    asked = [line for line in lines() if line.method == "GET" and line.route.shows_people]
    assert len(asked) > 20
    for line in asked:
        path = world.path(line)
        if line.route.path == "/api/oembed":
            path += "?" + urlencode({"url": f"https://parley.test/@alice/{world.own['status']}"})
        mark = "&" if "?" in path else "?"
        for query in (*SHALLOW, *DEEP):
            address = f"{path}{mark}{query}" if query else path
            deep = query in DEEP or line.route.deep
            closed = height == "all" or (height == "deep" and deep)
            for headers in ({}, token):
                answer = await world.client.get(address, headers=headers)
                if closed:
                    assert refused(answer, 401) == "This method requires an authenticated user", address
                else:
                    assert answer.status_code != 401 or "search" in path, (address, answer.text)
            answer = await world.client.get(address, headers=world.cast.alice.headers)
            assert answer.status_code not in {401, 422}, (address, answer.text)


@pytest.mark.parametrize("height", ["all"])
async def test_what_tells_of_the_site_stays_open(world: World, height: WallHeight) -> None:
    for line in lines():
        if line.method == "GET" and is_about_the_site(line.route) and line.route.who == "anyone":
            answer = await world.client.get(world.path(line))
            assert answer.status_code != 401 or "domain_blocks" in line.route.path, line.route.path
    access = ok(await world.client.get("/api/v2/instance"))["configuration"]["timelines_access"]
    assert access["live_feeds"] == {"local": "authenticated", "remote": "authenticated"}
    refused(await world.client.get("/api/v1/streaming/public", headers=world.application), 401)


@pytest.mark.parametrize("height", ["off", "deep", "all"])
async def test_every_page(
    shared_app: Litestar, conn: Connection, world: World, settings: Settings, height: WallHeight
) -> None:
    anyone = Visitor(shared_app, settings.base_url)
    reader = await member(shared_app, conn, settings.base_url, "reader")
    for route in PAGES:
        if route.method != "GET" or route.who == "member" or route.path == "/":
            continue
        about_the_site = route.path.startswith(PAGES_ABOUT_THE_SITE) or route.path == "/custom_emojis"
        assert about_the_site is (route.who == "anyone"), route.path
        path = _page_path(route.path, world)
        for query in ("", "max_id=last", "max_id=4611686018427387999", "offset=20"):
            address = f"{path}?{query}" if query else path
            deep = query in DEEP
            closed = route.who == "reader" and (height == "all" or (height == "deep" and deep))
            answer = await anyone.get(address)
            sent_away = answer.headers.get("location", "").startswith("/auth/sign_in?next=")
            assert sent_away is closed, (address, answer.status_code)
        assert "/auth/sign_in" not in (await reader.get(address)).headers.get("location", ""), address


@pytest.mark.parametrize("height", ["deep"])
async def test_a_stranger_is_told_why_and_comes_back(
    shared_app: Litestar, conn: Connection, client: httpx.AsyncClient, settings: Settings, height: WallHeight
) -> None:
    cast = await make_cast(conn, client)
    posts = [await cast.alice.says(f"post {number}") for number in range(25)]
    bob = Visitor(shared_app, settings.base_url, "bob")
    first = await bob.open("/@alice")
    assert "post 24" in first
    older = f"/@alice?max_id={posts[5]['id']}"
    assert f"max_id={posts[5]['id']}" in first, "the link leads on for those who sign in"
    sign_in = await bob.open(older)
    assert "for members" in text_of(sign_in) or "for members" in sign_in
    answer = await bob.send("/auth/sign_in", name="bob", password=PASSWORD)
    assert answer.headers["location"] == older
    assert "post 3" in await bob.open(older)
    access = ok(await client.get("/api/v2/instance"))["configuration"]["timelines_access"]
    assert access["hashtag_feeds"]["local"] == "public", "the beginning is open"


@pytest.mark.parametrize("height", ["all"])
async def test_the_front_page_shows_nothing_that_members_said(
    shared_app: Litestar, conn: Connection, client: httpx.AsyncClient, settings: Settings, height: WallHeight
) -> None:
    cast = await make_cast(conn, client)
    await cast.alice.says("only for members now")
    front = await Visitor(shared_app, settings.base_url).open("/")
    assert "only for members now" not in front
    assert 'href="/auth/sign_in"' in front


def _page_path(path: str, world: World) -> str:
    names = {
        "{handle:str}": "@alice",
        "{status_id:str}": world.own["status"],
        "{tag:str}": "parley",
        "{place:str}": "1",
    }
    for name, value in {**names, "{date:str}": "2026-01-31"}.items():
        path = path.replace(name, value)
    return path


async def test_threads_are_bounded_for_strangers_alone(conn: Connection, client: httpx.AsyncClient) -> None:
    alice = (await make_cast(conn, client)).alice
    above = [(await alice.says("root"))["id"]]
    for number in range(42):
        above.append((await alice.says(f"above {number}", in_reply_to_id=above[-1]))["id"])
    opened = above.pop()
    below: list[str] = []
    for number in range(22):
        answered = below[-1] if below else opened
        below.append((await alice.says(f"below {number}", in_reply_to_id=answered))["id"])
    beside = [(await alice.says(f"beside {n}", in_reply_to_id=opened))["id"] for n in range(45)]
    path = f"/api/v1/statuses/{opened}/context"
    for_strangers, for_members = ok(await client.get(path)), ok(await alice.get(path))
    assert [each["id"] for each in for_members["ancestors"]] == above
    assert [each["id"] for each in for_members["descendants"]] == [*below, *beside]
    assert [each["id"] for each in for_strangers["ancestors"]] == above[-40:]
    assert [each["id"] for each in for_strangers["descendants"]] == [*below[:20], *beside[:40]]
