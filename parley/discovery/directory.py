"""The directory: members who wish to be found, those who were here last or joined last first."""

from typing import Literal

from parley.discovery import people_queries as queries
from parley.discovery.suggestions import is_findable
from parley.graph.relationships import relationships_of
from parley.identity.accounts import open_account_views
from parley.identity.models import AccountView
from parley.identity.viewer import Viewer
from parley.kit.db import Connection

Order = Literal["active", "new"]


async def directory_page(
    conn: Connection, viewer: Viewer, order: Order, limit: int, offset: int
) -> tuple[list[AccountView], bool]:
    """A part of it, without who blocks the viewer or is blocked or muted, and whether there may be more."""
    ids = await queries.directory_ids(conn, order, limit, offset)
    views = await open_account_views(conn, ids)
    shown = [views[each] for each in ids if each in views and is_findable(views[each].account)]
    if viewer.account_id is not None:
        relations = await relationships_of(conn, viewer.account_id, [each.account.id for each in shown])
        shown = [
            each
            for each in shown
            if not relations[each.account.id].blocked_either_way
            and relations[each.account.id].mute_id is None
        ]
    return shown, len(ids) == limit
