"""All SQL on notifications. Relations and muted threads are read along: they lie in the recipient's bucket."""

from collections.abc import Sequence
from datetime import datetime

from parley.kit.db import Connection
from parley.kit.ids import AccountId, NotificationId, StatusId, bucket_of
from parley.notifications.models import Notification, Wanted

OWNED_TABLES = ("notifications",)

_PAGE = """
    select n.id, n.type, n.from_account_id, n.status_id from notifications n
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
        select n.id, n.type, n.from_account_id, n.status_id from {partition} n
        where n.bucket = $1 and n.account_id = $2 and n.id < $3 and n.id > $4 order by n.id desc limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
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


async def find_notification(
    conn: Connection, account_id: AccountId, notification_id: NotificationId
) -> Notification | None:
    return await conn.fetch_one(
        Notification,
        """
        select id, type, from_account_id, status_id from notifications
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


async def thread_of(conn: Connection, status_id: StatusId) -> StatusId | None:
    thread_id: StatusId | None = await conn.fetch_value(
        "select thread_id from statuses where bucket = $1 and id = $2", bucket_of(status_id), status_id
    )
    return thread_id


async def willing_recipients(
    conn: Connection,
    account_ids: Sequence[AccountId],
    from_account_id: AccountId,
    thread_id: StatusId | None,
    now: datetime,
) -> list[AccountId]:
    """Local members among `account_ids` who shut out neither the sender nor the thread, nor are blocked by it.

    Several buckets at once, in a job, each joined with itself only.
    """
    return await conn.fetch_column(
        """
        select u.account_id from users u
        join accounts a on a.bucket = u.bucket and a.id = u.account_id and a.suspended_at is null
        left join relationships r
            on r.bucket = u.bucket and r.account_id = u.account_id and r.other_id = $3
        left join interactions i
            on i.bucket = u.bucket and i.account_id = u.account_id and i.status_id = $4
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


async def insert_notifications(conn: Connection, rows: Sequence[tuple[AccountId, Notification]]) -> None:
    """Each under the account it is for."""
    await conn.execute_many(
        """
        insert into notifications (bucket, account_id, id, type, from_account_id, status_id)
        values ($1, $2, $3, $4, $5, $6)
        """,
        [
            (bucket_of(account_id), account_id, each.id, each.type, each.from_account_id, each.status_id)
            for account_id, each in rows
        ],
    )


# Deleting -----------------------------------------------------------------------------------------------


async def delete_notification(
    conn: Connection, account_id: AccountId, notification_id: NotificationId
) -> bool:
    gone = await conn.execute(
        "delete from notifications where bucket = $1 and account_id = $2 and id = $3",
        bucket_of(account_id),
        account_id,
        notification_id,
    )
    return gone == 1


async def delete_all_notifications(conn: Connection, account_id: AccountId) -> int:
    return await conn.execute(
        "delete from notifications where bucket = $1 and account_id = $2", bucket_of(account_id), account_id
    )


async def delete_of_act(
    conn: Connection,
    account_id: AccountId,
    type: str,
    from_account_id: AccountId,
    status_id: StatusId | None,
    above: int,
) -> int:
    return await conn.execute(
        """
        delete from notifications
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
    conn: Connection, account_ids: Sequence[AccountId], status_id: StatusId, above: int
) -> None:
    await conn.execute_many(
        """
        delete from notifications where bucket = $1 and account_id = $2 and id > $4 and status_id = $3
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
