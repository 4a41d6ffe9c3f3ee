"""All SQL on statuses and what hangs on them (polls apart, see poll_queries.py).

A status's text may be selected nowhere else, and from here only visibility.py hands it on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, bucket_of, bucket_of_text
from parley.publishing.cache import recent_counts
from parley.publishing.models import EditMedia, Status, StatusEdit, StatusSource, Visibility

OWNED_TABLES = (
    "statuses", "status_counts", "status_edits", "thread_entries", "tag_entries", "interactions",
    "status_favourites", "status_reblogs", "status_quotes", "scheduled_statuses", "idempotency_keys", "polls",
    "poll_votes",
)  # fmt: skip

_STATUS_COLUMNS = """
    s.id, s.account_id, s.visibility, s.content, s.spoiler_text, s.sensitive, s.language, s.in_reply_to_id,
    s.in_reply_to_account_id, s.thread_id, s.reblog_of_id, s.mention_ids, s.tags, s.poll_id, s.application_name,
    s.application_website, s.uri, s.url, s.created_at, s.edited_at, c.version, s.sealed,
    s.quote_of_id, s.quote_of_account_id, s.quote_state, s.quote_policy, s.reply_policy, s.card_id,
    s.media_ids
"""

# The viewer's flags on a status (favourited 1, reblogged 2, bookmarked 4, pinned 8, thread muted 16), and the viewer's
# relation to an account (bits: see visibility.Relation); $1 is now.
_FLAG_BITS = """
    (favourite_id is not null)::int + (reblog_id is not null)::int * 2 + (bookmark_id is not null)::int * 4
        + (pin_id is not null)::int * 8 + thread_muted::int * 16
"""
_RELATION_BITS = """
    (follow_id is not null)::int + (follow_id is not null and show_reblogs)::int * 2
        + (block_id is not null)::int * 4 + (blocked_by_id is not null)::int * 8
        + (mute_id is not null and (mute_expires_at is null or mute_expires_at > $1))::int
            * (16 + mute_notifications::int * 32)
