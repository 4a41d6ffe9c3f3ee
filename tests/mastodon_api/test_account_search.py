"""Finding accounts through HTTP, in /api/v1/accounts/search and /api/v2/search."""

from typing import Any

import httpx
import pytest

from parley.discovery.index_accounts import index_more_accounts
from parley.graph.block import block
from parley.graph.follow import follow
from parley.identity.accounts import add_to_counts
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.ids import AccountId
from parley.mastodon_api.entities.account import Account
from parley.mastodon_api.entities.search import Search
from tests.database import CountingConnection
from tests.identity.world import bearer, change_user, make_member, make_token, suspend
from tests.mastodon_api.answers import refusal, strictly

BASE = "https://parley.test"
ACCOUNTS = "/api/v1/accounts/search"
ALL = "/api/v2/search"

Headers = dict[str, str]


@pytest.fixture
async def alice(conn: CountingConnection) -> AccountId:
    return await make_member(conn, "Alice")


@pytest.fixture
async def as_alice(conn: CountingConnection, alice: AccountId) -> Headers:
    return bearer(await make_token(conn, alice))


async def searchable(conn: CountingConnection) -> None:
    """As the jobs behind signing up and editing a profile leave it."""
    assert await index_more_accounts(conn, 0) is None


async def names(client: httpx.AsyncClient, headers: Headers, q: str, **more: Any) -> list[str]:
    answer = await client.get(ACCOUNTS, params={"q": q, **more}, headers=headers)
    return [each.username for each in strictly(answer, list[Account])]


async def test_found_by_exact_name_at_once_in_every_spelling(
    client: httpx.AsyncClient, conn: CountingConnection, as_alice: Headers
) -> None:
    await make_member(conn, "Bob")
    for q in ("bob", "@bob", "BOB", " bob ", "bob@parley.test", "@Bob@Parley.Test"):
        assert await names(client, as_alice, q, limit=1) == ["Bob"], q
        answer = await client.get(
            ALL, params={"q": q, "resolve": "true", "type": "accounts"}, headers=as_alice
        )
        assert [each.acct for each in strictly(answer, Search).accounts] == ["Bob"], q


async def test_found_by_the_beginning_of_either_name(
    client: httpx.AsyncClient, conn: CountingConnection, as_alice: Headers
) -> None:
    bob = await make_member(conn, "Bob")
    await client.patch(
        "/api/v1/accounts/update_credentials",
        json={"display_name": "Élodie Brown"},
        headers=bearer(await make_token(conn, bob)),
    )
    await searchable(conn)
    for q in ("bo", "@bo", "élo", "ÉLODIE b", "elodie", "brown", "Brown elo", "b%"):
        assert await names(client, as_alice, q) == ["Bob"], q
    for q in ("ob", "bob black", "_", "%", "\\", "bo@elsewhere.test", "@", " ", "", "x" * 5000):
        assert await names(client, as_alice, q) == [], q


async def test_a_slip_of_the_finger_and_other_scripts(
    client: httpx.AsyncClient, conn: CountingConnection, as_alice: Headers
) -> None:
    for name, shown in (("michaela", "Jürgen Weiß"), ("taro", "山田太郎"), ("anna_berg", "Анна")):
        member = bearer(await make_token(conn, await make_member(conn, name)))
        await client.patch(
            "/api/v1/accounts/update_credentials", json={"display_name": shown}, headers=member
        )
    await searchable(conn)
    for q, found in {
        "mcihaela": "michaela", "michela": "michaela", "micchaela": "michaela", "mikhaela": "michaela",
        "jurgen": "michaela", "jurgne weis": "michaela", "weiss": "michaela",
        "山田": "taro", "田太": "taro", "太": "taro", "anna berg": "anna_berg", "анн": "anna_berg",
    }.items():  # fmt: skip
        assert await names(client, as_alice, q) == [found], q
    for q in ("mikaella", "tora_t", "anna burgh", "山太"):
        assert await names(client, as_alice, q) == [], q


