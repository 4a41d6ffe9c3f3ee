"""Jobs of the index, begun by schedule or side effects: an author's posts, and what was there before the index."""

from datetime import timedelta

import msgspec

from parley.discovery import index_queries
from parley.discovery.index_accounts import index_more_accounts
from parley.discovery.index_statuses import index_author, index_older
from parley.discovery.tags import forget_some_unborne
from parley.kit.db import Connection
from parley.kit.ids import ID_MAX, AccountId
from parley.kit.jobs import defer, job, scheduled
from parley.kit.services import Services

_STATUSES, _ACCOUNTS, _TAGS = "statuses", "accounts", "tags"


class IndexPostsOf(msgspec.Struct, frozen=True):
    """An author opted in or out: a slice of their posts, below that id."""

    account_id: AccountId
    below: int = ID_MAX


class IndexOlderPosts(msgspec.Struct, frozen=True):
    below: int = ID_MAX


class IndexOlderAccounts(msgspec.Struct, frozen=True):
    above: int = 0


class ForgetOlderTags(msgspec.Struct, frozen=True):
    """Tags whose last post went before that took them along."""

    after: int = 0


@job(IndexPostsOf, lane="upkeep")
async def index_posts_of(conn: Connection, _services: Services, payload: IndexPostsOf) -> None:
    following = await index_author(conn, payload.account_id, payload.below)
    if following is not None:
        await defer(conn, IndexPostsOf(payload.account_id, following))


@job(IndexOlderPosts, lane="upkeep")
async def index_older_posts(conn: Connection, _services: Services, payload: IndexOlderPosts) -> None:
    following = await index_older(conn, payload.below)
    await index_queries.note_progress(conn, _STATUSES, following or 0, done=following is None)
    if following is not None:
        await defer(conn, IndexOlderPosts(following))


@job(IndexOlderAccounts, lane="upkeep")
async def index_older_accounts(conn: Connection, _services: Services, payload: IndexOlderAccounts) -> None:
    following = await index_more_accounts(conn, payload.above)
    await index_queries.note_progress(conn, _ACCOUNTS, following or ID_MAX, done=following is None)
    if following is not None:
        await defer(conn, IndexOlderAccounts(following))


@job(ForgetOlderTags, lane="upkeep")
async def forget_older_tags(conn: Connection, _services: Services, payload: ForgetOlderTags) -> None:
    following = await forget_some_unborne(conn, payload.after)
    await index_queries.note_progress(conn, _TAGS, following or ID_MAX, done=following is None)
    if following is not None:
        await defer(conn, ForgetOlderTags(following))


@scheduled(timedelta(hours=1))
async def index_what_stood_before(conn: Connection, _services: Services) -> None:
    """Once in a server's life: what was there before the index was, and tags whose posts were gone."""
    if await index_queries.begin_progress(conn, _STATUSES, ID_MAX):
        await defer(conn, IndexOlderPosts())
    if await index_queries.begin_progress(conn, _ACCOUNTS, 0):
        await defer(conn, IndexOlderAccounts())
    if await index_queries.begin_progress(conn, _TAGS, 0):
        await defer(conn, ForgetOlderTags())
