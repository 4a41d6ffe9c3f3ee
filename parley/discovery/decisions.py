"""What staff decide about trends: on a tag, a status, a link, or on all of an author's statuses or a publisher's links."""

from collections.abc import Collection, Sequence

import msgspec

from parley.discovery import trend_queries as queries
from parley.discovery.models import Decided, Kind, Trend
from parley.discovery.trends import recent_trends
from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId

# The kind of decision on a thing itself, and on all of its group.
_OF_KIND: dict[Kind, tuple[Decided, Decided | None]] = {
    Kind.TAG: (Decided.TAG, None),
    Kind.LINK: (Decided.LINK, Decided.PUBLISHER),
    Kind.STATUS: (Decided.STATUS, Decided.AUTHOR),
}
_KIND_OF = {each: kind for kind, pair in _OF_KIND.items() for each in pair if each is not None}


async def decide_as_staff(
    conn: Connection, viewer: Viewer, on: Decided, subject_id: int, *, allowed: bool
) -> None:
    """Raises Forbidden for whoever may not."""
    staff_id = require_staff(viewer, Permission.MANAGE_TAXONOMIES)
    await decide(conn, on, subject_id, allowed=allowed, decided_by=staff_id)


async def decide(
    conn: Connection, on: Decided, subject_id: int, *, allowed: bool, decided_by: AccountId | None = None
) -> None:
    """It holds for good, or until it is decided otherwise, and for what is ranked now at once."""
    await queries.upsert_decision(
        conn, on, subject_id, allowed=allowed, decided_by=decided_by, now=clock.now()
    )
    kind = _KIND_OF[on]
    for each in await allowed_of(conn, kind, await queries.trends(conn, kind)):
        await queries.set_allowed(conn, kind, each.subject_id, allowed=each.allowed)
    recent_trends.changed(conn, int(kind))


async def allowed_of(conn: Connection, kind: Kind, ranked: Sequence[Trend]) -> list[Trend]:
    """With what was decided: a decision on a thing itself goes before one on its group."""
    if kind not in _OF_KIND or not ranked:
        return list(ranked)
    own, group = _OF_KIND[kind]
    on_each = await decisions_on(conn, own, [each.subject_id for each in ranked])
    group_ids = {each.group_id for each in ranked if each.group_id is not None}
    on_group = await decisions_on(conn, group, group_ids) if group is not None and group_ids else {}
    return [
        msgspec.structs.replace(each, allowed=on_each.get(each.subject_id, on_group.get(each.group_id or 0)))
        for each in ranked
    ]


async def decisions_on(conn: Connection, on: Decided, subject_ids: Collection[int]) -> dict[int, bool]:
    """Whether each is allowed; without those that nobody has decided upon."""
    return {row[0]: row[1] for row in await queries.decisions_on(conn, on, subject_ids)}