"""


# Reading ------------------------------------------------------------------------------------------------


async def statuses_by_ids(conn: Connection, status_ids: Sequence[int]) -> list[Status]:
    """Hydration: several buckets at once, allowed by name."""
    return await conn.fetch_all(
        Status,
        "select "
        + _STATUS_COLUMNS
        + """
        from statuses s join status_counts c on c.status_id = s.id and c.bucket = s.bucket
        where s.id = any($1) and s.bucket = any($2)
        """,
        status_ids,
        buckets_of(status_ids),
    )


async def facts_for_member(
    conn: Connection,
    viewer_id: AccountId,
    status_ids: Sequence[int],
    account_ids: Sequence[int],
    flag_ids: Sequence[int],
    relation_ids: Sequence[int],
    now: datetime,
) -> list[Any]:
    """Hot path: all that changes about a page, in one statement; rows (kind, id, a, b, c, d, e).

    Kind 1: a status's counts (version, replies, reblogs, favourites, quotes); 2: an account's (version, statuses,
    followers, following) with `e` the day of its last status; 3: the viewer's flags on a status of `flag_ids` in
    `a`; 4: the viewer's relation to an account of `relation_ids` in `a`. Several buckets at once, allowed by name.
    """
    return await conn.fetch_rows(
        """
        select 1, status_id, version, replies_count, reblogs_count, favourites_count, quotes_count
        from status_counts where status_id = any($4) and bucket = any($5)
        union all
        select 2, account_id, version, statuses_count, followers_count, following_count,
            coalesce(last_status_on - date '1970-01-01', -1)
        from account_counts where account_id = any($6) and bucket = any($7)
        union all
        select 3, status_id, """
        + _FLAG_BITS
        + """, 0, 0, 0, 0
        from interactions where bucket = $2 and account_id = $3 and status_id = any($8)
        union all
        select 4, other_id, """
        + _RELATION_BITS
        + """, 0, 0, 0, 0
        from relationships where bucket = $2 and account_id = $3 and other_id = any($9)
        """,
        now,
        bucket_of(viewer_id),
        viewer_id,
        status_ids,
        buckets_of(status_ids),
        account_ids,
        buckets_of(account_ids),
        flag_ids,
        relation_ids,
    )


async def status_facts_for_member(
    conn: Connection, viewer_id: AccountId, status_ids: Sequence[int], flag_ids: Sequence[int]
) -> list[Any]:
    """Hot path: kinds 1 and 3 of facts_for_member, at half its cost."""
    return await conn.fetch_rows(
        """
        select 1, status_id, version, replies_count, reblogs_count, favourites_count, quotes_count
        from status_counts where status_id = any($3) and bucket = any($4)
        union all
        select 3, status_id, """
        + _FLAG_BITS
        + """, 0, 0, 0, 0
        from interactions where bucket = $1 and account_id = $2 and status_id = any($5)
        """,
        bucket_of(viewer_id),
        viewer_id,
        status_ids,
        buckets_of(status_ids),
        flag_ids,
    )


async def marks_of_members(
    conn: Connection,
    viewer_ids: Sequence[AccountId],
    flag_ids: Sequence[int],
    relation_ids: Sequence[int],
    now: datetime,
) -> list[Any]:
    """Kinds 3 and 4 of facts_for_member for many viewers at once; rows (kind, viewer, id, bits), none for no bits.

    Each viewer's rows in the viewer's own bucket, by primary key; why not by two arrays, see timelines' owners_holding.
    """
    return await conn.fetch_rows(
        """
        select 3, m.account_id, m.status_id, """
        + _FLAG_BITS
        + """
        from unnest($2::smallint[], $3::bigint[]) as v (bucket, account_id)
        join interactions m
            on m.bucket = v.bucket and m.account_id = v.account_id and m.status_id = any($4::bigint[])
        union all
        select 4, m.account_id, m.other_id, """
        + _RELATION_BITS
        + """
        from unnest($2::smallint[], $3::bigint[]) as v (bucket, account_id)
        join relationships m
            on m.bucket = v.bucket and m.account_id = v.account_id and m.other_id = any($5::bigint[])
        """,
        now,
        buckets_of(viewer_ids),
        viewer_ids,
        flag_ids,
        relation_ids,
    )


async def facts_for_anyone(
    conn: Connection, status_ids: Sequence[int], account_ids: Sequence[int]
) -> list[Any]:
    """As facts_for_member, for a viewer who is nobody: counts only."""
    return await conn.fetch_rows(
        """
        select 1, status_id, version, replies_count, reblogs_count, favourites_count, quotes_count
        from status_counts where status_id = any($1) and bucket = any($2)
        union all
        select 2, account_id, version, statuses_count, followers_count, following_count,
            coalesce(last_status_on - date '1970-01-01', -1)
        from account_counts where account_id = any($3) and bucket = any($4)
        """,
        status_ids,
        buckets_of(status_ids),
        account_ids,
        buckets_of(account_ids),
    )


async def find_source(conn: Connection, status_id: StatusId) -> StatusSource | None:
    return await conn.fetch_one(
        StatusSource,
        "select id, text, spoiler_text, sealed from statuses where bucket = $1 and id = $2",
        bucket_of(status_id),
        status_id,
    )


async def find_thread_id(conn: Connection, status_id: StatusId) -> StatusId | None:
    found: StatusId | None = await conn.fetch_value(
        "select thread_id from statuses where bucket = $1 and id = $2", bucket_of(status_id), status_id
    )
    return found


async def thread_rows(conn: Connection, thread_id: StatusId, limit: int) -> list[Any]:
    """(status_id, parent_id) of a thread's replies, oldest first; the root has no row."""
    return await conn.fetch_rows(
        """
        select status_id, parent_id from thread_entries
        where bucket = $1 and thread_id = $2 order by status_id limit $3
        """,
        bucket_of(thread_id),
        thread_id,
        limit,
    )


def _status_edit(*values: Any) -> StatusEdit:
    edit = dict(zip(StatusEdit.__struct_fields__, values, strict=True))
    edit["media"] = msgspec.convert(edit["media"] or [], tuple[EditMedia, ...])
    return StatusEdit(**edit)


async def edits_of(conn: Connection, status_id: StatusId) -> list[StatusEdit]:
    return await conn.fetch_all(
        _status_edit,
        """
        select version, content, spoiler_text, sensitive, poll_options, created_at, sealed, quote_of_id, media
        from status_edits where bucket = $1 and status_id = $2 order by version
        """,
        bucket_of(status_id),
        status_id,
    )


