"""Notifications to NotificationViews, and pages of them: without what is gone, hidden or shut out meanwhile."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.hydration.models import NotificationView, StatusView, Subject
from parley.hydration.notification_subjects import for_viewer, subjects_of
from parley.hydration.pages import REFILLS_MAX
from parley.hydration.statuses import complete, complete_for_each
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId, NotificationId, StatusId
from parley.kit.paging import Page
from parley.notifications.models import EVERYTHING, Notification, Wanted
from parley.notifications.read import notification_skeleton, require_notification
from parley.publishing.visibility import RelatedAccount, visible_to_each, visible_with_accounts


class NotificationPage(msgspec.Struct, frozen=True):
    """`oldest` and `newest` are the ids of what was looked at, dropped ones included; None when that is nothing.

    `full`: whether there may be more in the direction of reading.
    """

    views: list[NotificationView]
    oldest: int | None
    newest: int | None
    full: bool


async def notification_page(
    conn: Connection, viewer: Viewer, page: Page, wanted: Wanted = EVERYTHING
) -> NotificationPage:
    """Hot path: 20 in two statements, and one for polls if there are any; refilled at most three times."""
    account_id = require_account(viewer)
    views: list[NotificationView] = []
    looked_at: list[int] = []
    question, full = page, True
    for _ in range(1 + REFILLS_MAX):
        rows = await notification_skeleton(conn, account_id, question, wanted)
        looked_at += [row.id for row in rows]
        fresh = await notification_views(conn, viewer, rows)
        views = fresh + views if page.ascending else views + fresh
        full = len(rows) == question.limit
        if not full or len(views) == page.limit:
            break
        question = _next_question(page, looked_at, page.limit - len(views))
    if not looked_at:
        return NotificationPage([], None, None, full=False)
    return NotificationPage(views, min(looked_at), max(looked_at), full)


def _next_question(page: Page, looked_at: Sequence[int], missing: int) -> Page:
    if page.ascending:
        return page.continued_above(max(looked_at), missing)
    return page.continued_below(min(looked_at), missing)


async def notification_view(
    conn: Connection, viewer: Viewer, notification_id: NotificationId
) -> NotificationView:
    """Raises NotFound, also for one that lists leave out."""
    row = await require_notification(conn, require_account(viewer), notification_id)
    views = await notification_views(conn, viewer, [row])
    if not views:
        raise NotFound
    return views[0]


async def notification_views(
    conn: Connection, viewer: Viewer, rows: Sequence[Notification]
) -> list[NotificationView]:
    """In the order given. Left out: those from accounts gone, suspended, blocked either way or muted, and those of
    statuses that are gone or that the viewer may not see any more.
    """
    rows = for_viewer(viewer, rows)
    if not rows:
        return []
    status_ids = list({row.status_id for row in rows if row.status_id is not None})
    senders = list({row.from_account_id for row in rows})
    visible, related = await visible_with_accounts(conn, viewer, status_ids, senders)
    completed = await complete(conn, viewer, list(visible.values()), "notifications")
    statuses = {view.status.id: view for view in completed}
    return _views(rows, related, statuses, await subjects_of(conn, rows))


async def notification_views_for_each(
    conn: Connection, rows: Mapping[AccountId, Notification]
) -> dict[AccountId, NotificationView]:
    """One notification each, all of one event, for many members at once: the same few statements for all.

    Left out as in notification_views.
    """
    event = next(iter(rows.values()))
    status_ids = [] if event.status_id is None else [event.status_id]
    seen = await visible_to_each(conn, list(rows), status_ids, [event.from_account_id])
    found = {viewer_id: each for viewer_id, of in seen.items() for each in of.statuses.values()}
    completed = await complete_for_each(conn, found)
    subjects = await subjects_of(conn, [event])
    views: dict[AccountId, NotificationView] = {}
    for viewer_id, row in rows.items():
        view = completed.get(viewer_id)
        statuses = {} if view is None else {view.status.id: view}
        for made in _views([row], seen[viewer_id].accounts, statuses, subjects):
            views[viewer_id] = made
    return views


def _views(
    rows: Sequence[Notification],
    related: Mapping[AccountId, RelatedAccount],
    statuses: Mapping[StatusId, StatusView],
    subjects: Mapping[int, Subject],
) -> list[NotificationView]:
    views: list[NotificationView] = []
    for row in rows:
        sender = related.get(row.from_account_id)
        if sender is None or is_shut_out(sender):
            continue
        status = statuses.get(row.status_id) if row.status_id is not None else None
        if row.status_id is None or status is not None:
            subject = None if row.about_id is None else subjects.get(row.about_id)
            views.append(NotificationView(row.id, row.type, sender.view, status, subject))
    return views


def is_shut_out(sender: RelatedAccount) -> bool:
    """Whether lists leave out what came from this account."""
    relation = sender.relation
    return (
        sender.view.account.suspended_at is not None
        or relation.blocking
        or relation.blocked_by
        or relation.muting_notifications
        or relation.domain_blocking
    )
