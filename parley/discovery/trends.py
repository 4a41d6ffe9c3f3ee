"""What is much talked about, for readers: only what staff allow, those of a reader's languages first."""

from collections.abc import Collection, Sequence

from parley.discovery import trend_queries as queries
from parley.discovery.models import Kind, Tag, Trend
from parley.discovery.tags import tags_by_ids
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import TagId
from parley.kit.recent import Recent

# What somebody can't read stands lower, without being out of sight.
_OTHER_LANGUAGE = 0.25

# By kind: every reader asks for the same few.
recent_trends: Recent[tuple[Trend, ...]] = Recent("trends_changed", entries_max=10)


async def all_trends(conn: Connection, kind: Kind) -> tuple[Trend, ...]:
    """The whole ranking, for staff and for jobs; no statement when it was asked within seconds."""
    if conn.in_transaction:
        return tuple(await queries.trends(conn, kind))
    now = clock.now_seconds()
    known = recent_trends.find(int(kind), now)
    if known is not None:
        return known
    mark = recent_trends.mark()
    found = tuple(await queries.trends(conn, kind))
    recent_trends.keep(mark, int(kind), found, now)
    return found


async def shown_trends(
    conn: Connection, settings: Settings, kind: Kind, languages: Collection[str] = ()
) -> list[int]:
    """The ids of what everybody may be shown, in order. None of it while the setting `trends` is off."""
    if not settings.trends:
        return []
    found = [each for each in await all_trends(conn, kind) if is_shown(settings, each)]
    if languages:
        found.sort(key=lambda trend: -_score_for(trend, languages))
    return [each.subject_id for each in found]


def is_shown(settings: Settings, trend: Trend) -> bool:
    if trend.allowed is None:
        return not settings.trends_need_approval
    return trend.allowed


def _score_for(trend: Trend, languages: Collection[str]) -> float:
    known = trend.language is None or trend.language.partition("-")[0].lower() in languages
    return trend.score if known else trend.score * _OTHER_LANGUAGE


async def trending_tags(conn: Connection, tag_ids: Sequence[int]) -> list[Tag]:
    return await tags_by_ids(conn, [TagId(each) for each in tag_ids])
