"""Lists and their members through HTTP: each success beside its refusals."""

import httpx
import msgspec
import pytest

from parley.kit.db import Connection
from parley.mastodon_api.entities.account import Account
from parley.mastodon_api.entities.list import List
from parley.mastodon_api.lists import ROUTES
from tests.graph.callers import Caller, ids, linked, make_caller, refusal, strictly, with_scopes

NOT_FOUND = (404, "Record not found")
NOBODY = 4611686018427387905


class Cast(msgspec.Struct, frozen=True):
    alice: Caller
    bob: Caller
    carol: Caller


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return Cast(*[await make_caller(conn, client, name) for name in ("alice", "bob", "carol")])


async def make_list(caller: Caller, title: str = "Friends") -> List:
    return strictly(await caller.post("/lists", title=title), List)


async def add(caller: Caller, made: List, *targets: Caller) -> httpx.Response:
    return await caller.post(f"/lists/{made.id}/accounts", **{"account_ids[]": [each.id for each in targets]})


async def test_lists_come_change_and_go(cast: Cast) -> None:
    made = await make_list(cast.alice)
    assert (made.title, made.replies_policy, made.exclusive) == ("Friends", "list", False)
    other = await cast.alice.ask(
        "POST", "/lists", json={"title": "Ö" * 255, "replies_policy": "followed", "exclusive": True}
    )
    assert (strictly(other, List).replies_policy, strictly(other, List).exclusive) == ("followed", True)
    assert strictly(await cast.alice.get("/lists"), list[List]) == [made, strictly(other, List)]
    assert (await cast.bob.get("/lists")).json() == []

    for method, form, expected in (
        ("PUT", {"title": "Family"}, ("Family", "list", False)),
        ("PATCH", {"replies_policy": "none", "exclusive": "true"}, ("Family", "none", True)),
        ("PUT", {"exclusive": "0"}, ("Family", "none", False)),
    ):
        edited = strictly(await cast.alice.ask(method, f"/lists/{made.id}", data=form), List)
        assert (edited.title, edited.replies_policy, edited.exclusive) == expected
        assert strictly(await cast.alice.get(f"/lists/{made.id}"), List) == edited

    assert (await cast.alice.ask("DELETE", f"/lists/{made.id}")).json() == {}
    assert refusal(await cast.alice.get(f"/lists/{made.id}")) == NOT_FOUND
    assert len((await cast.alice.get("/lists")).json()) == 1


async def test_titles_and_policies_that_will_not_do(cast: Cast) -> None:
    made = await make_list(cast.alice)
    for form in (
        {"title": ""},
        {"title": "  "},
        {"title": "x" * 256},
        {"title": "a\0b"},
        {"title": "fine", "replies_policy": "everyone"},
        {"title": "fine", "exclusive": "perhaps"},
    ):
        assert (await cast.alice.post("/lists", **form)).status_code == 422, form
        assert (await cast.alice.ask("PUT", f"/lists/{made.id}", data=form)).status_code == 422, form
    assert refusal(await cast.alice.post("/lists")) == (422, "Validation failed: Title can't be blank")
    assert strictly(await cast.alice.get("/lists"), list[List]) == [made]


async def test_members_are_added_shown_and_taken_off(cast: Cast) -> None:
    made = await make_list(cast.alice)
    for target in (cast.bob, cast.carol):
        await cast.alice.post(f"/accounts/{target.id}/follow")
        assert (await add(cast.alice, made, target)).json() == {}
    path = f"/lists/{made.id}/accounts"
    assert [each.username for each in strictly(await cast.alice.get(path), list[Account])] == ["carol", "bob"]

    first = await cast.alice.get(path, limit=1)
    assert ids(first) == [cast.carol.id]
    second = await cast.alice.ask("GET", linked(first, "next") or "")
    assert ids(second) == [cast.bob.id]
    assert ids(await cast.alice.ask("GET", linked(second, "prev") or "")) == [cast.carol.id]
    whole = await cast.alice.get(path, limit=0)
    assert (ids(whole), whole.headers.get("link")) == ([cast.carol.id, cast.bob.id], None)

    in_body = await cast.alice.ask("DELETE", path, data={"account_ids[]": [str(cast.bob.id)]})
    assert in_body.json() == {}
    assert ids(await cast.alice.get(path)) == [cast.carol.id]
    in_query = await cast.alice.ask(
        "DELETE", path, params={"account_ids[]": [cast.carol.id, cast.bob.id, "x"]}
    )
    assert in_query.json() == {}
    assert ids(await cast.alice.get(path)) == []
    assert (await add(cast.alice, made)).json() == {}


async def test_only_who_is_followed_can_be_added_and_all_or_none(cast: Cast) -> None:
    made = await make_list(cast.alice)
    await cast.alice.post(f"/accounts/{cast.bob.id}/follow")
    path = f"/lists/{made.id}/accounts"
    assert refusal(await add(cast.alice, made, cast.bob, cast.carol)) == NOT_FOUND
    assert refusal(await add(cast.alice, made, cast.alice)) == NOT_FOUND
    assert refusal(await cast.alice.post(path, **{"account_ids[]": [NOBODY]})) == NOT_FOUND
    assert refusal(await cast.alice.post(path, **{"account_ids[]": ["bob"]})) == NOT_FOUND
    assert ids(await cast.alice.get(path)) == []

    assert (await add(cast.alice, made, cast.bob)).json() == {}
    await cast.alice.post(f"/accounts/{cast.carol.id}/follow")
    taken = (422, "Validation failed: Account has already been taken")
    assert refusal(await add(cast.alice, made, cast.carol, cast.bob)) == taken
    assert ids(await cast.alice.get(path)) == [cast.bob.id]


async def test_unfollowing_takes_off_the_list(cast: Cast) -> None:
    made = await make_list(cast.alice)
    await cast.alice.post(f"/accounts/{cast.bob.id}/follow")
    await add(cast.alice, made, cast.bob)
    await cast.alice.post(f"/accounts/{cast.bob.id}/unfollow")
    assert ids(await cast.alice.get(f"/lists/{made.id}/accounts")) == []


async def test_lists_are_nobody_elses(cast: Cast) -> None:
    made = await make_list(cast.alice)
    await cast.bob.post(f"/accounts/{cast.carol.id}/follow")
    for route in ROUTES:
        if "{id" not in route.path:
            continue
        path = route.path.removeprefix("/api/v1").replace("{id:str}", "{}")
        form = {"title": "Mine", "account_ids[]": str(cast.carol.id)}
        for list_id in (made.id, NOBODY, "x", "9" * 30):
            answer = await cast.bob.ask(route.method, path.format(list_id), params=form)
            assert refusal(answer) == NOT_FOUND, f"{route.method} {path} {list_id}"
    assert strictly(await cast.alice.get("/lists"), list[List]) == [made]


async def test_every_route_asks_for_its_scope_and_for_a_member(
    conn: Connection, client: httpx.AsyncClient, cast: Cast
) -> None:
    wrong = await with_scopes(conn, cast.alice, "write:media read:statuses follow")
    for route in ROUTES:
        path = route.path.removeprefix("/api/v1").replace("{id:str}", "1")
        nobody = await client.request(route.method, "/api/v1" + path)
        assert nobody.status_code == 401, route.path
        assert (await wrong.ask(route.method, path)).status_code == 403, route.path
