"""What is much talked about, ranked: by how many people, the latest counting most, out of a bounded number of voices.

A voice fades to half within its kind's half-life, and nobody has two. What few people talk about is not ranked, nor do
accounts count that are new, limited or suspended: nobody makes a trend alone, nor with accounts made for it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from parley.discovery import trend_queries as queries
from parley.discovery.decisions import allowed_of
from parley.discovery.links import publisher_id_of
from parley.discovery.models import Kind, Trend, Voice
from parley.discovery.trends import recent_trends
from parley.identity.viewer import ANONYMOUS
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, id_at, moment_of
from parley.publishing.models import Visibility
from parley.publishing.preview_card import cards_by_ids
from parley.publishing.visibility import VisibleStatus, visible_statuses

PEOPLE_MIN = 3
RANKED_MAX = 100
MEMBER_FOR = timedelta(days=1)
_VOICES_MAX = 50_000
_CANDIDATES_MAX = 300
_ACCOUNTS_AT_ONCE = 2_000
_USUAL_DAYS = 6


class _Way(msgspec.Struct, frozen=True):
    """How a kind is ranked. `unusual`: what is always talked about as much stands further back."""

    half_life: timedelta
    looked_back: timedelta
    discoverable: bool
    unusual: bool


_WAYS = {
    Kind.TAG: _Way(timedelta(hours=12), timedelta(days=2), discoverable=True, unusual=True),
    Kind.LINK: _Way(timedelta(hours=12), timedelta(days=2), discoverable=True, unusual=False),
    Kind.STATUS: _Way(timedelta(hours=8), timedelta(days=2), discoverable=False, unusual=False),
    Kind.ACCOUNT: _Way(timedelta(days=2), timedelta(days=7), discoverable=False, unusual=False),
}

_Voices = Mapping[int, Mapping[AccountId, Voice]]


class _Subject(msgspec.Struct, frozen=True):
    """What may be ranked, with the voices that count."""

    voices: Mapping[AccountId, Voice]
    language: str | None
    group_id: int | None = None


async def rank_all(conn: Connection) -> None:
    for kind in _WAYS:
        await rank(conn, kind)


async def rank(conn: Connection, kind: Kind) -> None:
    """Writes the ranking of a kind anew."""
    way, now = _WAYS[kind], clock.now()
    heard = await _heard(conn, kind, way, now)
    subjects = await _fit(conn, kind, await _trusted(conn, way, now, _most_heard(heard, way, now)))
    usual = await _usual(conn, kind, subjects, now) if way.unusual else {}
    scored = [
        Trend(each, _score(of.voices, way, now, usual.get(each, 0.0)), of.language, of.group_id)
        for each, of in subjects.items()
    ]
    scored.sort(key=lambda trend: (-trend.score, trend.subject_id))
    ranked = _one_of_each(scored) if kind == Kind.STATUS else scored
    await queries.delete_trends(conn, kind)
    await queries.insert_trends(conn, kind, await allowed_of(conn, kind, ranked[:RANKED_MAX]))
    recent_trends.changed(conn, int(kind))


def _one_of_each(scored: Iterable[Trend]) -> list[Trend]:
    """Of each author the first."""
    first: dict[int | None, Trend] = {}
    for trend in scored:
        first.setdefault(trend.group_id, trend)
    return list(first.values())


# Whose voices ------------------------------------------------------------------------------------------


async def _heard(conn: Connection, kind: Kind, way: _Way, now: datetime) -> _Voices:
    """Each person's newest voice for each thing."""
    since = now - way.looked_back
    if kind == Kind.STATUS:
        rows = await queries.newest_marks(conn, id_at(int(since.timestamp() * 1000)), _VOICES_MAX)
        newest: Iterable[Voice] = (Voice(row[0], row[1], None, moment_of(row[2])) for row in rows)
    else:
        newest = await queries.newest_usages(conn, kind, since, _VOICES_MAX)
    heard: dict[int, dict[AccountId, Voice]] = {}
    for voice in newest:
        of_subject = heard.setdefault(voice.subject_id, {})
        before = of_subject.get(voice.account_id)
        if before is None or before.at < voice.at:
            of_subject[voice.account_id] = voice
    return heard


