"""All SQL on alarms about crawling, and on the sign-in wall that staff put up by hand: few rows."""

from datetime import date, datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.reading_rows import SLOT_SECONDS
from parley.moderation.models import CrawlAlarm, WallByHand

_ALARMS = """
    select id, day, kind, readers, opened_at, seen_at, closed_at, closed_by_id, figures, actors, raises_wall
    from crawl_alarms
"""
_WALL = "by_hand"


def _alarm(*columns: Any) -> CrawlAlarm:
    """With structs for what lies as JSON."""
    return msgspec.convert(dict(zip(CrawlAlarm.__struct_fields__, columns, strict=True)), CrawlAlarm)


async def insert_alarm(conn: Connection, alarm: CrawlAlarm) -> bool:
    """Whether nobody was quicker: several processes may see the same sign."""
    touched = await conn.execute(
        """
        insert into crawl_alarms (id, day, kind, readers, opened_at, seen_at, closed_at, closed_by_id, figures,
            actors, raises_wall)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (day, kind, readers) do nothing
        """,
        alarm.id,
        alarm.day,
        alarm.kind,
        alarm.readers,
        alarm.opened_at,
        alarm.seen_at,
        alarm.closed_at,
        alarm.closed_by_id,
        msgspec.to_builtins(alarm.figures),
        msgspec.to_builtins(alarm.actors),
        alarm.raises_wall,
    )
    return touched == 1


async def update_alarm(conn: Connection, alarm: CrawlAlarm) -> None:
    await conn.execute(
        """
        update crawl_alarms
        set seen_at = $2, closed_at = $3, closed_by_id = $4, figures = $5, actors = $6, raises_wall = $7
        where id = $1
        """,
        alarm.id,
        alarm.seen_at,
        alarm.closed_at,
        alarm.closed_by_id,
        msgspec.to_builtins(alarm.figures),
        msgspec.to_builtins(alarm.actors),
        alarm.raises_wall,
    )


async def find_alarm(conn: Connection, alarm_id: int) -> CrawlAlarm | None:
    return await conn.fetch_one(_alarm, _ALARMS + " where id = $1", alarm_id)


async def lock_alarms(conn: Connection, day: date) -> list[CrawlAlarm]:
    """Open ones and those of the day, which nobody else changes before this transaction ends."""
    return await conn.fetch_all(
        _alarm, _ALARMS + " where day = $1 or closed_at is null order by id for update", day
    )


async def newest_alarms(conn: Connection, limit: int) -> list[CrawlAlarm]:
    """Open ones first."""
    return await conn.fetch_all(
        _alarm, _ALARMS + " order by (closed_at is null) desc, seen_at desc limit $1", limit
    )


async def open_alarms(conn: Connection) -> list[CrawlAlarm]:
    return await conn.fetch_all(_alarm, _ALARMS + " where closed_at is null order by id")


async def any_alarm_raises_wall(conn: Connection) -> bool:
    found: bool = await conn.fetch_value(
        "select exists (select 1 from crawl_alarms where closed_at is null and raises_wall)"
    )
    return found


async def typical_slot(conn: Connection, group: str, since: datetime, below: datetime) -> int:
    """How many things a group mostly reads in five minutes in which it reads at all; nought when nothing is known."""
    found = await conn.fetch_value(
        """
        select percentile_disc(0.5) within group (order by things) from reading_groups
        where group_name = $1 and seconds = $2 and begins >= $3 and begins < $4
        """,
        group,
        SLOT_SECONDS,
        since,
        below,
    )
    return found or 0


async def delete_old_alarms(conn: Connection, before: date) -> None:
    await conn.execute("delete from crawl_alarms where day < $1 and closed_at is not null", before)


# The wall


async def find_wall_by_hand(conn: Connection) -> WallByHand | None:
    return await conn.fetch_one(WallByHand, "select height, until from wall_by_hand where name = $1", _WALL)


async def put_wall_by_hand(conn: Connection, wall: WallByHand) -> None:
    await conn.execute(
        """
        insert into wall_by_hand (name, height, until) values ($1, $2, $3)
        on conflict (name) do update set height = $2, until = $3
        """,
        _WALL,
        wall.height,
        wall.until,
    )


async def delete_wall_by_hand(conn: Connection) -> bool:
    return await conn.execute("delete from wall_by_hand where name = $1", _WALL) == 1
