"""SQL on notifications one by one, those held back included; groups and policies have files of their own.

Relations and muted threads are read along: they lie in the recipient's bucket.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, NotificationId, StatusId, bucket_of
from parley.notifications.models import Notification, Recipient, Sender, StatusFacts, Wanted

OWNED_TABLES = (
    "notifications", "filtered_notifications", "notification_policies", "notification_permissions",
    "notification_requests",
)  # fmt: skip

# Those that a member hears of, and those that their policy holds back: alike in all columns.
Table = Literal["notifications", "filtered_notifications"]

_PAGE = """
    select n.id, n.type, n.from_account_id, n.status_id, n.about_id from notifications n
    where n.bucket = $1 and n.account_id = $2 and n.id < $3 and n.id > $4
"""
_FILTERED_PAGE = """
    select n.id, n.type, n.from_account_id, n.status_id, n.about_id from filtered_notifications n
    where n.bucket = $1 and n.account_id = $2 and n.id < $3 and n.id > $4
"""
_WANTED = """
    and (cardinality($6::text[]) = 0 or n.type = any($6)) and not n.type = any($7::text[])
    and ($8::bigint is null or n.from_account_id = $8)
"""
_NEWEST_FIRST = " order by n.id desc limit $5"
_OLDEST_FIRST = " order by n.id limit $5"


# Reading ------------------------------------------------------------------------------------------------


async def newest_notifications(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int
) -> list[Notification]:
    """Hot path. Both bounds near each other spare opening the partitions outside them, which is most of the cost."""
    return await conn.fetch_all(
        Notification, _PAGE + _NEWEST_FIRST, bucket_of(account_id), account_id, below, above, limit
    )


async def newest_notifications_in(
    conn: Connection, partition: str, account_id: AccountId, below: int, above: int, limit: int
) -> list[Notification]:
    """Hot path: the same, out of one partition named by kit/partitions.py: half the cost."""
    return await conn.fetch_all(
        Notification,
        f"""
        select n.id, n.type, n.from_account_id, n.status_id, n.about_id from {partition} n
        where n.bucket = $1 and n.account_id = $2 and n.id < $3 and n.id > $4 order by n.id desc limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
        held=True,
    )


async def newest_wanted(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int, wanted: Wanted
) -> list[Notification]:
    return await conn.fetch_all(
        Notification,
        _PAGE + _WANTED + _NEWEST_FIRST,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
        wanted.types,
        wanted.exclude_types,
        wanted.from_account_id,
    )


async def oldest_wanted(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int, wanted: Wanted
) -> list[Notification]:
    """Those immediately above a bound, oldest first."""
    return await conn.fetch_all(
        Notification,
        _PAGE + _WANTED + _OLDEST_FIRST,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
        wanted.types,
        wanted.exclude_types,
        wanted.from_account_id,
    )


async def filtered_wanted(
    conn: Connection,
    account_id: AccountId,
    below: int,
    above: int,
    limit: int,
    wanted: Wanted,
    *,
    ascending: bool,
) -> list[Notification]:
    """Of those held back: the newest first, or the oldest."""
    return await conn.fetch_all(
        Notification,
        _FILTERED_PAGE + _WANTED + (_OLDEST_FIRST if ascending else _NEWEST_FIRST),
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
        wanted.types,
        wanted.exclude_types,
        wanted.from_account_id,
    )


async def find_notification(
    conn: Connection, table: Table, account_id: AccountId, notification_id: NotificationId
) -> Notification | None:
    return await conn.fetch_one(
        Notification,
        f"""
        select id, type, from_account_id, status_id, about_id from {table}
        where bucket = $1 and account_id = $2 and id = $3
        """,
        bucket_of(account_id),
        account_id,
        notification_id,
    )


async def count_unread(
    conn: Connection, account_id: AccountId, below: int, limit: int, wanted: Wanted, now: datetime
) -> int:
    """Those above the reader's marker, `limit` at most, without those of accounts the reader shut out."""
    count: int = await conn.fetch_value(
        """
        select count(*) from (
            select from notifications n
            where n.bucket = $1 and n.account_id = $2 and n.id < $3
            and n.id > coalesce((select m.last_read_id from markers m
                where m.bucket = $1 and m.account_id = $2 and m.timeline = $4), 0)
        """
        + _WANTED
        + """
            and not exists (
                select from relationships r
                where r.bucket = $1 and r.account_id = $2 and r.other_id = n.from_account_id
                and (r.block_id is not null or r.blocked_by_id is not null or (r.mute_id is not null
                    and r.mute_notifications and (r.mute_expires_at is null or r.mute_expires_at > $9))))
            limit $5) as unread
        """,
        bucket_of(account_id),
        account_id,
        below,
        "notifications",
        limit,
        wanted.types,
        wanted.exclude_types,
        wanted.from_account_id,
        now,
    )
    return count


# Writing ------------------------------------------------------------------------------------------------


async def find_status_facts(conn: Connection, status_id: StatusId) -> StatusFacts | None:
    return await conn.fetch_one(
        StatusFacts,
        "select thread_id, visibility from statuses where bucket = $1 and id = $2",
        bucket_of(status_id),
        status_id,
    )


