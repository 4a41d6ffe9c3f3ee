"""Pair: what is between two accounts, seen from one of them, both rows locked; and writing what an act changed.

An act changes both sides of a Pair in memory and saves it. Only here are rows written that have a mirror, so
here alone stand the order of locks and the counting of follows.
"""

from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import replace

from parley.graph import queries
from parley.graph.models import Relationship
from parley.identity.accounts import add_to_counts
from parley.kit.db import Connection
from parley.kit.ids import AccountId


class Pair(msgspec.Struct, frozen=True):
    """`mine` is the acting account's row about the other, `theirs` the other's about it."""

    account_id: AccountId
    mine: Relationship
    theirs: Relationship

    @property
    def other_id(self) -> AccountId:
        return self.mine.other_id

    @property
    def turned(self) -> "Pair":
        """The same, seen from the other account."""
        return Pair(self.other_id, mine=self.theirs, theirs=self.mine)


async def open_pair(conn: Connection, account_id: AccountId, other_id: AccountId) -> Pair:
    """For acts that begin something: both rows are there, and this transaction's until it ends."""
    return await _fetch_pair(conn, account_id, other_id, queries.open_relationship)


async def lock_pair(conn: Connection, account_id: AccountId, other_id: AccountId) -> Pair:
    """For acts that end something: strangers get no rows, and there is nothing to end between them."""
    return await _fetch_pair(conn, account_id, other_id, queries.lock_relationship)


async def _fetch_pair(
    conn: Connection,
    account_id: AccountId,
    other_id: AccountId,
    fetch: Callable[[Connection, AccountId, AccountId], Awaitable[Relationship | None]],
) -> Pair:
    """The lower account's row first, whoever acts: so acts that cross wait for each other in turn."""
    low, high = sorted((account_id, other_id))
    row_of = {
        low: await fetch(conn, low, high) or Relationship(high),
        high: await fetch(conn, high, low) or Relationship(low),
    }
    return Pair(account_id, mine=row_of[account_id], theirs=row_of[other_id])


async def save_pair(conn: Connection, before: Pair, after: Pair) -> None:
    """Writes the rows that changed, and counts the follows that began or ended."""
    sides = sorted(
        [(after.account_id, before.mine, after.mine), (after.other_id, before.theirs, after.theirs)],
        key=lambda side: side[0],
    )
    for account_id, old, new in sides:
        if new != old:
            await queries.update_relationship(conn, account_id, new)
    for account_id, old, new in sides:
        following = (new.follow_id is not None) - (old.follow_id is not None)
        followers = (new.followed_by_id is not None) - (old.followed_by_id is not None)
        if following or followers:
            begins = following > 0 or followers > 0
            await add_to_counts(conn, account_id, following=following, followers=followers, begins=begins)


# What acts change, on both sides


def with_request(pair: Pair, act_id: int) -> Pair:
    return replace(
        pair,
        mine=replace(pair.mine, requested_id=act_id),
        theirs=replace(pair.theirs, requested_by_id=act_id),
    )


def with_follow(pair: Pair, act_id: int) -> Pair:
    """A request becomes what was asked for."""
    return replace(
        pair,
        mine=replace(pair.mine, follow_id=act_id, requested_id=None),
        theirs=replace(pair.theirs, followed_by_id=act_id, requested_by_id=None),
    )


def with_options(pair: Pair, *, show_reblogs: bool, notify: bool, languages: tuple[str, ...] | None) -> Pair:
    return replace(
        pair,
        mine=replace(pair.mine, show_reblogs=show_reblogs, notify=notify, languages=languages),
        theirs=replace(
            pair.theirs,
            followed_by_shows_reblogs=show_reblogs,
            followed_by_notify=notify,
            followed_by_languages=languages,
        ),
    )


def without_follow(pair: Pair) -> Pair:
    """Ends a follow or a request of the acting account, and what only followers can have."""
    plain = with_options(pair, show_reblogs=True, notify=False, languages=None)
    return replace(
        pair,
        mine=replace(plain.mine, follow_id=None, requested_id=None, endorsement_id=None),
        theirs=replace(plain.theirs, followed_by_id=None, requested_by_id=None),
    )


def with_block(pair: Pair, act_id: int) -> Pair:
    """A block ends follows and requests both ways."""
    apart = without_follow(without_follow(pair).turned).turned
    return replace(
        pair,
        mine=replace(apart.mine, block_id=act_id),
        theirs=replace(apart.theirs, blocked_by_id=act_id),
    )


def without_block(pair: Pair) -> Pair:
    return replace(
        pair, mine=replace(pair.mine, block_id=None), theirs=replace(pair.theirs, blocked_by_id=None)
    )
