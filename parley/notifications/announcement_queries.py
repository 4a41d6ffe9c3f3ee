"""All SQL on announcements: a small table that every machine holds, and in each one's bucket what members did with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, AnnouncementId, bucket_of
from parley.notifications.models import Announcement, ReactionCount

OWNED_TABLES = (
    "announcements", "announcement_dismissals", "announcement_reactions", "announcement_reaction_counts",
)  # fmt: skip

_COLUMNS = """
    id, text, content, starts_at, ends_at, all_day, published_at, updated_at, mention_ids, status_ids, tags
"""
_TUPLES = ("mention_ids", "status_ids", "tags")


def _announcement(*columns: Any) -> Announcement:
    row = Announcement(*columns)
    return msgspec.structs.replace(row, **{name: tuple(getattr(row, name)) for name in _TUPLES})


# Announcements


async def announcements_at(conn: Connection, now: datetime, limit: int) -> list[Announcement]:
    """Those that are published and not over, in the order of what they speak of."""
    return await conn.fetch_all(
        _announcement,
        "select "
        + _COLUMNS
        + """
        from announcements where published_at <= $1 and (ends_at is null or ends_at > $1)
        order by coalesce(starts_at, published_at), id limit $2
        """,
        now,
        limit,
    )


async def newest_announcements(conn: Connection, limit: int) -> list[Announcement]:
    """All there are, newest first: for the operator."""
    return await conn.fetch_all(
        _announcement,
        "select " + _COLUMNS + " from announcements order by published_at desc, id limit $1",
        limit,
    )


async def find_announcement(conn: Connection, announcement_id: AnnouncementId) -> Announcement | None:
    return await conn.fetch_one(
        _announcement, "select " + _COLUMNS + " from announcements where id = $1", announcement_id
    )


async def announcement_ids(conn: Connection) -> list[AnnouncementId]:
    """All there are: staff make them one by one, and not many."""
    return await conn.fetch_column("select id from announcements order by id")


async def count_announcements(conn: Connection) -> int:
    count: int = await conn.fetch_value("select count(*) from announcements")
    return count


async def insert_announcement(conn: Connection, made: Announcement) -> None:
    await conn.execute(
        """
        insert into announcements (id, text, content, starts_at, ends_at, all_day, published_at, updated_at,
            mention_ids, status_ids, tags)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        *msgspec.structs.astuple(made),
    )


async def delete_announcement(conn: Connection, announcement_id: AnnouncementId) -> bool:
    """With all that members did with it; false when it is gone already."""
    bucket = bucket_of(announcement_id)
    await conn.execute(
        "delete from announcement_reaction_counts where bucket = $1 and announcement_id = $2",
        bucket,
        announcement_id,
    )
    await conn.execute(
        "delete from announcement_reactions where bucket = $1 and announcement_id = $2",
        bucket,
        announcement_id,
    )
    await conn.execute(
        "delete from announcement_dismissals where bucket = $1 and announcement_id = $2",
        bucket,
        announcement_id,
    )
    return await conn.execute("delete from announcements where id = $1", announcement_id) == 1


# What members did with them


async def dismissed_among(
    conn: Connection, account_id: AccountId, announcement_ids: Sequence[AnnouncementId]
) -> list[AnnouncementId]:
    return await conn.fetch_column(
        """
        select announcement_id from announcement_dismissals
        where bucket = any($1) and announcement_id = any($2) and account_id = $3
        """,
        sorted({bucket_of(each) for each in announcement_ids}),
        announcement_ids,
        account_id,
    )


async def insert_dismissal(conn: Connection, account_id: AccountId, announcement_id: AnnouncementId) -> None:
    await conn.execute(
        """
        insert into announcement_dismissals (bucket, announcement_id, account_id) values ($1, $2, $3)
        on conflict (announcement_id, account_id, bucket) do nothing
        """,
        bucket_of(announcement_id),
        announcement_id,
        account_id,
    )


async def reaction_counts(
    conn: Connection, announcement_ids: Sequence[AnnouncementId]
) -> list[ReactionCount]:
    """Of each announcement, the oldest reaction first."""
    return await conn.fetch_all(
        ReactionCount,
        """
        select announcement_id, name, count from announcement_reaction_counts
        where bucket = any($1) and announcement_id = any($2) and count > 0 order by first_id
        """,
        sorted({bucket_of(each) for each in announcement_ids}),
        announcement_ids,
    )


async def reactions_by(
    conn: Connection, account_id: AccountId, announcement_ids: Sequence[AnnouncementId]
) -> list[tuple[AnnouncementId, str]]:
    rows = await conn.fetch_rows(
        """
        select announcement_id, name from announcement_reactions
        where bucket = any($1) and announcement_id = any($2) and account_id = $3
        """,
        sorted({bucket_of(each) for each in announcement_ids}),
        announcement_ids,
        account_id,
    )
    return [(AnnouncementId(announcement_id), name) for announcement_id, name in rows]


async def delete_dismissals(
    conn: Connection, account_id: AccountId, announcement_ids: Sequence[AnnouncementId]
) -> None:
    await conn.execute_many(
        "delete from announcement_dismissals where bucket = $1 and announcement_id = $2 and account_id = $3",
        [(bucket_of(each), each, account_id) for each in announcement_ids],
    )


async def insert_reaction(
    conn: Connection, account_id: AccountId, announcement_id: AnnouncementId, name: str
) -> bool:
    """False when the member reacted so already."""
    inserted = await conn.execute(
        """
        insert into announcement_reactions (bucket, announcement_id, account_id, name) values ($1, $2, $3, $4)
        on conflict (announcement_id, account_id, name, bucket) do nothing
        """,
        bucket_of(announcement_id),
        announcement_id,
        account_id,
        name,
    )
    return inserted == 1


async def delete_reaction(
    conn: Connection, account_id: AccountId, announcement_id: AnnouncementId, name: str
) -> bool:
    deleted = await conn.execute(
        """
        delete from announcement_reactions
        where bucket = $1 and announcement_id = $2 and account_id = $3 and name = $4
        """,
        bucket_of(announcement_id),
        announcement_id,
        account_id,
        name,
    )
    return deleted == 1


async def add_to_count(
    conn: Connection, announcement_id: AnnouncementId, name: str, change: int, act_id: int
) -> int:
    """The new count. A reaction that was taken back by all keeps its place for whoever comes next."""
    count: int = await conn.fetch_value(
        """
        insert into announcement_reaction_counts (bucket, announcement_id, name, count, first_id)
        values ($1, $2, $3, $4, $5)
        on conflict (announcement_id, name, bucket)
        do update set count = announcement_reaction_counts.count + excluded.count
        returning count
        """,
        bucket_of(announcement_id),
        announcement_id,
        name,
        change,
        act_id,
    )
    return count
