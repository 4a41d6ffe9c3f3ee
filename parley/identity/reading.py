"""What one request reads of other people's: noted while it is answered, counted before the answer goes out."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import msgspec

from parley.identity.viewer import ANONYMOUS, Viewer
from parley.kit.db import Database
from parley.kit.errors import NotFound
from parley.kit.rate_limit import RateLimiter
from parley.kit.readings import Given, ReadEnough, Readings

Answered = TypeVar("Answered")


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
    """What a door counts with. `notice` is told of whoever was given something."""

    readings: Readings
    limiter: RateLimiter
    database: Database
    notice: Callable[[Viewer], Awaitable[None]]


class Terms(msgspec.Struct, frozen=True):
    """On which a route answers, whoever asks."""

    # What it gives of other people's counts into the budgets of who asks.
    counted: bool
    # The member's own home: it counts for those who joined lately alone.
    home: bool
    # Once a budget is used up, it is not given. An act has been done by then.
    refuses: bool
    # It is asked for by what could be guessed.
    guessable: bool


async def answer_counted(
    budgets: Budgets,
    scope: Any,
    viewer: Viewer,
    terms: Terms,
    answer: Callable[[Viewer], Awaitable[Answered]],
) -> Answered:
    """Hot path: every request, 3 µs beside what it calls. The answer, counted for whoever asks.

    Raises ReadEnough, or TooMany after too many misses, when they have read or guessed as much as they may.
    """
    if counts_home(budgets, viewer) if terms.home else terms.counted and budgets.readings.on:
        viewer = as_reader(viewer)
    if terms.guessable:
        budgets.limiter.refuse_guesser(viewer.account_id, scope)
    try:
        answered = await answer(viewer)
    except NotFound:
        await count_misses(budgets, scope, viewer)
        raise
    given = viewer.given
    if given is not None and (given.things or given.misses):
        await _count(budgets, scope, viewer, given, terms)
    return answered


async def _count(budgets: Budgets, scope: Any, viewer: Viewer, given: Given, terms: Terms) -> None:
    if given.misses:
        await count_misses(budgets, scope, viewer, given.misses)
    if not given.things:
        return
    reader = budgets.readings.reader(scope, viewer.account_id, viewer.joined_at)
    try:
        await budgets.readings.count(budgets.database, reader, given.things)
    except ReadEnough:
        if terms.refuses:
            raise
    await budgets.notice(viewer)


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
