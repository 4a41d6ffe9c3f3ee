"""Mastodon.py: hashtags, trends with what staff decide of them, suggestions, the directory."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError

from parley.discovery import trend_queries
from parley.discovery.models import Kind, Trend
from parley.kit import clock
from parley.kit.db import Connection, connect
from tests.clients.conftest import Join
from tests.clients.running_server import RunningServer
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually
from tests.discovery.world import make_card

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]

Result = TypeVar("Result")


def test_tags_are_followed(alice: StrictMastodon, bob: StrictMastodon, server: RunningServer) -> None:
    post = bob.status_post("On #SlowTravel")
    eventually(lambda: alice.tag("slowtravel").history[0].uses == "1")
    tag = alice.tag("slowtravel")
    assert (tag.name, tag.url, tag.following) == ("SlowTravel", f"{server.url}/tags/slowtravel", False)
    assert alice.tag_follow(tag).following
    assert [each.name for each in alice.followed_tags()] == ["SlowTravel"]
    eventually(lambda: [each.id for each in alice.timeline_home()] == [post.id])
    assert not alice.tag_unfollow("slowtravel").following
    assert alice.followed_tags() == []
    assert alice.timeline_home() == []
    alice.tag_follow("one")
    alice.tag_follow("two")
    first = alice.followed_tags(limit=1)
    assert [each.name for each in first] == ["two"]
    second: Any = alice.fetch_next(first)
    assert [each.name for each in second] == ["one"]
    assert StrictMastodon(api_base_url=server.url).tag("one").following is None
    with pytest.raises(MastodonNotFoundError):
        alice.tag("12")


def test_tags_are_featured(alice: StrictMastodon, bob: StrictMastodon) -> None:
    alice.status_post("About #boats and #boats, and #Birds")
    eventually(lambda: alice.tag("birds").history[0].uses == "1")
    # The library takes these for featured tags, the documentation for tags.
    lenient = Mastodon(access_token=alice.access_token, api_base_url=alice.api_base_url)
    assert {each.name for each in lenient.featured_tag_suggestions()} == {"boats", "Birds"}
    made = alice.featured_tag_create("Birds")
    assert (made.name, made.statuses_count) == ("Birds", "1")
    assert alice.tag_feature("boats").featuring
    assert {each.name for each in bob.account_featured_tags(alice.me())} == {"Birds", "boats"}
    assert not alice.tag_unfeature("boats").featuring
    alice.featured_tag_delete(made)
    assert alice.featured_tags() == []
    with pytest.raises(MastodonAPIError):
        alice.featured_tag_create("1 2")


def test_trends_are_shown_once_staff_allow_them(
    server: RunningServer, clients_database_url: str, join: Join
) -> None:
    people = [join() for _ in range(4)]
    visitor = StrictMastodon(api_base_url=server.url)
    posts = [each.status_post("Onto the #rooftops") for each in people]
    for each in people[1:]:
        each.status_favourite(posts[0])
    eventually(lambda: visitor.tag("rooftops").history[0].accounts == "4")
    card_id = asyncio.run(_prepare(clients_database_url))
    server.run("trends", "rank")
    staff = StrictMastodon(
        access_token=server.run(
            *("account", "create", "trendwatcher", "--role", "moderator"),
            *("--token", "read write admin:read admin:write"),
        ).split()[1],
        api_base_url=server.url,
    )
    assert visitor.trends() == []

    tag = next(each for each in staff.admin_trending_tags() if each.name == "rooftops")
    assert (tag.requires_review, tag.trendable) == (True, False)
    assert staff.admin_approve_trending_tag(tag).trendable
    eventually(lambda: [each.name for each in visitor.trending_tags()] == ["rooftops"])
    assert [each.name for each in visitor.trends(limit=5)] == ["rooftops"]
    assert visitor.trending_tags(offset=1) == []
    assert not staff.admin_reject_trending_tag(tag).trendable

    status = next(each for each in staff.admin_trending_statuses() if each.id == posts[0].id)
    staff.admin_approve_trending_status(status)
    eventually(lambda: [each.id for each in visitor.trending_statuses(lang="en")] == [posts[0].id])
    staff.admin_reject_trending_status(status)
    eventually(lambda: visitor.trending_statuses() == [])

    asyncio.run(_rank_link(clients_database_url, card_id))
    eventually(lambda: [each.title for each in staff.admin_trending_links()] == ["An article"])
    approved = staff.admin_approve_trending_link(card_id)
    assert approved.url == "https://rooftops.test/article"
    eventually(lambda: [each.title for each in visitor.trending_links()] == ["An article"])
    staff.admin_reject_trending_link(card_id)
    with pytest.raises(MastodonAPIError):
        people[0].admin_trending_tags()


async def _prepare(database_url: str) -> int:
    """Everybody has been here for a while, and there is a card."""

    async def act(conn: Connection) -> int:
        await conn.execute("update accounts set created_at = $1", clock.now() - timedelta(days=30))
        return await make_card(conn, "https://rooftops.test/article")

    return await _in_database(database_url, act)


async def _rank_link(database_url: str, card_id: int) -> None:
    async def act(conn: Connection) -> None:
        await trend_queries.insert_trends(conn, Kind.LINK, [Trend(card_id, 1.0)])

    await _in_database(database_url, act)


async def _in_database(database_url: str, act: Callable[[Connection], Awaitable[Result]]) -> Result:
    conn = await connect(database_url)
    try:
        async with conn.begin():
            return await act(conn)
    finally:
        await conn.close()


def test_people_are_suggested(join: Join) -> None:
    alice, bob, carol, dave = (join() for _ in range(4))
    alice.account_follow(bob.me())
    bob.account_follow(carol.me())
    bob.account_follow(dave.me())
    suggested = {each.account.id: each for each in alice.suggestions_v2()}
    assert suggested[carol.me().id].sources == ["friends_of_friends"]
    assert suggested[dave.me().id].source == "past_interactions"
    alice.suggestion_delete(dave.me())
    assert carol.me().id in [each.id for each in alice.suggestions()]
    assert dave.me().id not in [each.id for each in alice.suggestions_v1()]


def test_the_directory_is_turned_page_by_page(alice: StrictMastodon, join: Join) -> None:
    for _ in range(2):
        join().status_post("here I am")
    eventually(lambda: len(alice.directory(order="active", local=True)) >= 2)
    newest = alice.directory(order="new", limit=1)
    assert len(newest) == 1
    older: Any = alice.fetch_next(newest)
    assert older[0].id != newest[0].id