def _most_heard(heard: _Voices, way: _Way, now: datetime) -> _Voices:
    """As many as are looked at more closely."""
    enough = [each for each, voices in heard.items() if len(voices) >= PEOPLE_MIN]
    enough.sort(key=lambda each: -_weight(heard[each], way, now))
    return {each: heard[each] for each in enough[:_CANDIDATES_MAX]}


async def _trusted(conn: Connection, way: _Way, now: datetime, heard: _Voices) -> _Voices:
    """Without the voices that don't count, and without what is left with too few."""
    people = sorted({account_id for voices in heard.values() for account_id in voices})
    trusted: set[AccountId] = set()
    for start in range(0, len(people), _ACCOUNTS_AT_ONCE):
        part = people[start : start + _ACCOUNTS_AT_ONCE]
        trusted.update(
            await queries.trusted_among(conn, part, now - MEMBER_FOR, discoverable=way.discoverable)
        )
    kept = {
        each: {account_id: voice for account_id, voice in voices.items() if account_id in trusted}
        for each, voices in heard.items()
    }
    return {each: voices for each, voices in kept.items() if len(voices) >= PEOPLE_MIN}


# How much ----------------------------------------------------------------------------------------------


def _weight(voices: Mapping[AccountId, Voice], way: _Way, now: datetime) -> float:
    """How many people, the earlier ones counting less."""
    weighed: float = sum(
        0.5 ** (max(now - voice.at, timedelta(0)) / way.half_life) for voice in voices.values()
    )
    return weighed


def _score(voices: Mapping[AccountId, Voice], way: _Way, now: datetime, usual: float) -> float:
    """Half as much when there are as many people as on any other day."""
    weight = _weight(voices, way, now)
    return weight * weight / (weight + usual)


async def _usual(
    conn: Connection, kind: Kind, subjects: Mapping[int, _Subject], now: datetime
) -> dict[int, float]:
    """People on a usual day of the last week, those days left out that the voices are from."""
    before = now.date() - timedelta(days=1)
    since = before - timedelta(days=_USUAL_DAYS)
    rows = await queries.people_a_day(conn, kind, list(subjects), since, before)
    return {subject_id: people / _USUAL_DAYS for subject_id, people in rows}


def _language(voices: Mapping[AccountId, Voice]) -> str | None:
    """What most of them speak."""
    spoken = Counter(voice.language for voice in voices.values() if voice.language)
    return spoken.most_common(1)[0][0] if spoken else None


# What may stand in a ranking ---------------------------------------------------------------------------


async def _fit(conn: Connection, kind: Kind, voices: _Voices) -> dict[int, _Subject]:
    if kind == Kind.STATUS:
        return await _fit_statuses(conn, voices)
    if kind == Kind.LINK:
        cards = await cards_by_ids(conn, list(voices))
        return {
            each: _Subject(voices[each], _language(voices[each]), publisher_id_of(card.url))
            for each, card in cards.items()
            if card.title
        }
    return {each: _Subject(of_subject, _language(of_subject)) for each, of_subject in voices.items()}


async def _fit_statuses(conn: Connection, voices: _Voices) -> dict[int, _Subject]:
    """Without their authors' own voices."""
    visible = await visible_statuses(conn, ANONYMOUS, list(voices))
    fit: dict[int, _Subject] = {}
    for status_id, found in visible.items():
        author_id = found.status.account_id
        others = {each: voice for each, voice in voices[status_id].items() if each != author_id}
        limited = found.author.account.limited_at is not None
        if may_trend(found) and not limited and len(others) >= PEOPLE_MIN:
            fit[status_id] = _Subject(others, found.status.language, author_id)
    return fit


def may_trend(found: VisibleStatus) -> bool:
    """Whether a status may be shown to everybody who never asked for it."""
    status, author = found.status, found.author.account
    return (
        status.visibility == Visibility.PUBLIC
        and found.reblog is None
        and status.in_reply_to_id is None
        and not status.sensitive
        and not status.spoiler_text
        and author.discoverable
    )
