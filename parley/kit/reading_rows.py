"""The tables of what was read today: writing sketches of several processes together, and figures for the alarm."""

import hashlib
import hmac
import statistics
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal, get_args

import msgspec

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.jobs import scheduled
from parley.kit.services import Services
from parley.kit.sketch import Sketch, unpacked

ReaderKind = Literal["address", "block", "network", "account"]
# Strangers; members who joined days ago; all other members.
Group = Literal["anonymous", "fresh", "member"]
GROUPS: tuple[Group, ...] = get_args(Group)

SLOT_SECONDS = 300
DAY_SECONDS = 86_400
_SLOT_MINUTES = SLOT_SECONDS // 60
DAYS_KEPT = 2
GROUP_DAYS_KEPT = 15
_READERS_FOUND_MAX = 200
_BUSY_SINCE = """
    select day, kind, group_name, shown, things, misses, slot_begins, slot_things, slot_misses, before_things,
        before_misses, used_up_at, updated_at
    from readings where day = $1 and updated_at >= $2
"""


class ReaderGain(msgspec.Struct, frozen=True):
    """What a process has to add to a reader's row. `shown` is what staff may see: a network, or an account's id."""

    day: date
    kind: ReaderKind
    text: str
    group: Group
    shown: str
    sketch: Sketch
    misses: int = 0
    used_up_at: datetime | None = None


class GroupGain(msgspec.Struct, frozen=True):
    """The same for a group in a day, or in a slot of five minutes."""

    group: Group
    seconds: int
    begins: datetime
    sketch: Sketch
    misses: int = 0


class BusyReader(msgspec.Struct, frozen=True):
    """How much a reader has read today.

    `slot_things` are those of the five minutes that began at `slot_begins`, `before_things` those of the five minutes
    before; likewise with misses. Only what was new to the reader today counts there.
    """

    day: date
    kind: ReaderKind
    group: Group
    shown: str
    things: int
    misses: int
    slot_begins: datetime
    slot_things: int
    slot_misses: int
    before_things: int
    before_misses: int
    used_up_at: datetime | None
    updated_at: datetime


class GroupFigures(msgspec.Struct, frozen=True):
    """About how many different things a group read in these `seconds`, and how often it asked for what isn't there."""

    group: Group
    seconds: int
    begins: datetime
    things: int
    misses: int


class Normal(msgspec.Struct, frozen=True):
    """What a group reads typically: medians over `days` days before today, of whole days and of the busiest slots."""

    days: int
    things_a_day: int
    things_in_slot: int
    misses_a_day: int


class _ReaderRow(msgspec.Struct, frozen=True):
    day: date
    reader: bytes
    sketch: bytes
    things: int
    misses: int
    slot_begins: datetime
    slot_things: int
    slot_misses: int
    before_things: int
    before_misses: int
    used_up_at: datetime | None


class _GroupRow(msgspec.Struct, frozen=True):
    group_name: str
    seconds: int
    begins: datetime
    sketch: bytes
    misses: int


# Writing


async def merge_readers(conn: Connection, key: bytes, gains: Sequence[ReaderGain]) -> list[Sketch]:
    """Adds to their rows, in a transaction; what all processes know together comes back, in the order given."""
    if not gains:
        return []
    now, slot = clock.now(), slot_of(clock.now())
    by_reader = {(each.day, _hashed(key, each.kind, each.text)): each for each in gains}
    # In one order, so that two processes never wait for each other.
    ordered = sorted(by_reader)
    empty = Sketch().packed()
    await conn.execute_many(
        """
        insert into readings (day, reader, kind, group_name, shown, sketch, things, misses, slot_begins, slot_things,
            slot_misses, before_things, before_misses, used_up_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, 0, 0, $7, 0, 0, 0, 0, null, $8) on conflict do nothing
        """,
        [
            (day, reader, gain.kind, gain.group, gain.shown, empty, slot, now)
            for day, reader in ordered
            for gain in (by_reader[day, reader],)
        ],
    )
    merged = {
        (row.day, row.reader): _merged(row, by_reader[row.day, row.reader], slot)
        for row in await _locked_readers(conn, ordered)
        if (row.day, row.reader) in by_reader
    }
    await conn.execute_many(
        """
        update readings set sketch = $3, things = $4, misses = $5, slot_begins = $6, slot_things = $7,
            slot_misses = $8, before_things = $9, before_misses = $10, used_up_at = $11, updated_at = $12
        where day = $1 and reader = $2
        """,
        [(*msgspec.structs.astuple(merged[each][0]), now) for each in ordered],
    )
    return [merged[each][1] for each in by_reader]


