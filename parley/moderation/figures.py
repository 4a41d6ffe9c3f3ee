"""note_figures: how the present day and month stand, written down hour by hour, so that staff can be told at no cost.

Only sums are kept. A figure is at most an hour old, and of its day's last hour nothing is missing but newcomers.
"""

from datetime import UTC, date, datetime, time, timedelta

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import id_at
from parley.moderation import figure_queries as queries

# For so long newcomers are followed day by day; month by month for ever.
_DAILY_COHORTS = timedelta(days=92)
_KEEP_DAILY_COHORTS = timedelta(days=400)
_MONTHLY_SINCE = datetime(2000, 1, 1, tzinfo=UTC)


async def note_figures(conn: Connection) -> None:
    now = clock.now()
    today = now.date()
    # The day before once more in the first hours: of it, something may have come after it was last looked at.
    days = [today - timedelta(days=1), today] if now.hour < 2 else [today]
    for day in days:
        await _note_day(conn, day)
    await _note_retention(conn, today)


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def end_of(day: date) -> datetime:
    """Its last moment."""
    return start_of(day + timedelta(days=1)) - timedelta(microseconds=1)


def lowest_id_of(day: date) -> int:
    return id_at(max(0, int(start_of(day).timestamp() * 1000)))


async def _note_day(conn: Connection, day: date) -> None:
    below, above = lowest_id_of(day + timedelta(days=1)), lowest_id_of(day)
    await queries.put_figure(conn, day, "active_users", await queries.count_active(conn, day))
    newcomers = await queries.count_new_users(conn, start_of(day), end_of(day))
    await queries.put_figure(conn, day, "new_users", newcomers)
    (posts, boosts, replies) = (await queries.count_posts(conn, below, above))[0]
    await queries.put_figure(conn, day, "statuses", posts)
    favourites = await queries.count_favourites(conn, below, above)
    await queries.put_figure(conn, day, "interactions", boosts + replies + favourites)


async def _note_retention(conn: Connection, today: date) -> None:
    since = start_of(today - _DAILY_COHORTS)
    for each in await queries.cohorts_by_day(conn, since, today):
        await queries.put_cohort(conn, "day", each)
    for each in await queries.cohorts_by_month(conn, _MONTHLY_SINCE, today.replace(day=1)):
        await queries.put_cohort(conn, "month", each)
    await queries.delete_old_cohorts(conn, "day", today - _KEEP_DAILY_COHORTS)
