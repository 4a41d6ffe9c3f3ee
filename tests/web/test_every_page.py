"""All routes of the door, each once: who is let in, forged forms, nonsense in addresses, links that lead somewhere."""

import re
from html import unescape

import pytest

from parley.web.routes import ROUTES, PageRoute
from parley.web.wording import NOTICES
from tests.web.visitor import Forms, Visitor

PAGES = [route for route in ROUTES if route.method == "GET"]
FORMS = [route for route in ROUTES if route.method == "POST"]


def path_of(route: PageRoute, **parts: str) -> str:
    path = route.path
    for name in ("id", "act", "tag", "handle", "status_id"):
        path = path.replace(f"{{{name}:str}}", parts.get(name, "1"))
    return path


def test_no_two_routes_are_one() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


async def test_members_pages_ask_visitors_to_sign_in(anyone: Visitor) -> None:
    for route in ROUTES:
        if route.who == "member":
            path = path_of(route)
            answer = await anyone.client.request(route.method, path)
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/auth/sign_in?next=%2F"), path


async def test_no_form_is_taken_without_its_token(alice: Visitor, anyone: Visitor) -> None:
    for route in FORMS:
        for visitor in (alice, anyone):
            if route.who != "member" or visitor is alice:
                answer = await visitor.client.post(path_of(route, act="favourite"), data={"text": "x"})
                assert answer.status_code == 403, route.path


@pytest.mark.parametrize(
    "part", ["0", "x", "99999999999999999999", "%00", "%FF", "é", "..%2f", "1e5", "@" * 400]
)
async def test_nonsense_in_addresses_is_nothing(alice: Visitor, anyone: Visitor, part: str) -> None:
    for route in PAGES:
        if "{" in route.path:
            for visitor in (alice, anyone):
                names = ("id", "act", "handle", "status_id")
                path = path_of(route, tag=f"{part}%20!", **dict.fromkeys(names, part))
                answer = await visitor.get(path)
                assert answer.status_code in {303, 404}, path


@pytest.mark.parametrize(
    "query", ["max_id=%00", "min_id=é&q=%F0%9F%8D%85", "next=%0d%0aSet-Cookie:x", "a&b&=c&==&&"]
)
async def test_nonsense_in_queries_harms_nothing(alice: Visitor, query: str) -> None:
    for route in PAGES:
        if "{" not in route.path:
            answer = await alice.get(f"{route.path}?{query}")
            assert answer.status_code in {200, 303, 400, 403, 404}, route.path
            assert "set-cookie:x" not in str(answer.headers).lower()


async def test_every_link_and_form_of_every_page_leads_somewhere(alice: Visitor, bob: Visitor) -> None:
    """From home on, through all pages: each address that stands on one is a page of ours."""
    await alice.open("/@bob")
    await alice.does(f"/accounts/{bob.id}/follow")
    await bob.says("Hello @alice #tag", poll_option=["one", "two", "", ""])
    await alice.says("Mine")
    await alice.open("/lists")
    await alice.does("/lists", title="A list")
    actions: set[str] = set()
    waiting, seen = ["/home"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        page = await alice.open(path, status=403 if path == "/outbox" else 200)
        waiting += [
            unescape(each)
            for each in re.findall(r'href="(/[^"#]*)', page)
            if "/static/" not in each and not each.endswith(".tar.gz")
        ]
        actions |= {action for form in Forms(page).forms for action in form.actions}
    assert len(seen) > 30
    patterns = [re.compile(re.sub(r"\{\w+:str\}", "[^/]+", route.path)) for route in FORMS] + [
        re.compile("/search")
    ]
    for action in actions:
        assert any(pattern.fullmatch(action) for pattern in patterns), action
    assert len(actions) > 25


def test_notices_are_sentences() -> None:
    assert all(text.endswith((".", "!")) and text[0].isupper() for text in NOTICES.values())
