"""What the API says of itself: true to the code, and complete by the endpoints that its documentation lists."""

import re
from pathlib import Path

import httpx
import pytest

from parley.mastodon_api.call import Route
from parley.mastodon_api.description import describe, structs_of
from parley.mastodon_api.paging import PageParams
from parley.mastodon_api.reference import FILE, LEFT_OUT, reference
from parley.mastodon_api.routes import ROUTES
from tests.mastodon_api.every_route import reads
from tests.world import ok

# All that the documentation lists, method and path a line.
_DOCUMENTED = Path(__file__).parent / "documented_endpoints.txt"
_NO_JSON = {"/.well-known/host-meta", "/health", "/api/v1/streaming/health", "/oauth/authorize"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_takes_what_its_handler_reads(route: Route) -> None:
    params, _ = reads(route.handler)
    assert {each for each in structs_of(route) if each is not PageParams} == set(params) - {PageParams}


def test_every_answer_has_its_type() -> None:
    refusing = {"/api/v1/statuses/{id:str}/translate", "/api/v1_alpha/async_refreshes/{id:str}"}
    without = {r.path for r in ROUTES if r.gives is None and not r.endless} - _NO_JSON - refusing
    assert {path for path in without if not path.startswith(("/.well-known", "/nodeinfo"))} == set()


def test_the_page_is_as_the_table() -> None:
    assert FILE.read_text(encoding="utf-8") == reference(ROUTES), "parley api-reference writes it anew"


def test_every_documented_endpoint_stands_or_is_left_out_by_name() -> None:
    standing = {_bare(f"{method} {route.path}") for route in ROUTES for method in (route.method, *route.also)}
    left_out = {_bare(f"{each.method} {each.path}") for each in LEFT_OUT}
    documented = {_bare(line) for line in _DOCUMENTED.read_text(encoding="utf-8").splitlines()}
    assert documented - standing - left_out - {"GET /oauth/authorize"} == set()
    assert standing & left_out == set()


async def test_what_is_left_out_is_refused_as_documented(client: httpx.AsyncClient) -> None:
    for each in LEFT_OUT:
        answer = await client.request(each.method, each.path.replace(":id", "1"))
        assert (str(answer.status_code), answer.json()) == (each.answer, {"error": "Record not found"}), each


async def test_it_is_served(client: httpx.AsyncClient) -> None:
    served = ok(await client.get("/api/openapi.json"))
    assert served["openapi"] == "3.1.0"
    assert len(served["paths"]) == len(describe(ROUTES, "")["paths"]) > 100


def _bare(endpoint: str) -> str:
    """The name of a parameter is nobody's business."""
    return re.sub(r"\{\w+:\w+\}|:\w+", "*", endpoint)
