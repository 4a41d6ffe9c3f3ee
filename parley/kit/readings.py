"""Readings: how many different things of other people somebody has read in a day, and the budgets of that.

Who reads is a member by their account, or a stranger by address, by the block of addresses it lies in, and by the
network of that. A process counts in sketches of its own, and merges them with those of all others in the table: after
some new things, or after some seconds. Doors hand in what they gave, and give it only if the budget allows.

What was read on the day before counts, too, the less the older the day is: else who reads all of a budget just before
midnight had another just after it.
"""

import asyncio
import functools
import logging
import math
from collections.abc import Awaitable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from parley.kit import clock
from parley.kit.client_address import address_group, blocks_around, client_address
from parley.kit.config import Settings
from parley.kit.db import Database, lost_connection
from parley.kit.errors import ParleyError, TooMany
from parley.kit.ids import AccountId
from parley.kit.reading_rows import (
    DAY_SECONDS,
    SLOT_SECONDS,
    Group,
    GroupGain,
    ReaderGain,
    ReaderKind,
    day_of,
    merge_groups,
    merge_readers,
    sketches_of,
    slot_of,
)
from parley.kit.server_secrets import server_secret
from parley.kit.sketch import Positions, Sketch, at_most

SECRET_NAME = "readings"  # noqa: S105 - what the secret is called
UNWRITTEN_MAX = 100
UNWRITTEN_SECONDS = 30
# What all processes of a machine together may hold unwritten, as a part of the budget.
_UNWRITTEN_PART = 20
_WRITE_EVERY_SECONDS = 10.0
_WRITTEN_AT_ONCE = 200
_READERS_MAX = 10_000
_POSITIONS_KEPT = 50_000
# What part of a budget must be free before it is worth coming back.
_ROOM_TO_RETURN = 0.05

log = logging.getLogger(__name__)


class ReadEnough(TooMany):
    """A budget of things read in a day is used up: that of the reader alone, or one that they share with all around."""

    default = "This is as much as can be read from here in one day"

    def __init__(self, *, shared: bool, retry_after_seconds: int) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)
        self.shared = shared


class Given:
    """What one request gives of other people's things: hydration and doors note it, the door has it counted."""

    __slots__ = ("misses", "things")

    def __init__(self) -> None:
        self.things: list[int] = []
        self.misses = 0


class _Name(msgspec.Struct, frozen=True):
    """One of those under whom a reading counts.

    `limit` is how many things a day; what other processes may have given without having written it is taken off.
    """

    kind: ReaderKind
    text: str
    shown: str
    limit: int
    unwritten_max: int


class Reader(msgspec.Struct, frozen=True):
    """Who reads: the narrowest name first."""

    group: Group
    names: tuple[_Name, ...]


class _Kept:
    """What this process knows of a name's day. `unwritten` counts things, about."""

    __slots__ = (
        "before", "day", "group", "misses", "name", "sketch", "unwritten", "unwritten_since", "used_up_at",
    )  # fmt: skip

    def __init__(self, name: _Name, group: Group, day: date, sketch: Sketch, before: int) -> None:
        self.name = name
        self.group = group
        self.day = day
        self.sketch = sketch
        # How many things at most on the day before.
        self.before = before
        self.unwritten = 0
        self.unwritten_since = 0.0
        self.misses = 0
        self.used_up_at: datetime | None = None

    def note_unwritten(self, things: int) -> None:
        if not self.unwritten_since:
            self.unwritten_since = clock.now_seconds()
        self.unwritten += things

    def is_used_up(self, seconds_left: int) -> bool:
        return self.sketch.things_at_most + self.before * seconds_left / DAY_SECONDS > self.name.limit

    def seconds_until_room(self, seconds_left: int) -> int:
        """Until a part of the budget is free again, as what was read counts less and less from the next day on."""
        today, goal = self.sketch.things_at_most, self.name.limit * (1 - _ROOM_TO_RETURN)
        if today < goal:
            return max(1, math.ceil(seconds_left - (goal - today) * DAY_SECONDS / self.before))
        return math.ceil(seconds_left + DAY_SECONDS * (1 - goal / today))

    def is_due(self, now: datetime) -> bool:
        if not self.unwritten_since:
            return False
        waited_seconds = now.timestamp() - self.unwritten_since
        return self.unwritten > self.name.unwritten_max or waited_seconds > UNWRITTEN_SECONDS

    def take(self) -> ReaderGain:
        """What is to be written; what comes from now on is written the next time."""
        name, misses = self.name, self.misses
        self.unwritten, self.unwritten_since, self.misses = 0, 0.0, 0
        return ReaderGain(
            self.day, name.kind, name.text, self.group, name.shown, self.sketch, misses, self.used_up_at
        )

    def give_back(self, gain: ReaderGain) -> None:
        """It could not be written."""
        self.misses += gain.misses
        self.note_unwritten(1)