async def sketches_of(
    conn: Connection, key: bytes, day: date, readers: Sequence[tuple[ReaderKind, str]]
) -> list[tuple[Sketch, int]]:
    """What all processes have written of these readers, in the order given, and how many things on the day before."""
    hashes = [_hashed(key, kind, text) for kind, text in readers]
    before = day - timedelta(days=1)
    rows = await conn.fetch_rows(
        "select day, reader, sketch, things from readings where day = any($1) and reader = any($2)",
        [before, day],
        hashes,
    )
    sketches = {bytes(reader): bytes(sketch) for of_day, reader, sketch, _ in rows if of_day == day}
    things = {bytes(reader): count for of_day, reader, _, count in rows if of_day == before}
    return [
        (unpacked(sketches[each]) if each in sketches else Sketch(), things.get(each, 0)) for each in hashes
    ]


async def merge_groups(conn: Connection, gains: Sequence[GroupGain]) -> None:
    """As merge_readers, for groups."""
    by_row: dict[tuple[str, int, datetime], GroupGain] = {
        (each.group, each.seconds, each.begins): each for each in gains
    }
    ordered = sorted(by_row)
    empty = Sketch().packed()
    await conn.execute_many(
        """
        insert into reading_groups (group_name, seconds, begins, sketch, things, misses)
        values ($1, $2, $3, $4, 0, 0) on conflict do nothing
        """,
        [(*each, empty) for each in ordered],
    )
    merged = []
    for row in await _locked_groups(conn, ordered):
        each = (row.group_name, row.seconds, row.begins)
        if each in by_row:
            sketch = unpacked(row.sketch)
            sketch.merge(by_row[each].sketch)
            merged.append((*each, sketch.packed(), sketch.things, row.misses + by_row[each].misses))
    await conn.execute_many(
        """
        update reading_groups set sketch = $4, things = $5, misses = $6
        where group_name = $1 and seconds = $2 and begins = $3
        """,
        merged,
    )


def slot_of(moment: datetime) -> datetime:
    """When the five minutes began that it lies in."""
    return moment.replace(minute=moment.minute - moment.minute % _SLOT_MINUTES, second=0, microsecond=0)


