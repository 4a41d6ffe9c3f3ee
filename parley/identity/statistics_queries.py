"""All SQL on how many members there are and how busy they have been.

Site-wide questions, so they name no bucket: each reads the rows of all members once, and its answer is kept for a
minute, or written down once an hour.
"""

from datetime import date, datetime

from parley.identity.models import SiteCounts, WeekTotals
from parley.kit.db import Connection


async def site_counts(
    conn: Connection, active_month_since: date, active_half_year_since: date
) -> SiteCounts | None:
    return await conn.fetch_one(
        SiteCounts,
        """
        select count(*), count(*) filter (where u.last_active_on >= $1),
            count(*) filter (where u.last_active_on >= $2), coalesce(sum(c.statuses_count), 0)::bigint
        from users u join account_counts c on c.bucket = u.bucket and c.account_id = u.account_id
        where u.confirmed_at is not null and u.approved_at is not null
        """,
        active_month_since,
        active_half_year_since,
    )


async def any_account(conn: Connection) -> bool:
    found: bool = await conn.fetch_value("select exists (select 1 from accounts)")
    return found


async def week_totals(conn: Connection, monday: date, week_start: datetime) -> WeekTotals | None:
    """How the week that began on `monday`, at `week_start`, stands now."""
    return await conn.fetch_one(
        WeekTotals,
        """
        select $1::date, coalesce(sum(c.statuses_count), 0)::bigint,
            count(*) filter (where u.last_active_on >= $1), count(*) filter (where u.created_at >= $2)
        from users u join account_counts c on c.bucket = u.bucket and c.account_id = u.account_id
        where u.confirmed_at is not null and u.approved_at is not null
        """,
        monday,
        week_start,
    )


async def put_week(conn: Connection, totals: WeekTotals) -> None:
    await conn.execute(
        """
        insert into weekly_activity (week, statuses_total, logins, registrations) values ($1, $2, $3, $4)
        on conflict (week) do update set statuses_total = $2, logins = $3, registrations = $4
        """,
        totals.week,
        totals.statuses_total,
        totals.logins,
        totals.registrations,
    )


async def weeks_before(conn: Connection, before: date, limit: int) -> list[WeekTotals]:
    """Newest first."""
    return await conn.fetch_all(
        WeekTotals,
        """
        select week, statuses_total, logins, registrations from weekly_activity
        where week < $1 order by week desc limit $2
        """,
        before,
        limit,
    )


async def domains_known(conn: Connection, limit: int) -> list[str]:
    """Other servers of which somebody is known here; out of the index of accounts that have a domain."""
    return await conn.fetch_column(
        "select distinct domain from accounts where domain is not null order by domain limit $1", limit
    )
