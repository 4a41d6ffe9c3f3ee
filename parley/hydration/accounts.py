"""Ids to AccountViews, in two statements at most."""

from collections.abc import Collection, Sequence

from parley.graph.domain_blocks import domains_shut_out
from parley.identity import accounts
from parley.identity.models import AccountView
from parley.identity.reading import note_given
from parley.identity.viewer import ANONYMOUS, Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId


async def account_views(conn: Connection, ids: Collection[AccountId]) -> dict[AccountId, AccountView]:
    """Without those that are gone; suspended accounts are among them."""
    return await accounts.account_views(conn, ids)


async def listed_account_views(
    conn: Connection, ids: Sequence[AccountId], viewer: Viewer = ANONYMOUS
) -> list[AccountView]:
    """For lists: in the order given, without those that are gone or suspended, or of a domain the viewer blocks."""
    views = await accounts.account_views(conn, ids)
    found = [views[each] for each in ids if each in views]
    shut_out = await domains_shut_out(conn, viewer, found)
    shown = [
        view for view in found if view.account.suspended_at is None and view.account.domain not in shut_out
    ]
    note_given(viewer, (view.account.id for view in shown))
    return shown