async def test_the_order_of_what_is_found(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId, as_alice: Headers
) -> None:
    """The one of exactly that name, then whom the viewer follows, then others by their followers."""
    ids = {name: await make_member(conn, name) for name in ("sam", "sam_small", "sam_big", "sam_followed")}
    await add_to_counts(conn, ids["sam_big"], followers=9)
    await follow(conn, Viewer(account_id=alice), ids["sam_followed"])
    await searchable(conn)
    assert await names(client, as_alice, "sam") == ["sam", "sam_followed", "sam_big", "sam_small"]
    assert await names(client, as_alice, "sam", limit=2) == ["sam", "sam_followed"]
    assert await names(client, as_alice, "sam", limit=2, offset=2) == ["sam_big", "sam_small"]
    assert await names(client, as_alice, "sam", offset=10_000) == []
    assert await names(client, as_alice, "sam", following="true") == ["sam_followed"]
    anonymous = strictly(await client.get(ALL, params={"q": "sam"}), Search)
    assert [each.username for each in anonymous.accounts][:2] == ["sam", "sam_big"]


async def test_who_is_not_found(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId, as_alice: Headers
) -> None:
    gone, pending, blocking, blocked = [
        await make_member(conn, name) for name in ("tim_gone", "tim_pending", "tim_blocking", "tim_blocked")
    ]
    await suspend(conn, gone, clock.now())
    await change_user(conn, pending, approved_at=None)
    await block(conn, Viewer(account_id=blocking), alice)
    await block(conn, Viewer(account_id=alice), blocked)
    await searchable(conn)
    assert await names(client, as_alice, "tim") == []
    for exact in ("tim_gone", "tim_pending", "tim_blocking"):
        assert await names(client, as_alice, exact) == [], exact
    assert await names(client, as_alice, "tim_blocked") == ["tim_blocked"]


async def test_by_an_address_here(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId, as_alice: Headers
) -> None:
    posted = await client.post("/api/v1/statuses", data={"status": "Hello"}, headers=as_alice)
    status_id, url = posted.json()["id"], posted.json()["url"]
    for address in (url, f"{BASE}/users/Alice/statuses/{status_id}"):
        found = strictly(await client.get(ALL, params={"q": address}), Search)
        assert [each.id for each in found.statuses] == [status_id]
        assert found.accounts == ()
    for address in (f"{BASE}/@alice", f"{BASE}/users/Alice"):
        found = strictly(await client.get(ALL, params={"q": address}), Search)
        assert [each.id for each in found.accounts] == [str(alice)]
        assert found.statuses == ()
    for address in (
        f"{BASE}/@alice/17",
        f"{BASE}/@bob",
        f"{BASE}/x",
        f"{BASE}evil/@alice",
        "https://x.test/@alice",
    ):
        found = strictly(await client.get(ALL, params={"q": address}), Search)
        assert (found.accounts, found.statuses) == ((), ()), address


async def test_a_hidden_status_is_not_found_by_its_address(
    client: httpx.AsyncClient, conn: CountingConnection, as_alice: Headers
) -> None:
    posted = await client.post(
        "/api/v1/statuses", data={"status": "Hush", "visibility": "private"}, headers=as_alice
    )
    url = posted.json()["url"]
    stranger = bearer(await make_token(conn, await make_member(conn, "bob")))
    for headers, ids in (({}, []), (stranger, []), (as_alice, [posted.json()["id"]])):
        found = strictly(await client.get(ALL, params={"q": url}, headers=headers), Search)
        assert [each.id for each in found.statuses] == ids


async def test_all_three_keys_whatever_is_asked(client: httpx.AsyncClient, alice: AccountId) -> None:
    for params, count in (
        ({}, 0),
        ({"q": "alice"}, 1),
        ({"q": "alice", "type": "accounts"}, 1),
        ({"q": "alice", "type": "hashtags"}, 0),
        ({"q": "alice", "type": "nonsense"}, 0),
        ({"q": "alice", "limit": "0", "max_id": "x", "exclude_unreviewed": "1"}, 1),
    ):
        found = strictly(await client.get(ALL, params=params), Search)
        assert len(found.accounts) == count, params


async def test_what_asks_for_a_token(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId
) -> None:
    assert refusal(await client.get(ACCOUNTS, params={"q": "a"}))[0] == 401
    application = bearer(await make_token(conn, None, "read"))
    for more in ({"resolve": "true"}, {"offset": "1"}):
        for headers in ({}, application):
            assert refusal(await client.get(ALL, params={"q": "a", **more}, headers=headers))[0] == 401
    writer = bearer(await make_token(conn, alice, "write"))
    for path in (ACCOUNTS, ALL):
        assert refusal(await client.get(path, params={"q": "a"}, headers=writer))[0] == 403