async def find_made_by_key(
    conn: Connection, account_id: AccountId, key_hash: bytes, since: datetime
) -> tuple[int, bool] | None:
    """The id that was made with it, and whether it is one of those that wait."""
    rows = await conn.fetch_rows(
        """
        select status_id, scheduled from idempotency_keys
        where bucket = $1 and account_id = $2 and key_hash = $3 and created_at > $4
        """,
        bucket_of(account_id),
        account_id,
        key_hash,
        since,
    )
    return (rows[0][0], rows[0][1]) if rows else None


# Writing a status ---------------------------------------------------------------------------------------


def _in_the_open(status: Status, text: str) -> tuple[str, str, str, Sequence[str]]:
    """Text, content, warning and tags as they may lie in plain columns: of sealed words the tags, if everybody sees them."""
    if status.sealed is None:
        return text, status.content, status.spoiler_text, status.tags
    return "", "", "", () if status.visibility == Visibility.DIRECT else status.tags


async def insert_status(conn: Connection, status: Status, text: str) -> bool:
    """The status and its counts, all zero, in one statement: both lie in one bucket. False when the id is taken."""
    text, content, spoiler_text, tags = _in_the_open(status, text)
    inserted = await conn.execute(
        """
        with counts as (
            insert into status_counts (bucket, status_id, version, replies_count, reblogs_count, favourites_count)
            values ($1, $2, 1, 0, 0, 0) on conflict do nothing)
        insert into statuses (bucket, id, account_id, visibility, text, content, spoiler_text, sensitive, language,
            in_reply_to_id, in_reply_to_account_id, thread_id, reblog_of_id, mention_ids, tags, poll_id,
            application_name, application_website, uri, url, created_at, quote_of_id, quote_of_account_id,
            quote_state, quote_policy, reply_policy, sealed, media_ids)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28)
        on conflict do nothing
        """,
        bucket_of(status.id),
        status.id,
        status.account_id,
        status.visibility,
        text,
        content,
        spoiler_text,
        status.sensitive,
        status.language,
        status.in_reply_to_id,
        status.in_reply_to_account_id,
        status.thread_id,
        status.reblog_of_id,
        status.mention_ids,
        tags,
        status.poll_id,
        status.application_name,
        status.application_website,
        status.uri,
        status.url,
        status.created_at,
        status.quote_of_id,
        status.quote_of_account_id,
        status.quote_state,
        status.quote_policy,
        status.reply_policy,
        status.sealed,
        status.media_ids,
    )
    return inserted == 1


async def insert_thread_entry(
    conn: Connection, thread_id: StatusId, status_id: StatusId, parent_id: StatusId
) -> None:
    await conn.execute(
        "insert into thread_entries (bucket, thread_id, status_id, parent_id) values ($1, $2, $3, $4)",
        bucket_of(thread_id),
        thread_id,
        status_id,
        parent_id,
    )


async def insert_tag_entries(
    conn: Connection, tags: Sequence[str], status_id: StatusId, account_id: AccountId
) -> None:
    await conn.execute_many(
        """
        insert into tag_entries (bucket, tag, status_id, account_id) values ($1, $2, $3, $4)
        on conflict do nothing
        """,
        [(bucket_of_text(tag), tag, status_id, account_id) for tag in tags],
    )


async def insert_idempotency_key(
    conn: Connection,
    account_id: AccountId,
    key_hash: bytes,
    made_id: int,
    now: datetime,
    expired: datetime,
    *,
    scheduled: bool,
) -> bool:
    """False when another request holds the key already; an expired holder gives way."""
    return (
        await conn.execute(
            """
            insert into idempotency_keys (bucket, account_id, key_hash, status_id, created_at, scheduled)
            values ($1, $2, $3, $4, $5, $7)
            on conflict (bucket, account_id, key_hash)
            do update set status_id = $4, created_at = $5, scheduled = $7
            where idempotency_keys.created_at <= $6
            """,
            bucket_of(account_id),
            account_id,
            key_hash,
            made_id,
            now,
            expired,
            scheduled,
        )
        == 1
    )


