"""What in the figures of reading looks as if somebody copied all there is: the signs of the present minutes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from parley.identity.statistics import site_counts
from parley.kit import clock, reading_rows
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.reading_rows import DAY_SECONDS, SLOT_SECONDS, BusyReader, Group, GroupFigures, Normal
from parley.moderation import crawl_queries as queries
from parley.moderation.models import AlarmKind, CrawlActor, CrawlAlarm, CrawlFigures

# How many times the typical five minutes is a rush, and how many times the busiest ones of a typical day.
RUSH_TIMES = 10
RUSH_TIMES_OF_BUSIEST = 2
# What part of all posts and profiles a group may read in a day, and how many times its typical day.
SHARES = {"anonymous": 0.04, "fresh": 0.005}
SHARE_TIMES = 3
# How often one reader may ask for what isn't there: within ten minutes, and in a day.
MISSES_LATELY = 50
MISSES_A_DAY = 500
# How often a whole group may within five minutes: more than the budgets of two let pass.
MISSES_OF_MANY = 500
# In so many blocks of addresses it is no longer the matter of somebody, but of strangers as such.
MANY_BLOCKS = 5
# What part of a rush makes it that of the one address that read it.
MOSTLY = 0.8
ACTORS_MAX = 20
_SLOT = timedelta(seconds=SLOT_SECONDS)
_DAYS_LOOKED_BACK = 14
# Members who are not fresh have budgets, and nothing else: what many of them read is what is read here.
_GROUPS: tuple[Group, ...] = ("anonymous", "fresh")

Known = Mapping[tuple[str, str], CrawlAlarm]


class Sign(msgspec.Struct, frozen=True):
    """Of one kind, by one group of readers."""

    kind: AlarmKind
    readers: Group
    figures: CrawlFigures
    actors: list[CrawlActor]
    raises_wall: bool = False


class _Lately(msgspec.Struct, frozen=True):
    """What all signs are read from. `slots` are the fuller of the present five minutes and those before."""

    now: datetime
    today: dict[Group, GroupFigures]
    things: dict[Group, int]
    misses: dict[Group, int]
    busiest: list[BusyReader]


async def signs_now(conn: Connection, settings: Settings, known: Known) -> list[Sign]:
    """Five statements in quiet times, and some more for a group that has read much; `known` are today's alarms."""
    now = clock.now()
    slots = await reading_rows.slots_since(conn, reading_rows.slot_of(now) - _SLOT)
    lately = _Lately(
        now,
        await reading_rows.groups_today(conn),
        {group: max((each.things for each in slots if each.group == group), default=0) for group in _GROUPS},
        {group: max((each.misses for each in slots if each.group == group), default=0) for group in _GROUPS},
        await reading_rows.busiest_readers(conn, now - 3 * _SLOT),
    )
    signs = [*await _used_up(conn, lately), *await _guessing(conn, lately)]
    for group in _GROUPS:
        signs += await _of_group(conn, settings, lately, group, known.get(("share", group)))
    return _one_of_each(signs)


def _one_of_each(signs: Sequence[Sign]) -> list[Sign]:
    """Guessing shows in single readers and in their group: one sign all the same. In one order, as rows follow it."""
    found: dict[tuple[str, str], Sign] = {}
    for each in signs:
        before = found.setdefault((each.kind, each.readers), each)
        raises = before.raises_wall or each.raises_wall
        found[each.kind, each.readers] = msgspec.structs.replace(before, raises_wall=raises)
    return [found[each] for each in sorted(found)]


# One reader who has used up a budget, or guesses


async def _used_up(conn: Connection, lately: _Lately) -> list[Sign]:
    """While readers use up their budgets, all who have done so today count among the actors."""
    found = await reading_rows.readers_used_up(conn, reading_rows.day_of(lately.now))
    signs = []
    for group, readers in _by_group(found).items():
        if any(each.used_up_at is not None and each.used_up_at > lately.now - _SLOT for each in readers):
            signs.append(_of_readers("budget", group, readers, lately))
    return signs


async def _guessing(conn: Connection, lately: _Lately) -> list[Sign]:
    found = await reading_rows.guessing_readers(conn, lately.now - 3 * _SLOT, MISSES_LATELY)
    guessing = [
        each
        for each in found
        if each.kind != "network"
        and (
            _misses_lately(each, lately.now) >= MISSES_LATELY
            or (each.misses >= MISSES_A_DAY and _misses_lately(each, lately.now) > 0)
        )
    ]
    return [_of_readers("guessing", group, readers, lately) for group, readers in _by_group(guessing).items()]


def _of_readers(kind: AlarmKind, group: Group, readers: Sequence[BusyReader], lately: _Lately) -> Sign:
    """Strangers of one block are stopped by its budget: only several blocks are a matter of all strangers."""
    blocks = {each.shown for each in readers if each.kind == "address"}
    raises = group == "anonymous" and len(blocks) >= MANY_BLOCKS
    return Sign(kind, group, _figures(lately, group), actors_of(readers), raises_wall=raises)


