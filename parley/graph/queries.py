"""All SQL on relationships (lists apart, see list_queries.py).

Each fact between two accounts stands in two rows, one in each account's bucket; every statement here touches the
rows of one account. pair.py keeps the two sides alike.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec

from parley.graph.marks import recent_marks
from parley.graph.models import Follower, Related, Relationship
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of
from parley.kit.paging import Page

OWNED_TABLES = ("relationships", "lists", "list_accounts")

# The columns that order a list of relations.
Act = Literal["follow_id", "followed_by_id", "requested_by_id", "block_id", "mute_id", "endorsement_id"]

_COLUMNS = """
    other_id, follow_id, show_reblogs, notify, languages, requested_id, followed_by_id,
    followed_by_shows_reblogs, followed_by_notify, followed_by_languages, requested_by_id, block_id,
    blocked_by_id, mute_id, mute_notifications, mute_expires_at, endorsement_id, note, sealed_note
"""
# Each is paged by its own partial index, downwards and upwards.
_PAGES = {
    (act, direction): f"""
        select other_id, {act}, mute_expires_at from relationships
        where bucket = $1 and account_id = $2 and {act} < $3 and {act} > $4
        order by {act} {direction} limit $5
        """
    for act in get_args(Act)
    for direction in ("asc", "desc")
}


def _relationship(*columns: Any) -> Relationship:
    """A row, with the languages as tuples, and without a mute that is over: nobody else need look at the clock."""
    row = Relationship(*columns)
    changes: dict[str, Any] = {}
    if row.languages is not None:
        changes["languages"] = tuple(row.languages)
    if row.followed_by_languages is not None:
        changes["followed_by_languages"] = tuple(row.followed_by_languages)
    if row.mute_expires_at is not None and row.mute_expires_at <= clock.now():
        changes |= {"mute_id": None, "mute_notifications": False, "mute_expires_at": None}
    return msgspec.structs.replace(row, **changes) if changes else row


def _follower(*columns: Any) -> Follower:
    row = Follower(*columns)
    return row if row.languages is None else msgspec.structs.replace(row, languages=tuple(row.languages))


# One row ------------------------------------------------------------------------------------------------


async def find_relationship(
    conn: Connection, account_id: AccountId, other_id: AccountId
) -> Relationship | None:
    return await conn.fetch_one(
        _relationship,
        "select " + _COLUMNS + " from relationships where bucket = $1 and account_id = $2 and other_id = $3",
        bucket_of(account_id),
        account_id,
        other_id,
    )


async def lock_relationship(
    conn: Connection, account_id: AccountId, other_id: AccountId
) -> Relationship | None:
    """As find_relationship, and nobody else changes the row before this transaction ends."""
    return await conn.fetch_one(
        _relationship,
        "select "
        + _COLUMNS
        + " from relationships where bucket = $1 and account_id = $2 and other_id = $3 for update",
        bucket_of(account_id),
        account_id,
        other_id,
    )


async def open_relationship(conn: Connection, account_id: AccountId, other_id: AccountId) -> Relationship:
    """As lock_relationship, and a missing row is made first.

    The update writes nothing new: it is how an upsert locks and returns the row that is there, in one step.
    """
    opened = await conn.fetch_one(
        _relationship,
        "insert into relationships (bucket, account_id, other_id) values ($1, $2, $3)"
        " on conflict (bucket, account_id, other_id) do update set account_id = excluded.account_id"
        " returning " + _COLUMNS,
        bucket_of(account_id),
        account_id,
        other_id,
    )
    return opened or Relationship(other_id)


async def update_relationship(conn: Connection, account_id: AccountId, row: Relationship) -> None:
    """Writes the whole row; whoever calls has it locked."""
    recent_marks.changed(conn, account_id)
    await conn.execute(
        """
        update relationships set follow_id = $4, show_reblogs = $5, notify = $6, languages = $7,
            requested_id = $8, followed_by_id = $9, followed_by_shows_reblogs = $10, followed_by_notify = $11,
            followed_by_languages = $12, requested_by_id = $13, block_id = $14, blocked_by_id = $15,
            mute_id = $16, mute_notifications = $17, mute_expires_at = $18, endorsement_id = $19, note = $20,
            sealed_note = $21
        where bucket = $1 and account_id = $2 and other_id = $3
        """,
        bucket_of(account_id),
        account_id,
        *msgspec.structs.astuple(row),
    )


async def clear_expired_mute(
    conn: Connection, account_id: AccountId, other_id: AccountId, now: datetime
) -> None:
    """A mute that was prolonged or made endless meanwhile stays."""
    recent_marks.changed(conn, account_id)
    await conn.execute(
        """
        update relationships set mute_id = null, mute_notifications = false, mute_expires_at = null
        where bucket = $1 and account_id = $2 and other_id = $3 and mute_expires_at <= $4
        """,
        bucket_of(account_id),
        account_id,
        other_id,
        now,
    )


# Many rows of one account -------------------------------------------------------------------------------


async def relationships_among(
    conn: Connection, account_id: AccountId, other_ids: Collection[AccountId]
) -> list[Relationship]:
    """In no order; none for those it has nothing to do with."""
    return await conn.fetch_all(
        _relationship,
        "select "
        + _COLUMNS
        + " from relationships where bucket = $1 and account_id = $2 and other_id = any($3)",
        bucket_of(account_id),
        account_id,
        list(other_ids),
    )


async def related_page(conn: Connection, account_id: AccountId, act: Act, page: Page) -> list[Related]:
    """Newest act first."""
    rows = await conn.fetch_all(
        Related,
        _PAGES[act, "asc" if page.ascending else "desc"],
        bucket_of(account_id),
        account_id,
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def followers_after(
    conn: Connection, account_id: AccountId, after_id: int, limit: int
) -> list[Follower]:
    """Oldest follow first, so that who comes while somebody walks the list stands at its end."""
    return await conn.fetch_all(
        _follower,
        """
        select other_id, followed_by_id, followed_by_shows_reblogs, followed_by_notify, followed_by_languages
        from relationships where bucket = $1 and account_id = $2 and followed_by_id > $3
        order by followed_by_id limit $4
        """,
        bucket_of(account_id),
        account_id,
        after_id,
        limit,
        held=True,
    )


async def followers_with_bell(
    conn: Connection, account_id: AccountId, after_id: int, limit: int
) -> list[Follower]:
    """As followers_after, of those who wish to be told of posts: by an index of their own."""
    return await conn.fetch_all(
        _follower,
        """
        select other_id, followed_by_id, followed_by_shows_reblogs, followed_by_notify, followed_by_languages
        from relationships
        where bucket = $1 and account_id = $2 and followed_by_id > $3 and followed_by_notify
        and followed_by_id is not null
        order by followed_by_id limit $4
        """,
        bucket_of(account_id),
        account_id,
        after_id,
        limit,
    )


async def followee_ids(conn: Connection, account_id: AccountId, limit: int) -> list[AccountId]:
    """Newest follow first."""
    return await conn.fetch_column(
        """
        select other_id from relationships
        where bucket = $1 and account_id = $2 and follow_id is not null order by follow_id desc limit $3
        """,
        bucket_of(account_id),
        account_id,
        limit,
    )


async def related_after(
    conn: Connection, account_id: AccountId, after_id: int, limit: int
) -> list[AccountId]:
    """Whom it follows or asks, and who follows or asks it, by ascending id: for walking all of them."""
    return await conn.fetch_column(
        """
        select other_id from relationships
        where bucket = $1 and account_id = $2 and other_id > $3
            and coalesce(follow_id, followed_by_id, requested_id, requested_by_id) is not null
        order by other_id limit $4
        """,
        bucket_of(account_id),
        account_id,
        after_id,
        limit,
    )


async def followed_among(
    conn: Connection, account_id: AccountId, other_ids: Collection[AccountId]
) -> list[AccountId]:
    """Those of `other_ids` whom the account follows, in no order."""
    return await conn.fetch_column(
        """
        select other_id from relationships
        where bucket = $1 and account_id = $2 and other_id = any($3) and follow_id is not null
        """,
        bucket_of(account_id),
        account_id,
        list(other_ids),
    )


async def followers_among(
    conn: Connection, account_id: AccountId, other_ids: Collection[AccountId], limit: int
) -> list[AccountId]:
    """Those of `other_ids` who follow the account, newest follow first."""
    return await conn.fetch_column(
        """
        select other_id from relationships
        where bucket = $1 and account_id = $2 and other_id = any($3) and followed_by_id is not null
        order by followed_by_id desc limit $4
        """,
        bucket_of(account_id),
        account_id,
        list(other_ids),
        limit,
    )


async def lock_followee_ids(
    conn: Connection, account_id: AccountId, other_ids: Collection[AccountId]
) -> list[AccountId]:
    """Those of `other_ids` whom the account follows; none of these follows ends before this transaction does."""
    return await conn.fetch_column(
        """
        select other_id from relationships
        where bucket = $1 and account_id = $2 and other_id = any($3) and follow_id is not null
        order by other_id for share
        """,
        bucket_of(account_id),
        account_id,
        list(other_ids),
    )


async def count_requests_made(conn: Connection, account_id: AccountId) -> int:
    """Bounded by the limit on follows, which counts requests too."""
    count: int = await conn.fetch_value(
        "select count(*) from relationships where bucket = $1 and account_id = $2 and requested_id is not null",
        bucket_of(account_id),
        account_id,
    )
    return count


async def count_requests_got(conn: Connection, account_id: AccountId, maximum: int) -> int:
    count: int = await conn.fetch_value(
        """
        select count(*) from (
            select 1 from relationships
            where bucket = $1 and account_id = $2 and requested_by_id is not null limit $3) as counted
        """,
        bucket_of(account_id),
        account_id,
        maximum,
    )
    return count
