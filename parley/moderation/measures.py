"""Measures: one number for a span of days, day by day and beside the span before; by the names of the API.

https://docs.joinmastodon.org/entities/Admin_Measure/
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import bucket_of, moment_of
from parley.kit.spans import normal_domain
from parley.moderation import figure_queries as queries
from parley.moderation.figure_queries import DayFigure
from parley.moderation.figures import end_of, lowest_id_of, start_of

DAYS_MAX = 366
TAG_USES_MAX = 20_000
_DAY = timedelta(days=1)


class Span(msgspec.Struct, frozen=True):
    """Days, both ends among them."""

    start: date
    end: date

    @property
    def days(self) -> list[date]:
        return [self.start + _DAY * number for number in range((self.end - self.start).days + 1)]

    @property
    def before(self) -> "Span":
        """As many days, just before these."""
        length = self.end - self.start + _DAY
        return Span(self.start - length, self.start - _DAY)

    @property
    def ids(self) -> tuple[int, int]:
        """What was made within these days has ids below the first, from the second on."""
        return lowest_id_of(self.end + _DAY), lowest_id_of(self.start)


class Subject(msgspec.Struct, frozen=True):
    """What a measure is of, where it isn't of the whole site: a hashtag's name, or another server."""

    tag: str = ""
    domain: str = ""


class Measure(msgspec.Struct, frozen=True):
    """`before` is the total of as many days before; None where that isn't told."""

    key: str
    total: int
    before: int | None
    by_day: dict[date, int]


ByDay = dict[date, int]
Counter = Callable[[Connection, Span, Subject], Awaitable[ByDay]]


def span_of(start: date, end: date) -> Span:
    """Raises Invalid for what is no span, or too long a one."""
    if end < start:
        raise Invalid("Validation failed: End date must not lie before the start date")
    if (end - start).days >= DAYS_MAX:
        raise Invalid(f"Validation failed: At most {DAYS_MAX} days can be asked for at once")
    if start.year < 2000 or end.year > 9000:
        raise Invalid("Validation failed: Date is out of range")
    return Span(start, end)


async def measure(conn: Connection, viewer: Viewer, key: str, span: Span, subject: Subject) -> Measure | None:
    """None for a key that nobody knows, or that lacks what it should be of."""
    require_staff(viewer, Permission.VIEW_DASHBOARD)
    count = _COUNTERS.get(key)
    if count is None or (key.startswith("tag_") and not subject.tag):
        return None
    if key.startswith("instance_") and not subject.domain:
        return None
    by_day = await count(conn, span, subject)
    # What an other server has sent is told in sum alone, as the API has it.
    before = None if key.startswith("instance_") else await count(conn, span.before, subject)
    return Measure(
        key,
        sum(by_day.values()),
        None if before is None else sum(before.values()),
        {day: by_day.get(day, 0) for day in span.days},
    )


def _noted(name: str) -> Counter:
    async def count(conn: Connection, span: Span, _subject: Subject) -> ByDay:
        return _by_day(await queries.figures(conn, name, span.start, span.end))

    return count


async def _opened(conn: Connection, span: Span, _subject: Subject) -> ByDay:
    return _by_day(await queries.reports_opened(conn, *span.ids))


async def _resolved(conn: Connection, span: Span, _subject: Subject) -> ByDay:
    return _by_day(await queries.reports_resolved(conn, start_of(span.start), end_of(span.end)))


def _by_day(figures: Sequence[DayFigure]) -> ByDay:
    return {each.day: each.value for each in figures}


# Of one hashtag


async def _tag_uses(conn: Connection, span: Span, subject: Subject) -> ByDay:
    return _sizes(await _uses_by_day(conn, span, subject, lambda row: row[0]))


async def _tag_accounts(conn: Connection, span: Span, subject: Subject) -> ByDay:
    """Distinct ones each day."""
    return _sizes(await _uses_by_day(conn, span, subject, lambda row: row[1]))


async def _tag_servers(conn: Connection, span: Span, subject: Subject) -> ByDay:
    accounts = await _uses_by_day(conn, span, subject, lambda row: row[1])
    ids = sorted(set().union(*accounts.values()))
    rows = await queries.domains_of_accounts(conn, sorted({bucket_of(each) for each in ids}), ids)
    domains = {row[0]: row[1] for row in rows}
    return _sizes({day: {domains.get(each) for each in found} for day, found in accounts.items()})


async def _uses_by_day(
    conn: Connection, span: Span, subject: Subject, of: Callable[[Any], Any]
) -> dict[date, set[Any]]:
    by_day: dict[date, set[Any]] = {}
    for row in await queries.tag_use(conn, subject.tag, *span.ids, TAG_USES_MAX):
        by_day.setdefault(moment_of(row[0]).date(), set()).add(of(row))
    return by_day


def _sizes(sets: dict[date, set[Any]]) -> ByDay:
    return {day: len(found) for day, found in sets.items()}


# Of one other server


async def _instance_accounts(conn: Connection, span: Span, subject: Subject) -> ByDay:
    found = await queries.remote_accounts_by_day(
        conn, _domain(subject), start_of(span.start), end_of(span.end)
    )
    return _by_day(found)


async def _instance_statuses(conn: Connection, span: Span, subject: Subject) -> ByDay:
    return _by_day(await queries.remote_statuses_by_day(conn, _domain(subject), *span.ids))


async def _instance_media(conn: Connection, span: Span, subject: Subject) -> ByDay:
    return _by_day(await queries.remote_bytes_by_day(conn, _domain(subject), *span.ids))


async def _instance_reports(conn: Connection, span: Span, subject: Subject) -> ByDay:
    return _by_day(await queries.remote_reports_by_day(conn, _domain(subject), *span.ids))


async def _instance_follows(conn: Connection, span: Span, subject: Subject) -> ByDay:
    return await _relations(conn, span, subject, 0)


async def _instance_followers(conn: Connection, span: Span, subject: Subject) -> ByDay:
    return await _relations(conn, span, subject, 1)


async def _relations(conn: Connection, span: Span, subject: Subject, column: int) -> ByDay:
    by_day: ByDay = {}
    below, above = span.ids
    for row in await queries.remote_relations(conn, _domain(subject), below, above):
        if row[column] is not None and above <= row[column] < below:
            day = moment_of(row[column]).date()
            by_day[day] = by_day.get(day, 0) + 1
    return by_day


def _domain(subject: Subject) -> str:
    return normal_domain(subject.domain[:253]) or ""


_COUNTERS: dict[str, Counter] = {
    "active_users": _noted("active_users"),
    "new_users": _noted("new_users"),
    "interactions": _noted("interactions"),
    "opened_reports": _opened,
    "resolved_reports": _resolved,
    "tag_accounts": _tag_accounts,
    "tag_uses": _tag_uses,
    "tag_servers": _tag_servers,
    "instance_accounts": _instance_accounts,
    "instance_media_attachments": _instance_media,
    "instance_reports": _instance_reports,
    "instance_statuses": _instance_statuses,
    "instance_follows": _instance_follows,
    "instance_followers": _instance_followers,
}
MEASURES = tuple(_COUNTERS)
# Those that are numbers of bytes.
BYTES = frozenset({"instance_media_attachments"})
