"""Requests to notify a member, to RequestViews: without accounts gone, suspended or shut out."""

from collections.abc import Sequence

import msgspec

from parley.hydration.models import StatusView
from parley.hydration.notifications import is_shut_out
from parley.hydration.statuses import complete
from parley.identity.models import AccountView
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.paging import Page
from parley.notifications.models import Request
from parley.notifications.requests import requests_page, require_request
from parley.publishing.visibility import visible_with_accounts


class RequestView(msgspec.Struct, frozen=True):
    """Somebody whose notifications wait to be let through, and the last status of theirs, if it can be seen."""

    request: Request
    account: AccountView
    last_status: StatusView | None


class RequestPage(msgspec.Struct, frozen=True):
    """`oldest` and `newest` are the ids of what was looked at, dropped ones included."""

    views: list[RequestView]
    oldest: int | None
    newest: int | None
    full: bool


async def request_page(conn: Connection, viewer: Viewer, page: Page) -> RequestPage:
    rows = await requests_page(conn, require_account(viewer), page)
    views = await _views(conn, viewer, rows)
    if not rows:
        return RequestPage([], None, None, full=False)
    return RequestPage(views, rows[-1].id, rows[0].id, len(rows) == page.limit)


async def request_view(conn: Connection, viewer: Viewer, request_id: int) -> RequestView:
    """Raises NotFound, also for one that lists leave out."""
    request = await require_request(conn, require_account(viewer), request_id)
    views = await _views(conn, viewer, [request])
    if not views:
        raise NotFound
    return views[0]


async def _views(conn: Connection, viewer: Viewer, rows: Sequence[Request]) -> list[RequestView]:
    if not rows:
        return []
    senders = [row.from_account_id for row in rows]
    status_ids = [row.last_status_id for row in rows if row.last_status_id is not None]
    visible, related = await visible_with_accounts(conn, viewer, status_ids, senders)
    completed = await complete(conn, viewer, list(visible.values()), "notifications")
    statuses = {view.status.id: view for view in completed}
    views = []
    for row in rows:
        sender = related.get(row.from_account_id)
        if sender is not None and not is_shut_out(sender):
            status = None if row.last_status_id is None else statuses.get(row.last_status_id)
            views.append(RequestView(row, sender.view, status))
    return views
