"""Ancestors and descendants of a status: ids only, in the order of conversation; whoever shows them checks each."""

import msgspec

from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.publishing import queries
from parley.publishing.models import Status
from parley.publishing.visibility import require_visible

THREAD_ROWS_MAX = 4096


class ThreadLimits(msgspec.Struct, frozen=True):
    """How much of a thread one answer may hold (https://docs.joinmastodon.org/methods/statuses/#context)."""

    ancestors: int
    descendants: int
    depth: int


MEMBER_LIMITS = ThreadLimits(ancestors=4096, descendants=4096, depth=4096)
ANONYMOUS_LIMITS = ThreadLimits(ancestors=40, descendants=60, depth=20)


class Thread(msgspec.Struct, frozen=True):
    """`ancestors` from the root down; `descendants` depth first, each level oldest first."""

    ancestors: list[StatusId]
    descendants: list[StatusId]


async def thread_of(conn: Connection, status_id: StatusId) -> StatusId | None:
    """For jobs: which thread it stands in, or None when it is gone."""
    return await queries.find_thread_id(conn, status_id)


async def thread_around(conn: Connection, viewer: Viewer, status_id: StatusId) -> Thread:
    """The thread of a status that the viewer may see. Raises NotFound."""
    found = await require_visible(conn, viewer, status_id)
    status = (found.reblog or found).status
    limits = MEMBER_LIMITS if viewer.account_id is not None else ANONYMOUS_LIMITS
    rows = await queries.thread_rows(conn, status.thread_id, THREAD_ROWS_MAX)
    parents: dict[StatusId, StatusId] = {child: parent for child, parent in rows if parent is not None}
    children: dict[StatusId, list[StatusId]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    return Thread(_ancestors(status.id, parents, limits), _descendants(status, children, limits))


def _ancestors(
    status_id: StatusId, parents: dict[StatusId, StatusId], limits: ThreadLimits
) -> list[StatusId]:
    found: list[StatusId] = []
    parent = parents.get(status_id)
    while parent is not None and len(found) < limits.ancestors:
        found.append(parent)
        parent = parents.get(parent)
    return found[::-1]


def _descendants(
    status: Status, children: dict[StatusId, list[StatusId]], limits: ThreadLimits
) -> list[StatusId]:
    found: list[StatusId] = []
    waiting = [(child, 1) for child in reversed(children.get(status.id, []))]
    while waiting and len(found) < limits.descendants:
        status_id, depth = waiting.pop()
        found.append(status_id)
        if depth < limits.depth:
            waiting.extend((child, depth + 1) for child in reversed(children.get(status_id, [])))
    return found