async def update_status(conn: Connection, status: Status, text: str) -> None:
    """Rewrites what an edit may change, with its new version."""
    text, content, spoiler_text, tags = _in_the_open(status, text)
    recent_counts.changed(conn, status.id)
    await conn.execute(
        """
        with counts as (
            update status_counts set version = $12 where bucket = $1 and status_id = $2)
        update statuses set text = $3, content = $4, spoiler_text = $5, sensitive = $6, language = $7,
            mention_ids = $8, tags = $9, poll_id = $10, edited_at = $11, quote_policy = $13, reply_policy = $14,
            sealed = $15, media_ids = $16
        where bucket = $1 and id = $2
        """,
        bucket_of(status.id),
        status.id,
        text,
        content,
        spoiler_text,
        status.sensitive,
        status.language,
        status.mention_ids,
        tags,
        status.poll_id,
        status.edited_at,
        status.version,
        status.quote_policy,
        status.reply_policy,
        status.sealed,
        status.media_ids,
    )


async def lock_status(conn: Connection, status_id: StatusId) -> int | None:
    """Serialises edits and deletion of one status; its version, or None when it is gone."""
    version: int | None = await conn.fetch_value(
        "select version from status_counts where bucket = $1 and status_id = $2 for update",
        bucket_of(status_id),
        status_id,
    )
    return version


async def insert_edit(conn: Connection, status_id: StatusId, edit: StatusEdit) -> None:
    await conn.execute(
        """
        insert into status_edits
            (bucket, status_id, version, content, spoiler_text, sensitive, poll_options, created_at, quote_of_id,
            sealed, media)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing
        """,
        bucket_of(status_id),
        status_id,
        edit.version,
        "" if edit.sealed is not None else edit.content,
        "" if edit.sealed is not None else edit.spoiler_text,
        edit.sensitive,
        None if edit.sealed is not None else edit.poll_options,
        edit.created_at,
        edit.quote_of_id,
        edit.sealed,
        _wordless(edit.media) if edit.sealed is not None else edit.media,
    )


def _wordless(media: Sequence[EditMedia]) -> list[EditMedia]:
    return [EditMedia(each.id, "") for each in media]


# Deleting -----------------------------------------------------------------------------------------------


async def delete_status(conn: Connection, status_id: StatusId) -> bool:
    """The row, its counts and its edits. Who favourited or boosted it stays until a job has told them."""
    recent_counts.changed(conn, status_id)
    gone = await conn.execute(
        """
        with counts as (delete from status_counts where bucket = $1 and status_id = $2),
            edits as (delete from status_edits where bucket = $1 and status_id = $2)
        delete from statuses where bucket = $1 and id = $2
        """,
        bucket_of(status_id),
        status_id,
    )
    return gone == 1


async def delete_thread_entry(conn: Connection, thread_id: StatusId, status_id: StatusId) -> None:
    await conn.execute(
        "delete from thread_entries where bucket = $1 and thread_id = $2 and status_id = $3",
        bucket_of(thread_id),
        thread_id,
        status_id,
    )


async def delete_tag_entries(conn: Connection, tags: Sequence[str], status_id: StatusId) -> None:
    await conn.execute_many(
        "delete from tag_entries where bucket = $1 and tag = $2 and status_id = $3",
        [(bucket_of_text(tag), tag, status_id) for tag in tags],
    )


async def delete_old_idempotency_keys(conn: Connection, before: datetime, limit: int) -> int:
    """Upkeep, by a schedule: every bucket."""
    return await conn.execute(
        """
        delete from idempotency_keys where (bucket, account_id, key_hash) in (
            select bucket, account_id, key_hash from idempotency_keys where created_at < $1 limit $2)
        """,
        before,
        limit,
    )


# Counts -------------------------------------------------------------------------------------------------


async def add_to_status_counts(
    conn: Connection,
    status_id: StatusId,
    *,
    replies: int = 0,
    reblogs: int = 0,
    favourites: int = 0,
    quotes: int = 0,
) -> bool:
    """Moves the counters; False when the status is gone. Never below zero."""
    recent_counts.changed(conn, status_id)
    touched = await conn.execute(
        """
        update status_counts set replies_count = greatest(replies_count + $3, 0),
            reblogs_count = greatest(reblogs_count + $4, 0), favourites_count = greatest(favourites_count + $5, 0),
            quotes_count = greatest(quotes_count + $6, 0)
        where bucket = $1 and status_id = $2
        """,
        bucket_of(status_id),
        status_id,
        replies,
        reblogs,
        favourites,
        quotes,
    )
    return touched == 1


def buckets_of(any_ids: Sequence[int]) -> list[int]:
    return [bucket_of(each) for each in any_ids]
