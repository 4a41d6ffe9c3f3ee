"""All SQL on timelines: stored entries, and the skeletons (ids only) of every other timeline. Hot paths."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from parley.kit.db import Connection
from parley.kit.ids import AccountId, CardId, StatusId, bucket_of, bucket_of_text
from parley.timelines.models import TimelineEntry

OWNED_TABLES = ("home_entries", "celebrities", "markers")

_ENTRY_COLUMNS = ("bucket", "owner_id", "status_id", "account_id", "reblog_of_id")


# Stored entries -----------------------------------------------------------------------------------------


async def newest_entries(
    conn: Connection, owner_id: int, below: int, above: int, limit: int
) -> list[TimelineEntry]:
    """Hot path: a page of a home or list timeline, newest first. `owner_id` is an account or a list."""
    return await conn.fetch_all(
        TimelineEntry,
        """
        select status_id, account_id, reblog_of_id from home_entries
        where bucket = $1 and owner_id = $2 and status_id < $3 and status_id > $4
        order by status_id desc limit $5
        """,
        bucket_of(owner_id),
        owner_id,
        below,
        above,
        limit,
    )


async def newest_entries_in(
    conn: Connection, partition: str, owner_id: int, below: int, above: int, limit: int
) -> list[TimelineEntry]:
    """Hot path: the same, out of one partition of home_entries, named by kit/partitions.py.

    Through the parent PostgreSQL would open every partition in range: a third of the statement's cost.
    """
    return await conn.fetch_all(
        TimelineEntry,
        f"""
        select status_id, account_id, reblog_of_id from {partition}
        where bucket = $1 and owner_id = $2 and status_id < $3 and status_id > $4
        order by status_id desc limit $5
        """,
        bucket_of(owner_id),
        owner_id,
        below,
        above,
        limit,
        held=True,
    )


async def oldest_entries(
    conn: Connection, owner_id: int, below: int, above: int, limit: int
) -> list[TimelineEntry]:
    """The entries immediately above a bound, oldest first."""
    return await conn.fetch_all(
        TimelineEntry,
        """
        select status_id, account_id, reblog_of_id from home_entries
        where bucket = $1 and owner_id = $2 and status_id < $3 and status_id > $4
        order by status_id limit $5
        """,
        bucket_of(owner_id),
        owner_id,
        below,
        above,
        limit,
    )


async def owners_holding(
    conn: Connection, partition: str, owner_ids: Sequence[int], status_id: StatusId
) -> list[int]:
    """Those of these homes and lists that hold the status. `partition` of home_entries, as in newest_entries_in.

    A row of each owner's own bucket, found by the primary key. Two arrays (`bucket = any …`) would be tried in all
    combinations before PostgreSQL 17: a million for a thousand owners.
    """
    return await conn.fetch_column(
        f"""
        select h.owner_id from unnest($1::smallint[], $2::bigint[]) as o (bucket, owner_id)
        join {partition} h on h.bucket = o.bucket and h.owner_id = o.owner_id
        where h.status_id = $3
        """,
        [bucket_of(each) for each in owner_ids],
        owner_ids,
        status_id,
    )


async def insert_entry(conn: Connection, owner_id: int, entry: TimelineEntry) -> None:
    await conn.execute(
        """
        insert into home_entries (bucket, owner_id, status_id, account_id, reblog_of_id)
        values ($1, $2, $3, $4, $5) on conflict do nothing
        """,
        bucket_of(owner_id),
        owner_id,
        entry.status_id,
        entry.account_id,
        entry.reblog_of_id,
    )


async def copy_entries(conn: Connection, owner_ids: Sequence[int], entry: TimelineEntry) -> None:
    """One status to many owners by COPY; refuses the whole when one of them has it already."""
    rows = [
        (bucket_of(owner), owner, entry.status_id, entry.account_id, entry.reblog_of_id)
        for owner in owner_ids
    ]
    await conn.copy_in("home_entries", _ENTRY_COLUMNS, rows)


async def insert_entries(conn: Connection, owned: Sequence[tuple[int, TimelineEntry]]) -> None:
    """Many entries, skipping those that stand already."""
    await conn.execute_many(
        """
        insert into home_entries (bucket, owner_id, status_id, account_id, reblog_of_id)
        values ($1, $2, $3, $4, $5) on conflict do nothing
        """,
        [
            (bucket_of(owner), owner, entry.status_id, entry.account_id, entry.reblog_of_id)
            for owner, entry in owned
        ],
    )


async def delete_entries_by(conn: Connection, owner_id: int, account_id: AccountId) -> int:
    """What an account put into a timeline, and what others boosted of it is left to the rules at reading."""
    return await conn.execute(
        "delete from home_entries where bucket = $1 and owner_id = $2 and account_id = $3",
        bucket_of(owner_id),
        owner_id,
        account_id,
    )


async def delete_entries_of(conn: Connection, owner_id: int, status_ids: Sequence[StatusId]) -> int:
    return await conn.execute(
        "delete from home_entries where bucket = $1 and owner_id = $2 and status_id = any($3)",
        bucket_of(owner_id),
        owner_id,
        status_ids,
    )


async def delete_all_entries(conn: Connection, owner_id: int) -> int:
    return await conn.execute(
        "delete from home_entries where bucket = $1 and owner_id = $2", bucket_of(owner_id), owner_id
    )


# Statuses of accounts -----------------------------------------------------------------------------------


async def newest_of_accounts(
    conn: Connection, account_ids: Sequence[int], below: int, above: int, limit: int
) -> list[TimelineEntry]:
    """The newest statuses of several accounts but direct ones and replies to others, for backfill and a
    celebrity's outbox: whether a reader follows both sides of a conversation is known only when it is pushed.

    Several buckets at once, allowed by name: it runs in jobs, or its answer is kept for seconds.
    """
    return await conn.fetch_all(
        TimelineEntry,
        """
        select id, account_id, reblog_of_id from statuses
        where bucket = any($1) and account_id = any($2) and id < $3 and id > $4 and visibility < 3
            and (in_reply_to_account_id is null or in_reply_to_account_id = account_id)
        order by id desc limit $5
        """,
        sorted({bucket_of(each) for each in account_ids}),
        account_ids,
        below,
        above,
        limit,
    )


async def account_status_ids(
    conn: Connection,
    account_id: AccountId,
    below: int,
    above: int,
    limit: int,
    *,
    ascending: bool,
    replies: bool,
    reblogs: bool,
    visibility_max: int,
    mentioning: AccountId | None,
    tag: str | None,
) -> list[Any]:
    """(id, reblog_of_id) of an account's statuses; replies to oneself are no replies here."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_rows(
        f"""
        select id, reblog_of_id from statuses
        where bucket = $1 and account_id = $2 and id < $3 and id > $4
            and (visibility <= $6 or $10::bigint = any(mention_ids))
            and ($7 or in_reply_to_account_id is null or in_reply_to_account_id = account_id)
            and ($8 or reblog_of_id is null)
            and ($9::text is null or $9 = any(tags))
        order by id {order} limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
        visibility_max,
        replies,
        reblogs,
        tag,
        mentioning,
        held=True,
    )


async def account_media_status_ids(
    conn: Connection,
    account_id: AccountId,
    below: int,
    above: int,
    limit: int,
    *,
    ascending: bool,
    visibility_max: int,
    mentioning: AccountId | None,
) -> list[Any]:
    """(id, null) of an account's statuses that bear pictures, video or sound: by an index of their own."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_rows(
        f"""
        select id, null::bigint from statuses
        where bucket = $1 and account_id = $2 and id < $3 and id > $4 and media_ids <> '{{}}'
            and (visibility <= $6 or $7::bigint = any(mention_ids))
        order by id {order} limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
        visibility_max,
        mentioning,
    )


# Site-wide questions: they name no bucket. One machine answers them from one index; on several, their answers
# are to be kept for seconds.


async def public_status_ids(
    conn: Connection, below: int, above: int, limit: int, *, ascending: bool
) -> list[Any]:
    """The local timeline: public statuses that answer nobody else."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_column(
        f"""
        select id from statuses
        where visibility = 0 and reblog_of_id is null
            and (in_reply_to_account_id is null or in_reply_to_account_id = account_id)
            and id < $1 and id > $2
        order by id {order} limit $3
        """,
        below,
        above,
        limit,
        held=True,
    )


