"""bookmark, pin, mute a thread, and their undos: what only the member who did it learns of."""

from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.ids import StatusId, new_id
from parley.publishing import interaction_queries
from parley.publishing.errors import NotPinnable, TooManyPins
from parley.publishing.models import Status, Visibility
from parley.publishing.reblog import reblogged_visible
from parley.publishing.visibility import require_visible

PINS_MAX = 5


async def bookmark(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusId:
    account_id = require_account(viewer)
    target = (await reblogged_visible(conn, viewer, status_id)).status
    await interaction_queries.mark_bookmark(conn, account_id, target.id, new_id(account_id))
    return target.id


async def unbookmark(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusId:
    target = (await reblogged_visible(conn, viewer, status_id)).status
    await interaction_queries.unmark(conn, "bookmark_id", require_account(viewer), target.id)
    return target.id


async def pin(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusId:
    """Pins an own status to the profile. Raises NotPinnable or TooManyPins."""
    account_id = require_account(viewer)
    found = await require_visible(conn, viewer, status_id)
    own = found.status.account_id == account_id
    if not own or found.reblog is not None or found.status.visibility == Visibility.DIRECT:
        raise NotPinnable
    pinned = await interaction_queries.pinned_ids(conn, account_id, PINS_MAX)
    if status_id not in pinned and len(pinned) >= PINS_MAX:
        raise TooManyPins
    await interaction_queries.mark_pin(conn, account_id, status_id, new_id(account_id))
    return status_id


async def unpin(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusId:
    found = await require_visible(conn, viewer, status_id)
    await interaction_queries.unmark(conn, "pin_id", require_account(viewer), found.status.id)
    return status_id


async def mute_thread(conn: Connection, viewer: Viewer, status_id: StatusId, *, muted: bool) -> StatusId:
    """Stops (or resumes) notifications about the whole conversation that a status belongs to."""
    found = await require_visible(conn, viewer, status_id)
    await interaction_queries.set_thread_muted(
        conn, require_account(viewer), found.status.thread_id, muted=muted
    )
    return status_id


async def thread_is_muted(conn: Connection, viewer: Viewer, status: Status) -> bool:
    """Of a status just made: a thread that begins with it can't be muted yet."""
    if status.thread_id == status.id:
        return False
    return await interaction_queries.is_thread_muted(conn, require_account(viewer), status.thread_id)
