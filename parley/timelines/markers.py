"""Read positions: how far a member has read home and notifications, shared between their devices."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Conflict
from parley.kit.ids import AccountId
from parley.timelines import marker_queries
from parley.timelines.models import Marker

TIMELINES = ("home", "notifications")


async def markers_of(conn: Connection, account_id: AccountId, timelines: Sequence[str]) -> dict[str, Marker]:
    """Those of `timelines` that were ever set."""
    known = [each for each in TIMELINES if each in timelines]
    found = await marker_queries.markers_of(conn, account_id, known) if known else []
    return {each.timeline: each for each in found}


async def set_markers(
    conn: Connection, account_id: AccountId, positions: Mapping[str, int]
) -> dict[str, Marker]:
    """Moves the given timelines' markers, back as well as forth. Raises Conflict when another device was quicker."""
    before = await markers_of(conn, account_id, list(positions))
    after: dict[str, Marker] = {}
    # Always in the same order, so that two devices can't wait for each other.
    for timeline in TIMELINES:
        if timeline in positions:
            after[timeline] = await _set(
                conn, account_id, timeline, before.get(timeline), positions[timeline]
            )
    return after


async def _set(
    conn: Connection, account_id: AccountId, timeline: str, before: Marker | None, last_read_id: int
) -> Marker:
    now = clock.now()
    if before is None:
        fresh = Marker(timeline, last_read_id, 1, now)
        if not await marker_queries.insert_marker(conn, account_id, fresh):
            raise Conflict
        return fresh
    if before.last_read_id == last_read_id:
        return before
    version = before.version
    if not await marker_queries.update_marker(conn, account_id, timeline, last_read_id, version, now):
        raise Conflict
    return msgspec.structs.replace(before, last_read_id=last_read_id, version=version + 1, updated_at=now)
