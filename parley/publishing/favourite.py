"""favourite and its undo."""

from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.events import emit
from parley.kit.ids import StatusId, new_id
from parley.publishing import interaction_queries, queries
from parley.publishing.events import Favourited, Unfavourited
from parley.publishing.reblog import reblogged_visible


async def favourite(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusId:
    """Safe to repeat. The id of what was favourited: for a boost, what it boosts."""
    account_id = require_account(viewer)
    target = (await reblogged_visible(conn, viewer, status_id)).status
    act_id = new_id(account_id)
    if await interaction_queries.mark_favourite(conn, account_id, target.id, act_id):
        await interaction_queries.insert_status_favourite(conn, target.id, account_id, act_id)
        if not await queries.add_to_status_counts(conn, target.id, favourites=1):
            # Deleted since it was looked at.
            raise NotFound
        await emit(conn, Favourited(account_id, target.id, target.account_id))
    return target.id


async def unfavourite(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusId:
    account_id = require_account(viewer)
    target = (await reblogged_visible(conn, viewer, status_id)).status
    if await interaction_queries.unmark(conn, "favourite_id", account_id, target.id):
        await interaction_queries.delete_status_favourite(conn, target.id, account_id)
        await queries.add_to_status_counts(conn, target.id, favourites=-1)
        await emit(conn, Unfavourited(account_id, target.id, target.account_id))
    return target.id
