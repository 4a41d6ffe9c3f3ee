"""Alarms about crawling: opened by a sign, growing while it goes on, closed after an hour of quiet or by staff."""

import logging
from datetime import datetime, timedelta

import msgspec

from parley.identity.staff import Permission, require_staff, roles_with
from parley.identity.staff_view import emails_of_staff
from parley.identity.viewer import Viewer
from parley.kit import clock, ids
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.moderation import crawl_queries as queries
from parley.moderation.audit import note_act
from parley.moderation.crawl_signs import ACTORS_MAX, Sign, signs_now
from parley.moderation.letters import send_crawl_alarm
from parley.moderation.models import CrawlActor, CrawlAlarm, CrawlFigures
from parley.moderation.sign_in_wall import announce_wall

QUIET = timedelta(hours=1)
KEPT_DAYS = 30
_SHOWN_MAX = 50
_NAMED_IN_LOG = 5
_BUCKET = 0

log = logging.getLogger(__name__)


async def watch_readings(conn: Connection, settings: Settings) -> None:
    """Once a minute, and when much is read at once: what goes on now, in rows; and who must know of it."""
    now = clock.now()
    known = await queries.lock_alarms(conn, now.date())
    today = {(each.kind, each.readers): each for each in known if each.day == now.date()}
    before = await queries.any_alarm_raises_wall(conn)
    for sign in await signs_now(conn, settings, today):
        await _note_sign(conn, settings, sign, today.get((sign.kind, sign.readers)), now)
    for alarm in await queries.open_alarms(conn):
        if now - alarm.seen_at >= QUIET:
            await queries.update_alarm(conn, msgspec.structs.replace(alarm, closed_at=now))
            log.info("crawl alarm closed after an hour of quiet: %s by %s", alarm.kind, alarm.readers)
    await queries.delete_old_alarms(conn, now.date() - timedelta(days=KEPT_DAYS))
    if before != await queries.any_alarm_raises_wall(conn):
        announce_wall(conn)


async def crawl_alarms(conn: Connection, viewer: Viewer) -> list[CrawlAlarm]:
    """Open ones first, then the latest."""
    require_staff(viewer, Permission.MANAGE_BLOCKS)
    return await queries.newest_alarms(conn, _SHOWN_MAX)


async def count_open_alarms(conn: Connection, viewer: Viewer) -> int:
    require_staff(viewer, Permission.MANAGE_BLOCKS)
    return len(await queries.open_alarms(conn))


async def open_alarms(conn: Connection) -> list[CrawlAlarm]:
    """For the operator at the command line."""
    return await queries.open_alarms(conn)


async def close_alarm(conn: Connection, viewer: Viewer, alarm_id: int) -> None:
    """Staff have seen it: it stays closed for an hour at least, and opens again only if it goes on then."""
    staff_id = require_staff(viewer, Permission.MANAGE_BLOCKS)
    alarm = await queries.find_alarm(conn, alarm_id)
    if alarm is None:
        raise NotFound
    if alarm.closed_at is not None:
        return
    closed = msgspec.structs.replace(alarm, closed_at=clock.now(), closed_by_id=staff_id)
    await queries.update_alarm(conn, closed)
    name = f"{alarm.kind} by {alarm.readers}, {alarm.day}"
    await note_act(conn, staff_id, "crawl_alarm.close", "crawl_alarm", name, target_id=alarm.id)
    if alarm.raises_wall:
        announce_wall(conn)


async def _note_sign(
    conn: Connection, settings: Settings, sign: Sign, known: CrawlAlarm | None, now: datetime
) -> None:
    if known is not None and known.closed_by_id is not None and _is_hushed(known, now):
        return
    if known is not None:
        grown = _grown(known, sign, now)
        await queries.update_alarm(conn, grown)
        if known.closed_at is not None:
            _tell_log(grown)
        return
    opened = _opened(sign, now)
    if await queries.insert_alarm(conn, opened):
        _tell_log(opened)
        emails = await emails_of_staff(conn, roles_with(Permission.MANAGE_BLOCKS))
        await send_crawl_alarm(conn, settings, emails, opened)


def _is_hushed(alarm: CrawlAlarm, now: datetime) -> bool:
    return alarm.closed_at is not None and now - alarm.closed_at < QUIET


def _opened(sign: Sign, now: datetime) -> CrawlAlarm:
    return CrawlAlarm(
        id=ids.new_id_in_bucket(_BUCKET),
        day=now.date(),
        kind=sign.kind,
        readers=sign.readers,
        opened_at=now,
        seen_at=now,
        closed_at=None,
        closed_by_id=None,
        figures=sign.figures,
        actors=sign.actors,
        raises_wall=sign.raises_wall,
    )


def _grown(alarm: CrawlAlarm, sign: Sign, now: datetime) -> CrawlAlarm:
    """It never shrinks, so that staff who come later see how grave it was."""
    highest = {
        name: max(getattr(alarm.figures, name), getattr(sign.figures, name))
        for name in CrawlFigures.__struct_fields__
    }
    return msgspec.structs.replace(
        alarm,
        seen_at=now,
        closed_at=None,
        closed_by_id=None,
        figures=CrawlFigures(**highest),
        actors=_together(alarm.actors, sign.actors),
        raises_wall=alarm.raises_wall or sign.raises_wall,
    )


def _together(before: list[CrawlActor], now: list[CrawlActor]) -> list[CrawlActor]:
    """Figures of a day only grow, so the later ones hold."""
    found = {each.name: each for each in (*before, *now)}
    return sorted(found.values(), key=lambda each: (-each.things, -each.misses, each.name))[:ACTORS_MAX]


def _tell_log(alarm: CrawlAlarm) -> None:
    named = ", ".join(f"{each.kind} {each.name}" for each in alarm.actors[:_NAMED_IN_LOG])
    figures = alarm.figures
    log.warning(
        "crawl alarm: %s by %s readers, %d things today, %d in five minutes, %d misses; most by %s: see /admin/crawling",
        alarm.kind,
        alarm.readers,
        figures.things_today,
        figures.things_lately,
        figures.misses,
        named or "nobody in particular",
    )