def _things_lately(reader: BusyReader, now: datetime) -> int:
    recent = reader.slot_begins >= reading_rows.slot_of(now) - _SLOT
    return max(reader.slot_things, reader.before_things) if recent else 0


def _misses_lately(reader: BusyReader, now: datetime) -> int:
    recent = reader.slot_begins >= reading_rows.slot_of(now) - _SLOT
    return reader.slot_misses + reader.before_misses if recent else 0


# Groups that read more than is usual


async def _of_group(
    conn: Connection, settings: Settings, lately: _Lately, group: Group, known: CrawlAlarm | None
) -> list[Sign]:
    figures, floor = _figures(lately, group), settings.crawl_alarm_floor
    if max(figures.things_today, figures.things_lately) < floor and lately.misses[group] < MISSES_OF_MANY:
        return []
    usual = await reading_rows.normal_of(conn, group)
    since = reading_rows.day_of(lately.now) - timedelta(days=_DAYS_LOOKED_BACK)
    in_slot = await queries.typical_slot(conn, group, since, reading_rows.day_of(lately.now))
    actors = actors_of(each for each in lately.busiest if _belongs(each, group))
    raises = group == "anonymous" and not _is_of_one_address(lately, figures.things_lately)
    signs = []
    if _is_rush(figures.things_lately, floor, in_slot, usual):
        signs.append(
            Sign("rush", group, msgspec.structs.replace(figures, normal=in_slot), actors, raises_wall=raises)
        )
    corpus = await _corpus(conn)
    if _is_share(figures.things_today, floor, corpus, usual, group) and _goes_on(
        figures.things_today, floor, usual, known, lately.now
    ):
        shown = msgspec.structs.replace(figures, corpus=corpus, normal=usual.things_a_day)
        signs.append(Sign("share", group, shown, actors, raises_wall=raises))
    if lately.misses[group] >= max(
        MISSES_OF_MANY, RUSH_TIMES * usual.misses_a_day * SLOT_SECONDS // DAY_SECONDS
    ):
        signs.append(Sign("guessing", group, figures, actors, raises_wall=raises))
    return signs


def _is_of_one_address(lately: _Lately, things: int) -> bool:
    """It has a budget of its own: for its sake nobody else has to sign in."""
    most = max(
        (_things_lately(each, lately.now) for each in lately.busiest if each.kind == "address"), default=0
    )
    return most > MOSTLY * things


def _is_rush(things: int, floor: int, in_slot: int, usual: Normal) -> bool:
    return things >= max(floor, RUSH_TIMES * in_slot, RUSH_TIMES_OF_BUSIEST * usual.things_in_slot)


def _is_share(things: int, floor: int, corpus: int, usual: Normal, group: Group) -> bool:
    return things >= max(floor, SHARES[group] * corpus, SHARE_TIMES * usual.things_a_day)


def _goes_on(things: int, floor: int, usual: Normal, known: CrawlAlarm | None, now: datetime) -> bool:
    """A day's sum never falls, so an alarm about it lasts while the sum still grows faster than it mostly does."""
    if known is None:
        return True
    hours = (now - known.seen_at) / timedelta(hours=1)
    return things - known.figures.things_today >= max(
        floor / 4, SHARE_TIMES * usual.things_a_day * hours / 24
    )


async def _corpus(conn: Connection) -> int:
    """All posts and members: what could be read."""
    counts = await site_counts(conn)
    return counts.statuses + counts.members


def _figures(lately: _Lately, group: Group) -> CrawlFigures:
    today = lately.today.get(group)
    return CrawlFigures(
        things_today=today.things if today is not None else 0,
        things_lately=lately.things.get(group, 0),
        misses=today.misses if today is not None else 0,
    )


# Who it is


def actors_of(readers: Iterable[BusyReader]) -> list[CrawlActor]:
    """Blocks of addresses and accounts, who read most first. What a block's addresses did counts once, as its own."""
    found: dict[str, CrawlActor] = {}
    for each in readers:
        kind = "account" if each.kind == "account" else each.kind if each.kind == "network" else "block"
        known = found.get(each.shown)
        if known is None or (each.things, each.misses) > (known.things, known.misses):
            found[each.shown] = CrawlActor(kind, each.shown, each.things, each.misses)
    return sorted(found.values(), key=lambda actor: (-actor.things, -actor.misses, actor.name))[:ACTORS_MAX]


def _belongs(reader: BusyReader, group: Group) -> bool:
    """Strangers are known by their block, members by their account."""
    return (
        reader.kind == "block" if group == "anonymous" else reader.kind == "account" and reader.group == group
    )


def _by_group(readers: Iterable[BusyReader]) -> dict[Group, list[BusyReader]]:
    found: dict[Group, list[BusyReader]] = {}
    for each in readers:
        found.setdefault(each.group, []).append(each)
    return found
