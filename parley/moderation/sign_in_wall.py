"""The sign-in wall: how much strangers may read, by the setting, by staff's hand for a time, or while an alarm is open."""

from datetime import datetime, timedelta

import msgspec

from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.config import Settings, WallHeight
from parley.kit.db import Connection, Database
from parley.kit.errors import Invalid
from parley.kit.pubsub import PubSub
from parley.moderation import crawl_queries as queries
from parley.moderation.audit import note_act
from parley.moderation.models import WallByHand
from parley.moderation.site_news import announce_site_changed

# From the lowest to the highest: nothing is asked; first pages are open; only what tells about the site is.
HEIGHTS: tuple[WallHeight, ...] = ("off", "deep", "all")
HOURS_MAX = 24 * 30
_TOPIC = "sign_in_wall_changed"


class Wall(msgspec.Struct, frozen=True):
    """What may raise it above the setting."""

    by_alarm: bool = False
    by_hand: WallByHand | None = None


class _Kept:
    """Of this process. Read anew only after a change, which a message tells, or when messages may be lost."""

    wall: Wall | None = None
    turn: int = 0


def keep_wall(wall: Wall | None) -> None:
    """None has it read anew."""
    _Kept.wall = wall
    _Kept.turn += 1


def listen(pubsub: PubSub) -> None:
    """Lets this process hear of it being raised or lowered elsewhere."""
    pubsub.subscribe(_TOPIC, lambda _text: keep_wall(None))
    pubsub.on_reconnect(lambda: keep_wall(None))


def announce_wall(conn: Connection) -> None:
    conn.after_commit(lambda: keep_wall(None))
    conn.publish_after_commit(_TOPIC, "")
    announce_site_changed(conn)


async def wall_height(database: Database, settings: Settings) -> WallHeight:
    """Hot path: every page and list for strangers, 1 µs; no statement unless it has just changed."""
    wall = _Kept.wall
    if wall is None:
        turn = _Kept.turn
        async with database.reading() as conn:
            wall = await read_wall(conn)
        # What changed while this was read may have been read before.
        if turn == _Kept.turn:
            keep_wall(wall)
    return height_of(wall, settings, clock.now())


async def read_wall(conn: Connection) -> Wall:
    return Wall(
        by_alarm=await queries.any_alarm_raises_wall(conn), by_hand=await queries.find_wall_by_hand(conn)
    )


def height_of(wall: Wall, settings: Settings, now: datetime) -> WallHeight:
    """What staff decided holds against alarms while its time lasts; never against the setting."""
    if wall.by_hand is not None and wall.by_hand.until > now:
        return _higher(settings.sign_in_wall, wall.by_hand.height)
    if wall.by_alarm and settings.sign_in_wall_on_alarm:
        return _higher(settings.sign_in_wall, "deep")
    return settings.sign_in_wall


async def put_up_wall(conn: Connection, viewer: Viewer, height: str, hours: int) -> None:
    """By hand, for some hours: "off" keeps it down though an alarm is open."""
    staff_id = require_staff(viewer, Permission.MANAGE_BLOCKS)
    known = next((each for each in HEIGHTS if each == height), None)
    if known is None:
        raise Invalid("Validation failed: The wall has no such height")
    if not 1 <= hours <= HOURS_MAX:
        raise Invalid(f"Validation failed: The time must lie between 1 and {HOURS_MAX} hours")
    until = clock.now() + timedelta(hours=hours)
    await queries.put_wall_by_hand(conn, WallByHand(known, until))
    await note_act(
        conn, staff_id, "sign_in_wall.update", "sign_in_wall", f"{known} until {until:%Y-%m-%d %H:%M} UTC"
    )
    announce_wall(conn)


async def leave_wall_alone(conn: Connection, viewer: Viewer) -> None:
    """Takes back what was decided by hand: the setting and alarms decide again."""
    staff_id = require_staff(viewer, Permission.MANAGE_BLOCKS)
    if await queries.delete_wall_by_hand(conn):
        await note_act(conn, staff_id, "sign_in_wall.destroy", "sign_in_wall", "by hand")
        announce_wall(conn)


def _higher(one: WallHeight, other: WallHeight) -> WallHeight:
    return max(one, other, key=HEIGHTS.index)
