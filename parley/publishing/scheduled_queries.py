"""All SQL on statuses that wait for their hour. They lie in their author's bucket."""

from datetime import datetime
from typing import Any

from parley.kit.db import Connection
from parley.kit.ids import AccountId, ScheduledStatusId, StatusId, bucket_of
from parley.publishing.models import ScheduledStatus

_COLUMNS = """
    id, account_id, scheduled_at, draft, sealed, application_id, application_name, application_website, failure
"""


async def insert_scheduled(conn: Connection, waiting: ScheduledStatus) -> None:
    await conn.execute(
        """
        insert into scheduled_statuses (bucket, id, account_id, scheduled_at, draft, sealed, application_id,
            application_name, application_website)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        bucket_of(waiting.id),
        waiting.id,
        waiting.account_id,
        waiting.scheduled_at,
        waiting.draft,
        waiting.sealed,
        waiting.application_id,
        waiting.application_name,
        waiting.application_website,
    )


async def find_scheduled(
    conn: Connection, account_id: AccountId, scheduled_id: ScheduledStatusId
) -> ScheduledStatus | None:
    return await conn.fetch_one(
        ScheduledStatus,
        "select "
        + _COLUMNS
        + """
        from scheduled_statuses where bucket = $1 and id = $2 and account_id = $3
        """,
        bucket_of(account_id),
        scheduled_id,
        account_id,
    )


async def lock_due(
    conn: Connection, scheduled_id: ScheduledStatusId, now: datetime
) -> ScheduledStatus | None:
    """None when it is gone, was put off, or has failed."""
    return await conn.fetch_one(
        ScheduledStatus,
        "select "
        + _COLUMNS
        + """
        from scheduled_statuses
        where bucket = $1 and id = $2 and scheduled_at <= $3 and failed_at is null for update
        """,
        bucket_of(scheduled_id),
        scheduled_id,
        now,
    )


async def scheduled_page(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int, *, ascending: bool
) -> list[ScheduledStatus]:
    """Those that still wait."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_all(
        ScheduledStatus,
        "select "
        + _COLUMNS
        + f"""
        from scheduled_statuses
        where bucket = $1 and account_id = $2 and id < $3 and id > $4 and failed_at is null
        order by id {order} limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
    )


async def failed_scheduled(conn: Connection, account_id: AccountId, limit: int) -> list[ScheduledStatus]:
    return await conn.fetch_all(
        ScheduledStatus,
        "select "
        + _COLUMNS
        + """
        from scheduled_statuses where bucket = $1 and account_id = $2 and failed_at is not null
        order by id desc limit $3
        """,
        bucket_of(account_id),
        account_id,
        limit,
    )


async def count_scheduled(
    conn: Connection, account_id: AccountId, day_start: datetime, day_end: datetime, but: int
) -> tuple[int, int]:
    """How many wait in all, and how many for one day; `but` one."""
    rows: list[Any] = await conn.fetch_rows(
        """
        select count(*), count(*) filter (where scheduled_at >= $3 and scheduled_at < $4)
        from scheduled_statuses where bucket = $1 and account_id = $2 and failed_at is null and id <> $5
        """,
        bucket_of(account_id),
        account_id,
        day_start,
        day_end,
        but,
    )
    return rows[0][0], rows[0][1]


async def update_scheduled_at(
    conn: Connection, account_id: AccountId, scheduled_id: ScheduledStatusId, scheduled_at: datetime
) -> bool:
    """False unless it waits."""
    touched = await conn.execute(
        """
        update scheduled_statuses set scheduled_at = $4
        where bucket = $1 and id = $2 and account_id = $3 and failed_at is null
        """,
        bucket_of(account_id),
        scheduled_id,
        account_id,
        scheduled_at,
    )
    return touched == 1


async def note_failure(
    conn: Connection, scheduled_id: ScheduledStatusId, failure: str, now: datetime
) -> None:
    await conn.execute(
        "update scheduled_statuses set failure = $3, failed_at = $4 where bucket = $1 and id = $2",
        bucket_of(scheduled_id),
        scheduled_id,
        failure,
        now,
    )


async def delete_scheduled(conn: Connection, account_id: AccountId, scheduled_id: ScheduledStatusId) -> bool:
    gone = await conn.execute(
        "delete from scheduled_statuses where bucket = $1 and id = $2 and account_id = $3",
        bucket_of(account_id),
        scheduled_id,
        account_id,
    )
    return gone == 1


async def all_scheduled(conn: Connection, account_id: AccountId) -> list[ScheduledStatus]:
    """There are some hundreds at most (WAITING_MAX), and what has failed lately."""
    return await conn.fetch_all(
        ScheduledStatus,
        "select " + _COLUMNS + " from scheduled_statuses where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )


async def old_failures(conn: Connection, before: datetime, limit: int) -> list[ScheduledStatus]:
    """Upkeep, by a schedule: every bucket."""
    return await conn.fetch_all(
        ScheduledStatus,
        "select " + _COLUMNS + " from scheduled_statuses where failed_at < $1 limit $2",
        before,
        limit,
    )


# Idempotency keys by which something was scheduled


async def point_keys_at(
    conn: Connection, account_id: AccountId, scheduled_id: ScheduledStatusId, status_id: StatusId
) -> None:
    """Who sends the key again gets what has been published meanwhile."""
    await conn.execute(
        """
        update idempotency_keys set status_id = $4, scheduled = false
        where bucket = $1 and account_id = $2 and status_id = $3 and scheduled
        """,
        bucket_of(account_id),
        account_id,
        scheduled_id,
        status_id,
    )


async def delete_keys_of(conn: Connection, account_id: AccountId, scheduled_id: ScheduledStatusId) -> None:
    await conn.execute(
        "delete from idempotency_keys where bucket = $1 and account_id = $2 and status_id = $3 and scheduled",
        bucket_of(account_id),
        account_id,
        scheduled_id,
    )