async def willing_recipients(
    conn: Connection,
    account_ids: Sequence[AccountId],
    from_account_id: AccountId,
    thread_id: StatusId | None,
    now: datetime,
) -> list[Recipient]:
    """Local members among `account_ids` who shut out neither the sender nor the thread, nor are blocked by it.

    Several buckets at once, in a job, each joined with itself only.
    """
    return await conn.fetch_all(
        Recipient,
        """
        select u.account_id, r.follow_id, r.followed_by_id, y.from_account_id is not null as permitted,
            p.for_not_following, p.for_not_followers, p.for_new_accounts, p.for_private_mentions,
            p.for_limited_accounts
        from users u
        join accounts a on a.bucket = u.bucket and a.id = u.account_id and a.suspended_at is null
        left join relationships r
            on r.bucket = u.bucket and r.account_id = u.account_id and r.other_id = $3
        left join interactions i
            on i.bucket = u.bucket and i.account_id = u.account_id and i.status_id = $4
        left join notification_policies p on p.bucket = u.bucket and p.account_id = u.account_id
        left join notification_permissions y
            on y.bucket = u.bucket and y.account_id = u.account_id and y.from_account_id = $3
        where u.account_id = any($1) and u.bucket = any($2) and u.disabled_at is null
        and r.block_id is null and r.blocked_by_id is null
        and (r.mute_id is null or not r.mute_notifications or r.mute_expires_at <= $5)
        and (i.thread_muted is null or not i.thread_muted)
        """,
        account_ids,
        sorted({bucket_of(each) for each in account_ids}),
        from_account_id,
        thread_id,
        now,
    )


async def find_sender(conn: Connection, account_id: AccountId) -> Sender | None:
    return await conn.fetch_one(
        Sender,
        """
        select a.created_at, a.limited_at is not null as limited, coalesce(u.role, 'user') <> 'user' as staff
        from accounts a left join users u on u.bucket = $1 and u.account_id = a.id
        where a.bucket = $1 and a.id = $2
        """,
        bucket_of(account_id),
        account_id,
    )


async def newest_of_thread(conn: Connection, thread_id: StatusId, limit: int) -> list[StatusId]:
    """Without its root."""
    return await conn.fetch_column(
        """
        select status_id from thread_entries where bucket = $1 and thread_id = $2
        order by status_id desc limit $3
        """,
        bucket_of(thread_id),
        thread_id,
        limit,
    )


async def authors_mentioning(
    conn: Connection,
    status_ids: Sequence[StatusId],
    author_ids: Sequence[AccountId],
    mentioned_id: AccountId,
) -> list[AccountId]:
    """Those of `author_ids` who have mentioned the account in one of these statuses. Several buckets, in a job."""
    return await conn.fetch_column(
        """
        select distinct account_id from statuses
        where bucket = any($1) and id = any($2) and account_id = any($3) and mention_ids @> array[$4::bigint]
        """,
        sorted({bucket_of(each) for each in status_ids}),
        status_ids,
        author_ids,
        mentioned_id,
    )


async def insert_notifications(
    conn: Connection, table: Table, rows: Sequence[tuple[AccountId, Notification]]
) -> None:
    """Each under the account it is for."""
    await conn.execute_many(
        f"""
        insert into {table} (bucket, account_id, id, type, from_account_id, status_id, about_id)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        [(bucket_of(account_id), account_id, *msgspec.structs.astuple(each)) for account_id, each in rows],
    )


# Deleting -----------------------------------------------------------------------------------------------


async def delete_notification(
    conn: Connection, table: Table, account_id: AccountId, notification_id: NotificationId
) -> bool:
    gone = await conn.execute(
        f"delete from {table} where bucket = $1 and account_id = $2 and id = $3",
        bucket_of(account_id),
        account_id,
        notification_id,
    )
    return gone == 1


async def delete_all_notifications(conn: Connection, table: Table, account_id: AccountId) -> int:
    return await conn.execute(
        f"delete from {table} where bucket = $1 and account_id = $2", bucket_of(account_id), account_id
    )


async def delete_of_act(
    conn: Connection,
    table: Table,
    account_id: AccountId,
    type: str,
    from_account_id: AccountId,
    status_id: StatusId | None,
    above: int,
) -> int:
    return await conn.execute(
        f"""
        delete from {table}
        where bucket = $1 and account_id = $2 and id > $6 and type = $3 and from_account_id = $4
        and status_id is not distinct from $5
        """,
        bucket_of(account_id),
        account_id,
        type,
        from_account_id,
        status_id,
        above,
    )


async def delete_of_status(
    conn: Connection, table: Table, account_ids: Sequence[AccountId], status_id: StatusId, above: int
) -> None:
    await conn.execute_many(
        f"""
        delete from {table} where bucket = $1 and account_id = $2 and id > $4 and status_id = $3
        """,
        [(bucket_of(each), each, status_id, above) for each in account_ids],
    )


async def delete_of_sender(conn: Connection, account_id: AccountId, from_account_id: AccountId) -> int:
    return await conn.execute(
        "delete from notifications where bucket = $1 and account_id = $2 and from_account_id = $3",
        bucket_of(account_id),
        account_id,
        from_account_id,
    )
