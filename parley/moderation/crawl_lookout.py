"""Lookout: has what is read looked at as soon as it grows by leaps, as a minute is long for who reads from many places."""

import asyncio
import logging
from datetime import datetime

from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.reading_rows import Group, slot_of
from parley.kit.readings import Readings
from parley.kit.services import Services
from parley.moderation.crawl_alarms import watch_readings

# How much more, beyond a step, makes a second look worth its statements.
_GROWTH = 1.1
_STEPS_TO_FLOOR = 8

log = logging.getLogger(__name__)


class Lookout:
    """One per process. Each sees what it gives itself, so several have the lower a floor."""

    def __init__(self, services: Services, readings: Readings) -> None:
        self._services = services
        self._readings = readings
        self._floor = max(1, services.settings.crawl_alarm_floor // services.settings.workers)
        self._step = max(1, self._floor // _STEPS_TO_FLOOR)
        self._given = 0
        self._seen: dict[Group, tuple[datetime, int]] = {}
        self._looking: asyncio.Event | None = None
        self._blind = False

    async def notice(self, viewer: Viewer) -> None:
        """Hot path: each request that gave something, 5 µs; a look, of some statements, when much is new at once."""
        if viewer.given is None or not viewer.given.things:
            return
        self._given += len(viewer.given.things)
        if self._looking is not None:
            # Else what strangers and new members ask for meanwhile would be out before the alarm.
            if self._readings.is_fresh(viewer.joined_at):
                await self._looking.wait()
            return
        if self._given < self._step:
            return
        self._given = 0
        group: Group = "anonymous" if viewer.account_id is None else "fresh"
        if not self._has_leapt(group):
            return
        looking = self._looking = asyncio.Event()
        try:
            await self._look(group)
        finally:
            self._looking = None
            looking.set()

    async def _look(self, group: Group) -> None:
        """Whoever happens to carry it gets their answer all the same: a look that fails is taken again a step later."""
        try:
            await self._readings.write_all(self._services.database)
            async with self._services.database.transaction() as conn:
                await watch_readings(conn, self._services.settings)
            self._blind = False
        except Exception as error:  # noqa: BLE001 - what hinders it hinders no answer, and it is told
            self._seen.pop(group, None)
            if not self._blind:
                self._blind = True
                log.warning(
                    "nobody could look whether somebody copies all there is, and it is tried again: %r", error
                )

    def _has_leapt(self, group: Group) -> bool:
        """Above the floor for the first time in these five minutes, or by much since the last look."""
        things = self._readings.things_lately(group)
        if things < self._floor:
            return False
        slot = slot_of(clock.now())
        seen_slot, seen = self._seen.get(group, (slot, 0))
        if seen_slot != slot:
            seen = 0
        if things < _GROWTH * seen + self._step:
            return False
        self._seen[group] = (slot, things)
        return True
