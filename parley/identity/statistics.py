"""How many members there are, and how busy they were week by week: the figures of the instance documents."""

from datetime import date, timedelta

import msgspec

from parley.identity import statistics_queries
from parley.identity.models import SiteCounts, WeekTotals
from parley.kit import clock
from parley.kit.db import Connection

WEEKS = 12
_WEEK = timedelta(weeks=1)
_MONTH = timedelta(days=30)
_HALF_YEAR = timedelta(days=180)
_DOMAINS_MAX = 20_000
_NOBODY = SiteCounts(0, 0, 0, 0)


class WeekActivity(msgspec.Struct, frozen=True):
    week: date
    statuses: int
    logins: int
    registrations: int


async def site_counts(conn: Connection) -> SiteCounts:
    """Reads every member's row: whoever calls keeps the answer for a while."""
    today = clock.now().date()
    return await statistics_queries.site_counts(conn, today - _MONTH, today - _HALF_YEAR) or _NOBODY


async def domains_known(conn: Connection) -> list[str]:
    """Other servers of which somebody is known here; whoever calls keeps the answer for a while."""
    return await statistics_queries.domains_known(conn, _DOMAINS_MAX)


async def has_accounts(conn: Connection) -> bool:
    return await statistics_queries.any_account(conn)


async def note_week(conn: Connection) -> None:
    """Writes down how the present week stands."""
    start = clock.today_start()
    start -= timedelta(days=start.weekday())
    totals = await statistics_queries.week_totals(conn, start.date(), start)
    if totals is not None:
        await statistics_queries.put_week(conn, totals)


async def weekly_activity(conn: Connection) -> list[WeekActivity]:
    """The last twelve weeks as noted, the present one first; nothing happened in a week that nobody noted."""
    today = clock.now().date()
    monday = today - timedelta(days=today.weekday())
    noted = await statistics_queries.weeks_before(conn, monday + _WEEK, WEEKS + 1)
    by_week = {
        each.week: _activity(each, earlier) for each, earlier in zip(noted, [*noted[1:], None], strict=False)
    }
    weeks = [monday - _WEEK * number for number in range(WEEKS)]
    return [by_week.get(week) or WeekActivity(week, 0, 0, 0) for week in weeks]


def _activity(totals: WeekTotals, earlier: WeekTotals | None) -> WeekActivity:
    """Where more was deleted than posted, nothing was posted."""
    before = 0 if earlier is None else earlier.statuses_total
    statuses = max(totals.statuses_total - before, 0)
    return WeekActivity(totals.week, statuses, totals.logins, totals.registrations)