class _KeptGroup:
    __slots__ = ("misses", "sketch", "written")

    def __init__(self) -> None:
        self.sketch = Sketch()
        self.misses = 0
        self.written = True

    def take(self, key: "_GroupKey") -> GroupGain:
        misses, self.misses, self.written = self.misses, 0, True
        return GroupGain(*key, self.sketch, misses)

    def give_back(self, gain: GroupGain) -> None:
        self.misses += gain.misses
        self.written = False


_Key = tuple[date, ReaderKind, str]
_GroupKey = tuple[Group, int, datetime]


class Readings:
    """One per process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._fresh_for = timedelta(days=settings.new_member_days)
        self._kept: dict[_Key, _Kept] = {}
        self._groups: dict[_GroupKey, _KeptGroup] = {}
        self._key = b""
        self._positions = Positions(b"", kept_max=1)
        self._writing = asyncio.Lock()
        # Since the last try: then requests try no more, and the task that always writes does.
        self._failing = False
        self._member = functools.lru_cache(_READERS_MAX)(self._member_of)
        self._stranger = functools.lru_cache(_READERS_MAX)(self._stranger_at)
        self._fresh = functools.lru_cache(_READERS_MAX)(self._fresh_member_at)

    @property
    def on(self) -> bool:
        return self._settings.rate_limits

    def reader(self, scope: Any, account_id: AccountId | None, joined_at: datetime | None) -> Reader:
        """Hot path: each request that gave something."""
        if account_id is not None and not self.is_fresh(joined_at):
            return self._member(account_id)
        address = client_address(scope, self._settings.trusted_proxies)
        if account_id is None:
            return self._stranger(address)
        days = 0 if joined_at is None else clock.now().toordinal() - joined_at.toordinal()
        return self._fresh(account_id, days, address)

    def is_fresh(self, joined_at: datetime | None) -> bool:
        """Of a member; who has no date counts as one who has just come."""
        return joined_at is None or joined_at > clock.now() - self._fresh_for

    async def refuse_used_up(self, database: Database, reader: Reader) -> None:
        """Raises ReadEnough when one of the reader's budgets is used up."""
        now = clock.now()
        if not self._key:
            await self._begin(database)
        kept = self._find(reader, now.date()) or await self._read(database, reader, now.date())
        _refuse_used_up(kept, now)

    async def count(self, database: Database, reader: Reader, things: Collection[int]) -> None:
        """Hot path: a page of 40 things that all were read before, 20 µs and no statement.

        Raises ReadEnough when one of the reader's budgets is used up: then the things must not be given.
        """
        now = clock.now()
        if not self._key:
            await self._begin(database)
        kept = self._find(reader, now.date()) or await self._read(database, reader, now.date())
        positions = [self._positions.of(each) for each in things]
        _refuse_used_up(kept, now)
        self._add_to_group((reader.group, SLOT_SECONDS, slot_of(now)), positions)
        changed = self._add(reader, kept, positions, now)
        if kept[0].unwritten_since and not self._failing and any(each.is_due(now) for each in kept):
            await self._try(self._write(database, kept, ()))
        if changed:
            _refuse_used_up(kept, now)

    async def note_misses(self, database: Database, reader: Reader, misses: int) -> None:
        """For the figures: what was asked for is not there. kit/rate_limit.py has the budget."""
        now = clock.now()
        if not self._key:
            await self._begin(database)
        kept = self._find(reader, now.date()) or await self._read(database, reader, now.date())
        for each in kept:
            each.misses += misses
            each.note_unwritten(0)
        for seconds, begins in ((SLOT_SECONDS, slot_of(now)), (DAY_SECONDS, day_of(now))):
            group = self._group((reader.group, seconds, begins))
            group.misses += misses
            group.written = False

    async def write_all(self, database: Database) -> None:
        """Whatever isn't written yet, and forgets the groups' slots that are over."""
        unwritten = [each for each in self._kept.values() if each.unwritten_since]
        for first in range(0, len(unwritten), _WRITTEN_AT_ONCE):
            await self._write(database, unwritten[first : first + _WRITTEN_AT_ONCE], ())
        groups = [key for key, group in self._groups.items() if not group.written]
        if groups:
            await self._write(database, (), groups)
        oldest = clock.now() - timedelta(days=2)
        self._groups = {key: group for key, group in self._groups.items() if key[2] > oldest}

    async def keep_writing(self, database: Database) -> None:
        """Until cancelled, and then once more. What could not be written now is written the next time."""
        try:
            while True:
                await asyncio.sleep(_WRITE_EVERY_SECONDS)
                await self._try(self.write_all(database))
        finally:
            await self._try(self.write_all(database))

    async def _try(self, writing: Awaitable[None]) -> None:
        """What was read stays counted in this process when it can't be written."""
        try:
            await writing
            self._failing = False
        except Exception as error:
            if not self._failing and not isinstance(error, ParleyError) and not lost_connection(error):
                log.exception("what was read could not be written, and it is tried again")
            self._failing = True

    def _find(self, reader: Reader, day: date) -> list[_Kept] | None:
        """What is kept of all of the reader's names; None if something is missing."""
        found = []
        for name in reader.names:
            kept = self._kept.get((day, name.kind, name.text))
            if kept is None:
                return None
            found.append(kept)
        return found

    async def _begin(self, database: Database) -> None:
        async with database.reading() as conn:
            self._key = await server_secret(conn, SECRET_NAME)
        self._positions = Positions(self._key, kept_max=_POSITIONS_KEPT)

    async def _read(self, database: Database, reader: Reader, day: date) -> list[_Kept]:
        """One statement for all names that this process doesn't know; what it knows may be forgotten meanwhile."""
        if len(self._kept) + len(reader.names) > _READERS_MAX:
            await self._forget_oldest(database)
        known = ((each, self._kept.get((day, each.kind, each.text))) for each in reader.names)
        held = {each: kept for each, kept in known if kept is not None}
        missing = [each for each in reader.names if each not in held]
        async with database.reading() as conn:
            names = [(each.kind, each.text) for each in missing]
            found = await sketches_of(conn, self._key, day, names)
        for name, (sketch, things_before) in zip(missing, found, strict=True):
            before = self._kept.get((day - timedelta(days=1), name.kind, name.text))
            held[name] = _Kept(
                name,
                reader.group,
                day,
                sketch,
                max(at_most(things_before), 0 if before is None else before.sketch.things_at_most),
            )
        return [self._kept.setdefault((day, each.kind, each.text), held[each]) for each in reader.names]

    async def _forget_oldest(self, database: Database) -> None:
        await self.write_all(database)
        for key in list(self._kept)[: _READERS_MAX // 10]:
            if not self._kept[key].unwritten_since:
                del self._kept[key]

    def _add(
        self, reader: Reader, kept: Sequence[_Kept], positions: Sequence[tuple[int, int]], now: datetime
    ) -> bool:
        """Wider names, and the group, hold all that narrower ones do: what changes nothing there changes none."""
        changed = False
        for each in kept:
            before = each.sketch.things
            if not each.sketch.add(positions):
                return changed
            each.note_unwritten(max(1, each.sketch.things - before))
            changed = True
        self._add_to_group((reader.group, DAY_SECONDS, day_of(now)), positions)
        return changed

    def things_lately(self, group: Group) -> int:
        """How many different things this process has given a group in the present five minutes."""
        found = self._groups.get((group, SLOT_SECONDS, slot_of(clock.now())))
        return 0 if found is None else found.sketch.things

    def _add_to_group(self, key: _GroupKey, positions: Iterable[tuple[int, int]]) -> None:
        group = self._group(key)
        if group.sketch.add(positions):
            group.written = False

    def _group(self, key: _GroupKey) -> _KeptGroup:
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = _KeptGroup()
        return found

    async def _write(self, database: Database, kept: Sequence[_Kept], groups: Sequence[_GroupKey]) -> None:
        """One after the other in a process: what is written is what was there when its turn came."""
        async with self._writing:
            gains = [each.take() for each in kept]
            group_gains = [self._groups[key].take(key) for key in groups]
            try:
                async with database.transaction() as conn:
                    merged = await merge_readers(conn, self._key, gains)
                    await merge_groups(conn, group_gains)
            except BaseException:
                for each, gain in zip(kept, gains, strict=True):
                    each.give_back(gain)
                for key, group_gain in zip(groups, group_gains, strict=True):
                    self._groups[key].give_back(group_gain)
                raise
        for each, sketch in zip(kept, merged, strict=True):
            each.sketch.merge(sketch)

    def _member_of(self, account_id: AccountId) -> Reader:
        return Reader("member", (self._account_name(account_id, self._settings.read_by_member_max),))

    def _stranger_at(self, address: str) -> Reader:
        block, network = blocks_around(address)
        who = self._name("address", address_group(address), block, self._settings.read_by_address_max)
        return Reader("anonymous", (who, *self._names_around(block, network)))

    def _fresh_member_at(self, account_id: AccountId, days: int, address: str) -> Reader:
        """Each further day after joining brings as much as the first, until they are like all others.

        Days are dates, so that a budget stays the same as long as the day that it is of.
        """
        settings = self._settings
        block, network = blocks_around(address)
        limit = min(settings.read_by_new_member_max * (1 + max(0, days)), settings.read_by_member_max)
        return Reader("fresh", (self._account_name(account_id, limit), *self._names_around(block, network)))

    def _names_around(self, block: str, network: str) -> tuple[_Name, _Name]:
        return (
            self._name("block", block, block, self._settings.read_by_block_max),
            self._name("network", network, network, self._settings.read_by_network_max),
        )

    def _account_name(self, account_id: AccountId, limit: int) -> _Name:
        return self._name("account", str(account_id), str(account_id), limit)

    def _name(self, kind: ReaderKind, text: str, shown: str, limit: int) -> _Name:
        workers = self._settings.workers
        unwritten_max = max(1, min(UNWRITTEN_MAX, limit // (_UNWRITTEN_PART * workers)))
        return _Name(kind, text, shown, limit - (workers - 1) * unwritten_max, unwritten_max)


def _refuse_used_up(kept: Sequence[_Kept], now: datetime) -> None:
    for each in kept:
        # Mostly the two whole days together are within it, and nobody need know how late it is.
        if each.sketch.things_at_most + each.before > each.name.limit:
            _refuse_late(kept, now)
            return


def _refuse_late(kept: Sequence[_Kept], now: datetime) -> None:
    """What was read on the day before counts by as much of it as lies within the last 24 hours."""
    seconds_left = DAY_SECONDS - (now.hour * 60 + now.minute) * 60 - now.second
    used_up = [each for each in kept if each.is_used_up(seconds_left)]
    if not used_up:
        return
    for each in used_up:
        if each.used_up_at is None:
            each.used_up_at = now
            each.note_unwritten(0)
    raise ReadEnough(
        shared=any(each.name.kind in {"block", "network"} for each in used_up),
        retry_after_seconds=max(each.seconds_until_room(seconds_left) for each in used_up),
    )
