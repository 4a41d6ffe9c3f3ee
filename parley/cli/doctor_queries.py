"""What `parley doctor` asks the database: site-wide questions, once a visit."""

from datetime import datetime
from typing import Any

from parley.kit.db import Connection

OWNED_TABLES: tuple[str, ...] = ()


async def server(conn: Connection) -> tuple[int, datetime]:
    """PostgreSQL's version as a number (180001 is 18.1), and its clock."""
    row = await conn.fetch_rows("select current_setting('server_version_num')::int, clock_timestamp()")
    return row[0][0], row[0][1]


async def has_table(conn: Connection, name: str) -> bool:
    return bool(await conn.fetch_value("select to_regclass($1) is not null", name))


async def job_lanes(conn: Connection, now: datetime, late: datetime) -> list[Any]:
    """(lane, due, late, dead, since when the oldest is due) of lanes that hold jobs."""
    return await conn.fetch_rows(
        """
        select lane, count(*) filter (where run_at <= $1 and not dead),
            count(*) filter (where run_at <= $2 and not dead), count(*) filter (where dead),
            min(run_at) filter (where not dead)
        from jobs group by lane order by lane
        """,
        now,
        late,
    )


async def last_schedule(conn: Connection) -> datetime | None:
    found: datetime | None = await conn.fetch_value("select max(last_run_at) from schedules")
    return found


async def count_unsent_mails(conn: Connection) -> int:
    return int(await conn.fetch_value("select count(*) from mails where sent_at is null"))


async def count_administrators(conn: Connection) -> int:
    return int(
        await conn.fetch_value(
            """
            select count(*) from users
            where role = 'admin' and confirmed_at is not null and approved_at is not null and disabled_at is null
            """
        )
    )
