"""What `parley audit` asks the database: samples and counts, each with a limit, once a visit."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import bucket_of

OWNED_TABLES: tuple[str, ...] = ()


class SampledStatus(msgspec.Struct, frozen=True):
    """`in_open`: words of its own stand in the table as they were typed."""

    id: int
    username: str
    visibility: int
    poll_id: int | None
    in_open: bool


class SampledFile(msgspec.Struct, frozen=True):
    """A row of media with its variants as they stand in the table."""

    id: int
    variants: list[dict[str, Any]]
    guarded: bool


async def newest_statuses(conn: Connection, limit: int) -> list[SampledStatus]:
    return await conn.fetch_all(
        SampledStatus,
        """
        select s.id, a.username, s.visibility, s.poll_id, s.text <> '' or s.content <> '' or s.spoiler_text <> ''
        from (select bucket, id, account_id, visibility, poll_id, text, content, spoiler_text
            from statuses where reblog_of_id is null and uri is null order by id desc limit $1) s
        join accounts a on a.bucket = s.bucket and a.id = s.account_id
        """,
        limit,
    )


async def status_ids_from(conn: Connection, lowest: int, limit: int) -> list[int]:
    return await conn.fetch_column(
        "select id from statuses where id >= $1 order by id limit $2", lowest, limit
    )


async def newest_status_ids(conn: Connection, limit: int) -> list[int]:
    return await conn.fetch_column("select id from statuses order by id desc limit $1", limit)


async def media_ids_from(conn: Connection, lowest: int, limit: int) -> list[int]:
    return await conn.fetch_column(
        "select id from media_files where id >= $1 order by id limit $2", lowest, limit
    )


async def member_ids_from(conn: Connection, lowest: int, limit: int) -> list[int]:
    """Whoever has a login."""
    return await conn.fetch_column(
        "select account_id from users where account_id >= $1 order by account_id limit $2", lowest, limit
    )


async def username_of(conn: Connection, account_id: int) -> str | None:
    found: str | None = await conn.fetch_value(
        "select username from accounts where bucket = $1 and id = $2", bucket_of(account_id), account_id
    )
    return found


async def visibilities_among(conn: Connection, ids: Collection[int]) -> dict[int, int]:
    rows = await conn.fetch_rows(
        "select id, visibility from statuses where bucket = any($1) and id = any($2)",
        [bucket_of(each) for each in ids],
        list(ids),
    )
    return dict(rows)


async def home_status_ids(conn: Connection, owner_id: int, limit: int) -> list[int]:
    return await conn.fetch_column(
        "select status_id from home_entries where bucket = $1 and owner_id = $2 order by status_id desc limit $3",
        bucket_of(owner_id),
        owner_id,
        limit,
    )


async def files_from(conn: Connection, lowest: int, state: int, limit: int) -> list[SampledFile]:
    return await conn.fetch_all(
        SampledFile,
        "select id, variants, guarded from media_files where id >= $1 and state = $2 order by id limit $3",
        lowest,
        state,
        limit,
    )


async def count_media(conn: Connection, limit: int) -> int:
    return int(
        await conn.fetch_value("select count(*) from (select 1 from media_files limit $1) counted", limit)
    )


async def things_of_members(conn: Connection, limit: int) -> list[tuple[str, int]]:
    """(kind, id) of what only its owner may see, or staff: some of each kind."""
    rows = await conn.fetch_rows(
        """
        (select 'list' kind, id from lists order by bucket, id limit $1) union all
        (select 'filter' kind, id from filters order by id limit $1) union all
        (select 'keyword' kind, id from filter_keywords order by bucket, id limit $1) union all
        (select 'scheduled' kind, id from scheduled_statuses order by bucket, id limit $1) union all
        (select 'conversation' kind, id from conversations order by bucket, id limit $1) union all
        (select 'notification' kind, id from notifications order by bucket, account_id, id limit $1) union all
        (select 'report' kind, id from reports order by bucket, id limit $1) union all
        (select 'account' kind, account_id from users order by account_id limit $1)
        """,
        limit,
    )
    return [(kind, any_id) for kind, any_id in rows]


async def count_left_over(conn: Connection, now: datetime, days: dict[str, datetime]) -> dict[str, int]:
    """What should be gone by now: `days` says before when, of each kind."""
    rows = await conn.fetch_rows(
        """
        select 'addresses', count(*) from (
            (select 1 from login_addresses where used_at < $1 limit 1000) union all
            (select 1 from sign_in_addresses where used_at < $1 limit 1000)) a union all
        select 'mails', count(*) from (select 1 from mails where sent_at < $2 limit 1000) b union all
        select 'words', count(*) from (select 1 from mails where sent_at <= $3 and (text_body <> '' or sealed is not null) limit 1000) c union all
        select 'files', count(*) from (select 1 from doomed_files where created_at < $4 limit 1000) d union all
        select 'windows', count(*) from (select 1 from rate_windows where window_start < $5 limit 1000) e union all
        select 'links', count(*) from (select 1 from email_tokens where created_at < $6 limit 1000) f
        """,
        days["addresses"],
        days["mails"],
        now,
        days["files"],
        days["windows"],
        days["links"],
    )
    return dict(rows)


async def count_in_open(conn: Connection) -> dict[str, int]:
    """What is written for its owner, or for staff, and stands as it was typed; a thousand of each at most."""
    rows = await conn.fetch_rows(
        """
        select 'addresses or reasons of members', count(*)
            from (select 1 from users where sealed is null and (email <> '' or sign_up_reason <> '') limit 1000) a union all
        select 'titles of lists', count(*) from (select 1 from lists where title <> '' limit 1000) b union all
        select 'titles of filters', count(*) from (select 1 from filters where title <> '' limit 1000) c union all
        select 'words of filters', count(*) from (select 1 from filter_keywords where keyword <> '' limit 1000) d union all
        select 'notes about others', count(*) from (select 1 from relationships where note <> '' limit 1000) e
        """
    )
    return dict(rows)


async def key_owner_ids_from(conn: Connection, lowest: int, limit: int) -> list[int]:
    """Of the keys that open what they wrote: accounts and conversations."""
    return await conn.fetch_column(
        "select owner_id from sealing_keys where owner_id >= $1 order by owner_id limit $2", lowest, limit
    )


async def wrapped_things(conn: Connection, limit: int) -> list[bytes]:
    """As they lie in the database."""
    rows = await conn.fetch_column(
        """
        (select wrapped from server_secrets order by name limit $1) union all
        (select wrapped from sealing_keys order by owner_id limit $1)
        """,
        limit,
    )
    return [bytes(each) for each in rows]
