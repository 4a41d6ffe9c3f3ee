"""What one request reads of other people's: noted while it is answered, counted before the answer goes out."""

from collections.abc import Iterable
from typing import Any

import msgspec

from parley.identity.viewer import ANONYMOUS, Viewer
from parley.kit.db import Database
from parley.kit.rate_limit import RateLimiter
from parley.kit.readings import Given, ReadEnough, Readings


def as_reader(viewer: Viewer) -> Viewer:
    """The viewer of one request whose readings are to be counted."""
    return msgspec.structs.replace(viewer, given=Given())


def as_stranger(viewer: Viewer) -> Viewer:
    """Nobody in particular, where what is shown is the same for all; still counted for whoever asked."""
    return msgspec.structs.replace(ANONYMOUS, given=viewer.given)


def note_given(viewer: Viewer, things: Iterable[int]) -> None:
    """Ids of other people's posts and accounts that this request is about to give; the viewer's own doesn't count."""
    if viewer.given is not None:
        viewer.given.things += [each for each in things if each != viewer.account_id]


def note_misses(viewer: Viewer, misses: int) -> None:
    """How many of the ids that were asked for together there aren't."""
    if viewer.given is not None:
        viewer.given.misses += misses


class Budgets(msgspec.Struct, frozen=True):
    """What a door counts with."""

    readings: Readings
    limiter: RateLimiter
    database: Database


async def count_reading(budgets: Budgets, scope: Any, viewer: Viewer, *, refuse: bool) -> None:
    """Raises ReadEnough, or TooMany after too many misses, instead of giving what was noted.

    `refuse`: not after an act, which has been done by now.
    """
    given = viewer.given
    if given is None:
        return
    if given.misses:
        await count_misses(budgets, scope, viewer, given.misses)
    if given.things:
        reader = budgets.readings.reader(scope, viewer.account_id, viewer.joined_at)
        try:
            await budgets.readings.count(budgets.database, reader, given.things)
        except ReadEnough:
            if refuse:
                raise


def counts_home(budgets: Budgets, viewer: Viewer) -> bool:
    """Whether the viewer's own home counts into their budgets: it does for members who joined lately.

    It is never refused. But who has read enough follows nobody more, as each follow fills a home with what they wrote.
    """
    return budgets.readings.on and budgets.readings.is_fresh(viewer.joined_at)


async def refuse_to_follow_more(budgets: Budgets, scope: Any, viewer: Viewer) -> None:
    """Raises ReadEnough for a member who joined lately and has read as much as they may today."""
    if counts_home(budgets, viewer):
        reader = budgets.readings.reader(scope, viewer.account_id, viewer.joined_at)
        await budgets.readings.refuse_used_up(budgets.database, reader)


async def count_misses(budgets: Budgets, scope: Any, viewer: Viewer, misses: int = 1) -> None:
    """Raises TooMany when whoever asks has asked too often for what isn't there."""
    if not budgets.readings.on:
        return
    reader = budgets.readings.reader(scope, viewer.account_id, viewer.joined_at)
    await budgets.readings.note_misses(budgets.database, reader, misses)
    for _ in range(misses):
        await budgets.limiter.spend_miss(budgets.database, viewer.account_id, scope)
