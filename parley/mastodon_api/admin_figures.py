"""/api/v1/admin/measures, dimensions and retention: figures for staff; unknown keys are left out.

https://docs.joinmastodon.org/methods/admin/measures/ and those beside it
"""

from datetime import date, timedelta

import msgspec

from parley.discovery.tags import tags_by_ids
from parley.identity.staff import Permission
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import TagId, parse_id
from parley.mastodon_api.call import Answer, Call, Handler, Route, json_answer
from parley.mastodon_api.entities.admin import (
    AdminCohort,
    AdminDimension,
    AdminMeasure,
    to_cohort,
    to_dimension,
    to_measure,
)
from parley.moderation.dimensions import PARTS_MAX, Question, dimension
from parley.moderation.measures import Span, Subject, measure, span_of
from parley.moderation.retention import retention

KEYS_MAX = 30
_DAYS = 30
_LIMIT = 10


class KeySubject(msgspec.Struct, frozen=True, kw_only=True):
    """What a key is about: the id of a tag, or a domain."""

    id: str = ""
    domain: str = ""


class MeasuresParams(msgspec.Struct, frozen=True, kw_only=True):
    keys: list[str] = []
    start_at: str = ""
    end_at: str = ""
    tag_accounts: KeySubject = KeySubject()
    tag_uses: KeySubject = KeySubject()
    tag_servers: KeySubject = KeySubject()
    instance_accounts: KeySubject = KeySubject()
    instance_media_attachments: KeySubject = KeySubject()
    instance_reports: KeySubject = KeySubject()
    instance_statuses: KeySubject = KeySubject()
    instance_follows: KeySubject = KeySubject()
    instance_followers: KeySubject = KeySubject()


class DimensionsParams(msgspec.Struct, frozen=True, kw_only=True):
    keys: list[str] = []
    start_at: str = ""
    end_at: str = ""
    limit: int = _LIMIT
    tag_servers: KeySubject = KeySubject()
    tag_languages: KeySubject = KeySubject()
    instance_accounts: KeySubject = KeySubject()
    instance_languages: KeySubject = KeySubject()


class RetentionParams(msgspec.Struct, frozen=True, kw_only=True):
    start_at: str = ""
    end_at: str = ""
    frequency: str = "day"


async def measures(call: Call) -> Answer:
    params = await call.params(MeasuresParams)
    span, keys = _span(params.start_at, params.end_at), _keys(params.keys)
    found = []
    async with call.database.reading() as conn:
        for key in keys:
            subject = await _subject(conn, getattr(params, key, KeySubject()))
            told = await measure(conn, call.viewer, key, span, subject)
            if told is not None:
                found.append(to_measure(told))
    return json_answer(found)


async def dimensions(call: Call) -> Answer:
    params = await call.params(DimensionsParams)
    span, keys = _span(params.start_at, params.end_at), _keys(params.keys)
    limit = max(1, min(params.limit, PARTS_MAX))
    found = []
    async with call.database.reading() as conn:
        for key in keys:
            subject = await _subject(conn, getattr(params, key, KeySubject()))
            question = Question(call.settings, span, subject, limit)
            told = await dimension(conn, call.viewer, key, question)
            if told is not None:
                found.append(to_dimension(key, told))
    return json_answer(found)


async def show_retention(call: Call) -> Answer:
    params = await call.params(RetentionParams)
    span = _span(params.start_at, params.end_at)
    async with call.database.reading() as conn:
        found = await retention(conn, call.viewer, params.frequency, span)
    return json_answer([to_cohort(params.frequency, each) for each in found])


def _keys(keys: list[str]) -> list[str]:
    if len(keys) > KEYS_MAX:
        raise Invalid(f"Validation failed: Keys are too many (maximum is {KEYS_MAX})")
    return list(dict.fromkeys(keys))


def _span(start_at: str, end_at: str) -> Span:
    """The last month, where nothing is said."""
    end = _day(end_at, "End at") or clock.now().date()
    return span_of(_day(start_at, "Start at") or end - timedelta(days=_DAYS - 1), end)


def _day(text: str, name: str) -> date | None:
    """Of a date, or of a date with a time, of which the day alone counts."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise Invalid(f"Validation failed: {name} must be a date such as 2030-01-31") from None


async def _subject(conn: Connection, params: object) -> Subject:
    """A tag by its id, another server by its domain; unknown ones are nothing."""
    if not isinstance(params, KeySubject):
        return Subject()
    tag_id = parse_id(params.id)
    found = [] if tag_id is None else await tags_by_ids(conn, [TagId(tag_id)])
    return Subject(tag=found[0].name if found else "", domain=params.domain)


def _route(path: str, handler: Handler, takes: type[msgspec.Struct], gives: object) -> Route:
    return Route(
        "POST",
        f"/api/v1/admin/{path}",
        handler,
        scope="admin:read",
        needs=Permission.VIEW_DASHBOARD,
        takes=takes,
        gives=gives,
    )


ROUTES: tuple[Route, ...] = (
    _route("measures", measures, MeasuresParams, list[AdminMeasure]),
    _route("dimensions", dimensions, DimensionsParams, list[AdminDimension]),
    _route("retention", show_retention, RetentionParams, list[AdminCohort]),
)
