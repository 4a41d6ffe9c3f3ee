"""Addresses that are none, methods that an address does not take, HEAD and OPTIONS, strange headers: at every route."""

import httpx
import pytest

from parley.kit.db import Connection
from parley.kit.services import Services
from tests.mastodon_api.every_route import World, complaint, contents, lines, make_world
from tests.world import make_cast

# The door for monitors speaks no JSON, and pages elsewhere have no business there.
LINES = [line for line in lines() if line.route.path != "/health"]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
async def world(conn: Connection, services: Services, client: httpx.AsyncClient) -> World:
    return await make_world(conn, services, client, await make_cast(conn, client))


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v9/timelines/home",
        "/api/v1/nothing",
        "/api/v1/statuses/1/nothing",
        "/api/v1/timelines",
        "/api/v2/media/1",
        "/api/v1/%00",
        "/api/v1/%ff",
        "/api/v1/" + "a/" * 200,
        "/api/" + "a" * 5000,
        "/.well-known/nothing",
        "/nodeinfo/9.9",
        "/oauth/token/more",
    ],
)
async def test_unknown_addresses_are_not_found(client, method, path):
    answer = await client.request(method, path)
    assert answer.status_code in {404, 405}, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"]
    assert answer.headers["access-control-allow-origin"] == "*" or not path.startswith("/api/")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../asgi.py",
        "/static/..%2fasgi.py",
        "/static/%2e%2e/asgi.py",
        "/static//etc/passwd",
        "/static/%00",
    ],
)
async def test_static_files_stay_in_their_folder(client, path):
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await client.send(request)
    assert answer.status_code == 404, answer.text


async def test_other_methods_are_refused(world):
    taken: dict[str, set[str]] = {}
    for line in LINES:
        taken.setdefault(world.path(line), set()).add(line.method)
    before = await contents(world.conn)
    for line in LINES:
        path = world.path(line)
        for method in METHODS - taken[path]:
            answer = await world.client.request(method, path, headers=world.cast.alice.headers)
            assert complaint(line, answer, {405}) is None
            assert set(answer.headers["allow"].split(", ")) >= taken[path]
    assert await contents(world.conn) == before


async def test_head_is_get_without_a_body(world):
    for line in (line for line in LINES if line.method == "GET"):
        full = await world.ask(line)
        head = await world.client.head(world.path(line), headers=world.headers_for(line))
        assert (head.status_code, head.content) == (full.status_code, b""), line.name
        assert head.headers["content-type"] == full.headers["content-type"], line.name


async def test_pages_elsewhere_may_ask_for_everything(world):
    """The question that a browser sends first, with a header of the app's own."""
    for line in LINES:
        asked = {
            "origin": "https://client.test",
            "access-control-request-method": line.method,
            "access-control-request-headers": "authorization, idempotency-key",
        }
        answer = await world.client.options(world.path(line), headers=asked)
        assert answer.status_code in {200, 204}, line.name
        assert answer.headers["access-control-allow-origin"] == "*"
        assert line.method in answer.headers["access-control-allow-methods"]
        assert "idempotency-key" in answer.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in answer.headers


STRANGE_HEADERS: dict[str, dict[str, bytes]] = {
    "none": {},
    "an unknown type asked for": {"accept": b"application/x-nothing"},
    "a language of no kind": {"accept-language": b"\xff\xfe;q=9"},
    "an endless agent": {"user-agent": b"x" * 9000},
    "an agent of no text": {"user-agent": b"\xff\xfe\x00"},
    "a cookie of nonsense": {"cookie": b'=;;\xff="'},
    "an origin of null": {"origin": b"null"},
    "a forged way": {"x-forwarded-for": b"not an address, 10.0.0.1", "forwarded": b"for=_;;"},
}


async def test_strange_headers_change_nothing(world):
    for line in (line for line in LINES if line.method == "GET"):
        plain = await world.ask(line)
        for what, headers in STRANGE_HEADERS.items():
            request = world.client.build_request("GET", world.path(line))
            request.headers = httpx.Headers(
                [*world.headers_for(line).items(), *headers.items(), ("host", "parley.test")]
            )
            answer = await world.client.send(request)
            assert (answer.status_code, answer.content) == (plain.status_code, plain.content), (
                line.name,
                what,
            )