async def public_media_status_ids(
    conn: Connection, below: int, above: int, limit: int, *, ascending: bool
) -> list[Any]:
    """Of the local timeline those that bear pictures, video or sound: by an index of their own."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_column(
        f"""
        select id from statuses
        where visibility = 0 and reblog_of_id is null and media_ids <> '{{}}'
            and (in_reply_to_account_id is null or in_reply_to_account_id = account_id)
            and id < $1 and id > $2
        order by id {order} limit $3
        """,
        below,
        above,
        limit,
    )


# Tags ---------------------------------------------------------------------------------------------------


async def tag_status_ids(
    conn: Connection, tag: str, below: int, above: int, limit: int, *, ascending: bool
) -> list[Any]:
    order = "asc" if ascending else "desc"
    return await conn.fetch_column(
        f"""
        select status_id from tag_entries
        where bucket = $1 and tag = $2 and status_id < $3 and status_id > $4
        order by status_id {order} limit $5
        """,
        bucket_of_text(tag),
        tag,
        below,
        above,
        limit,
    )


async def newest_with_tag(conn: Connection, tag: str, above: int, limit: int) -> list[TimelineEntry]:
    return await conn.fetch_all(
        TimelineEntry,
        """
        select status_id, account_id, null::bigint as reblog_of_id from tag_entries
        where bucket = $1 and tag = $2 and status_id > $3 order by status_id desc limit $4
        """,
        bucket_of_text(tag),
        tag,
        above,
        limit,
    )


async def tagged_among(
    conn: Connection, tags: Sequence[str], status_ids: Sequence[StatusId]
) -> list[StatusId]:
    """Those of these statuses that bear one of these tags: several tags at once, in a job."""
    return await conn.fetch_column(
        """
        select e.status_id from unnest($1::smallint[], $2::text[]) as o (bucket, tag)
        join tag_entries e on e.bucket = o.bucket and e.tag = o.tag
        where e.status_id = any($3)
        """,
        [bucket_of_text(each) for each in tags],
        tags,
        status_ids,
    )


# Links --------------------------------------------------------------------------------------------------


async def card_status_ids(
    conn: Connection, card_id: CardId, below: int, above: int, limit: int, *, ascending: bool
) -> list[Any]:
    order = "asc" if ascending else "desc"
    return await conn.fetch_column(
        f"""
        select status_id from card_entries
        where bucket = $1 and card_id = $2 and listed and status_id < $3 and status_id > $4
        order by status_id {order} limit $5
        """,
        bucket_of(card_id),
        card_id,
        below,
        above,
        limit,
    )


# Who gets a push ----------------------------------------------------------------------------------------


async def active_owners(
    conn: Connection, account_ids: Sequence[int], since: date, author_id: AccountId
) -> list[Any]:
    """Where a push of this author's goes: (owner_id, list_id, exclusive), list_id None for the home of each of
    these local accounts that was here lately, and their lists that the author stands on.

    Hot path: once for a thousand followers. Several buckets at once, in a job.
    """
    return await conn.fetch_rows(
        """
        select account_id, null::bigint, false from users
        where account_id = any($1) and bucket = any($2) and last_active_on >= $3
        union all
        select l.account_id, l.id, l.exclusive
        from list_accounts m join lists l on l.bucket = m.bucket and l.id = m.list_id
        where m.bucket = any($2) and m.owner_id = any($1) and m.account_id = $4
        """,
        account_ids,
        [bucket_of(each) for each in account_ids],
        since,
        author_id,
    )


async def celebrity_ids(conn: Connection) -> list[Any]:
    """A small reference table."""
    return await conn.fetch_column("select account_id from celebrities")


async def insert_celebrity(conn: Connection, account_id: AccountId, now: datetime) -> None:
    await conn.execute(
        "insert into celebrities (account_id, since) values ($1, $2) on conflict do nothing", account_id, now
    )


async def delete_celebrity(conn: Connection, account_id: AccountId) -> None:
    await conn.execute("delete from celebrities where account_id = $1", account_id)