def day_of(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


async def _locked_readers(conn: Connection, ordered: Sequence[tuple[date, bytes]]) -> list[_ReaderRow]:
    return await conn.fetch_all(
        _ReaderRow,
        """
        select day, reader, sketch, things, misses, slot_begins, slot_things, slot_misses, before_things,
            before_misses, used_up_at
        from readings where day = any($1) and reader = any($2) order by day, reader for update
        """,
        sorted({day for day, _ in ordered}),
        [reader for _, reader in ordered],
    )


async def _locked_groups(conn: Connection, ordered: Sequence[tuple[str, int, datetime]]) -> list[_GroupRow]:
    return await conn.fetch_all(
        _GroupRow,
        """
        select group_name, seconds, begins, sketch, misses from reading_groups
        where begins = any($1) order by group_name, seconds, begins for update
        """,
        sorted({begins for *_, begins in ordered}),
    )


def _merged(row: _ReaderRow, gain: ReaderGain, slot: datetime) -> tuple[_ReaderRow, Sketch]:
    sketch = unpacked(row.sketch)
    sketch.merge(gain.sketch)
    slot_things, slot_misses, before_things, before_misses = _slots_of(row, slot)
    changed = msgspec.structs.replace(
        row,
        sketch=sketch.packed(),
        things=sketch.things,
        misses=row.misses + gain.misses,
        slot_begins=slot,
        slot_things=slot_things + max(0, sketch.things - row.things),
        slot_misses=slot_misses + gain.misses,
        before_things=before_things,
        before_misses=before_misses,
        used_up_at=row.used_up_at or gain.used_up_at,
    )
    return changed, sketch


def _slots_of(row: _ReaderRow, slot: datetime) -> tuple[int, int, int, int]:
    """Things and misses of this slot so far, and of the one before."""
    if row.slot_begins == slot:
        return row.slot_things, row.slot_misses, row.before_things, row.before_misses
    if row.slot_begins == slot - timedelta(seconds=SLOT_SECONDS):
        return 0, 0, row.slot_things, row.slot_misses
    return 0, 0, 0, 0


def _hashed(key: bytes, kind: ReaderKind, text: str) -> bytes:
    """No address stands in the table."""
    return hmac.new(key, f"{kind} {text}".encode(), hashlib.sha256).digest()[:16]


# Figures


async def busiest_readers(conn: Connection, since: datetime) -> list[BusyReader]:
    """Today's readers of whom something was written since, who read most first. Addresses show as their block."""
    return await conn.fetch_all(
        BusyReader,
        _BUSY_SINCE + " order by things desc, reader limit $3",
        clock.now().date(),
        since,
        _READERS_FOUND_MAX,
    )


async def guessing_readers(conn: Connection, since: datetime, misses_min: int) -> list[BusyReader]:
    """Those who asked for what isn't there at least so often today."""
    return await conn.fetch_all(
        BusyReader,
        _BUSY_SINCE + " and misses >= $3 order by misses desc, reader limit $4",
        clock.now().date(),
        since,
        misses_min,
        _READERS_FOUND_MAX,
    )


async def readers_used_up(conn: Connection, since: datetime) -> list[BusyReader]:
    """Those whose budget of today was found used up since."""
    return await conn.fetch_all(
        BusyReader,
        _BUSY_SINCE + " and used_up_at >= $2 order by things desc, reader limit $3",
        clock.now().date(),
        since,
        _READERS_FOUND_MAX,
    )


async def groups_today(conn: Connection) -> dict[Group, GroupFigures]:
    """Those groups that have read anything today."""
    found = await conn.fetch_all(
        GroupFigures,
        "select group_name, seconds, begins, things, misses from reading_groups where seconds = $1 and begins = $2",
        DAY_SECONDS,
        day_of(clock.now()),
    )
    return {each.group: each for each in found}


async def slots_since(conn: Connection, since: datetime) -> list[GroupFigures]:
    """Each group's slots of five minutes that began since, the one that goes on among them; newest first."""
    return await conn.fetch_all(
        GroupFigures,
        """
        select group_name, seconds, begins, things, misses from reading_groups
        where seconds = $1 and begins >= $2 order by begins desc, group_name limit 1000
        """,
        SLOT_SECONDS,
        since,
    )


async def normal_of(conn: Connection, group: Group) -> Normal:
    """All zero when there is no day yet to go by."""
    rows = await conn.fetch_rows(
        """
        select begins, things, misses from reading_groups
        where group_name = $1 and seconds = $2 and begins < $3 order by begins desc limit 14
        """,
        group,
        DAY_SECONDS,
        day_of(clock.now()),
    )
    if not rows:
        return Normal(0, 0, 0, 0)
    busiest = await conn.fetch_column(
        """
        select max(things) from reading_groups
        where group_name = $1 and seconds = $2 and begins >= $3 and begins < $4
        group by date_trunc('day', begins, 'UTC')
        """,
        group,
        SLOT_SECONDS,
        rows[-1][0],
        day_of(clock.now()),
    )
    return Normal(
        len(rows),
        round(statistics.median(things for _, things, _ in rows)),
        round(statistics.median(busiest or [0])),
        round(statistics.median(misses for *_, misses in rows)),
    )


@scheduled(timedelta(hours=1))
async def delete_old_readings(conn: Connection, _services: Services) -> None:
    """Readers go after two days, groups after fifteen; of slots that are over only the figures stay."""
    now = clock.now()
    await conn.execute("delete from readings where day < $1", (now - timedelta(days=DAYS_KEPT - 1)).date())
    await conn.execute(
        "delete from reading_groups where begins < $1", day_of(now) - timedelta(days=GROUP_DAYS_KEPT)
    )
    await conn.execute(
        """
        update reading_groups set sketch = $1
        where seconds = $2 and begins < $3 and sketch <> $1
        """,
        Sketch().packed(),
        SLOT_SECONDS,
        now - timedelta(hours=1),
    )
