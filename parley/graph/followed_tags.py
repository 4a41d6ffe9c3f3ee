"""Hashtags that members follow: their public posts come into the home. Tags stand here in normal form."""

from collections.abc import Collection

from parley.graph import tag_queries
from parley.graph.errors import TooManyFollowedTags
from parley.graph.events import TagFollowed, TagUnfollowed
from parley.graph.models import FollowedTag, TagFollower
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.ids import AccountId, new_id
from parley.kit.paging import Page
from parley.kit.recent import Recent

FOLLOWED_TAGS_MAX = 500

# By account id; asked when a home holds a post of somebody who is not followed.
recent_followed_tags: Recent[frozenset[str]] = Recent("followed_tags_changed", entries_max=2_000)


async def follow_tag(conn: Connection, viewer: Viewer, tag: str) -> None:
    """Safe to repeat."""
    account_id = require_account(viewer)
    followed = await tag_queries.followed_tags(conn, account_id)
    if tag in followed:
        return
    if len(followed) >= FOLLOWED_TAGS_MAX:
        raise TooManyFollowedTags
    act_id = new_id(account_id)
    if await tag_queries.insert_followed_tag(conn, account_id, tag, act_id):
        await tag_queries.insert_tag_follower(conn, tag, account_id, act_id)
        recent_followed_tags.changed(conn, account_id)
        await emit(conn, TagFollowed(account_id, tag))


async def unfollow_tag(conn: Connection, viewer: Viewer, tag: str) -> None:
    """Safe to repeat."""
    account_id = require_account(viewer)
    if await tag_queries.delete_followed_tag(conn, account_id, tag):
        await tag_queries.delete_tag_follower(conn, tag, account_id)
        recent_followed_tags.changed(conn, account_id)
        await emit(conn, TagUnfollowed(account_id, tag))


async def followed_tags_of(conn: Connection, account_id: AccountId) -> frozenset[str]:
    """No statement when it was asked within seconds; inside a transaction the database alone is asked."""
    if conn.in_transaction:
        return frozenset(await tag_queries.followed_tags(conn, account_id))
    now = clock.now_seconds()
    known = recent_followed_tags.find(account_id, now)
    if known is not None:
        return known
    mark = recent_followed_tags.mark()
    found = frozenset(await tag_queries.followed_tags(conn, account_id))
    recent_followed_tags.keep(mark, account_id, found, now)
    return found


async def followed_tags_page(conn: Connection, viewer: Viewer, page: Page) -> list[FollowedTag]:
    """Last followed first."""
    return await tag_queries.followed_tags_page(conn, require_account(viewer), page)


async def tags_followed_by_each(
    conn: Connection, account_ids: Collection[AccountId], tags: Collection[str]
) -> dict[AccountId, frozenset[str]]:
    """Which of `tags` each of these members follows; without those who follow none. One statement for all."""
    if not account_ids or not tags:
        return {}
    found: dict[AccountId, set[str]] = {}
    for account_id, tag in await tag_queries.followed_among(conn, account_ids, tags):
        found.setdefault(account_id, set()).add(tag)
    return {account_id: frozenset(each) for account_id, each in found.items()}


async def tags_with_followers(conn: Connection, tags: Collection[str]) -> list[str]:
    """Those of `tags` that anybody follows."""
    return await tag_queries.tags_with_followers(conn, tags) if tags else []


async def tag_followers_batch(conn: Connection, tag: str, after_id: int, limit: int) -> list[TagFollower]:
    """By ascending id of the act, from behind `after_id` on (0 begins): for walking all of them."""
    return await tag_queries.tag_followers_after(conn, tag, after_id, limit)
