"""SQL on groups of notifications: who is in them, how many are unread, taking them away."""

from collections.abc import Sequence
from datetime import datetime

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of
from parley.notifications.models import Group, GroupMembers, Notification, Wanted
from parley.notifications.queries import Table

# Whoever has more than that in a day or two sees smaller numbers than there are.
_ROWS_MAX = 10_000

_NOT_SHUT_OUT = """
    not exists (
        select from relationships r
        where r.bucket = $1 and r.account_id = $2 and r.other_id = n.from_account_id
        and (r.block_id is not null or r.blocked_by_id is not null or (r.mute_id is not null
            and r.mute_notifications and (r.mute_expires_at is null or r.mute_expires_at > $3))))
"""


async def members_of_groups(
    conn: Connection,
    table: Table,
    account_id: AccountId,
    groups: Sequence[Group],
    newest_id: int,
    page_min_id: int,
    shown: int,
    now: datetime,
) -> list[GroupMembers]:
    """Of these groups, and perhaps others of the same days; up to `newest_id`, without accounts shut out."""
    return await conn.fetch_all(
        GroupMembers,
        f"""
        select n.type, n.status_id, (n.id >> 22) / 86400000 as day, count(*) as count, max(n.id) as newest_id,
            min(n.id) filter (where n.id >= $8) as page_min_id,
            (array_agg(n.from_account_id order by n.id desc))[1:$9] as account_ids
        from (
            select id, type, from_account_id, status_id from {table}
            where bucket = $1 and account_id = $2 and id <= $6 and id >= $7 and type = any($4)
            and (status_id is null or status_id = any($5)) order by id desc limit $10) as n
        where {_NOT_SHUT_OUT}
        group by n.type, n.status_id, (n.id >> 22) / 86400000
        """,
        bucket_of(account_id),
        account_id,
        now,
        list({each.type for each in groups}),
        list({each.status_id for each in groups if each.status_id is not None}),
        newest_id,
        min(each.lowest_id for each in groups),
        page_min_id,
        shown,
        _ROWS_MAX,
    )


async def rows_of_group(
    conn: Connection, account_id: AccountId, group: Group, below: int, above: int, limit: int
) -> list[Notification]:
    """Newest first."""
    return await conn.fetch_all(
        Notification,
        """
        select id, type, from_account_id, status_id, about_id from notifications
        where bucket = $1 and account_id = $2 and id < $3 and id > $4 and type = $5
        and status_id is not distinct from $6 order by id desc limit $7
        """,
        bucket_of(account_id),
        account_id,
        min(below, group.end_id),
        max(above, group.lowest_id - 1),
        group.type,
        group.status_id,
        limit,
    )


async def delete_group(conn: Connection, account_id: AccountId, group: Group) -> int:
    return await conn.execute(
        """
        delete from notifications
        where bucket = $1 and account_id = $2 and id < $3 and id >= $4 and type = $5
        and status_id is not distinct from $6
        """,
        bucket_of(account_id),
        account_id,
        group.end_id,
        group.lowest_id,
        group.type,
        group.status_id,
    )


async def count_unread_groups(
    conn: Connection,
    account_id: AccountId,
    below: int,
    wanted: Wanted,
    grouped_types: Sequence[str],
    now: datetime,
) -> int:
    """Above the reader's marker, without those of accounts the reader shut out."""
    count: int = await conn.fetch_value(
        f"""
        select count(distinct case when n.type = any($9)
            then concat_ws('-', n.type, n.status_id, (n.id >> 22) / 86400000) else n.id::text end)
        from (
            select id, type, from_account_id, status_id from notifications
            where bucket = $1 and account_id = $2 and id < $4
            and id > coalesce((select m.last_read_id from markers m
                where m.bucket = $1 and m.account_id = $2 and m.timeline = $5), 0)
            and (cardinality($6::text[]) = 0 or type = any($6)) and not type = any($7::text[])
            and ($8::bigint is null or from_account_id = $8)
            order by id desc limit $10) as n
        where {_NOT_SHUT_OUT}
        """,
        bucket_of(account_id),
        account_id,
        now,
        below,
        "notifications",
        wanted.types,
        wanted.exclude_types,
        wanted.from_account_id,
        grouped_types,
        _ROWS_MAX,
    )
    return count
