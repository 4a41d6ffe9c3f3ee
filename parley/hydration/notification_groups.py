"""Groups of notifications to GroupViews, and pages of them: without what is gone, hidden or shut out meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from parley.hydration.models import StatusView, Subject
from parley.hydration.notification_subjects import for_viewer, subjects_of
from parley.hydration.notifications import is_shut_out
from parley.hydration.pages import REFILLS_MAX
from parley.hydration.statuses import complete
from parley.identity.models import AccountView
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId, NotificationId, StatusId, moment_of
from parley.kit.paging import Page
from parley.notifications.groups import group_skeleton, key_of, members_by_group, read_key, rows_of
from parley.notifications.models import EVERYTHING, GROUPABLE_TYPES, Group, GroupMembers, Notification, Wanted
from parley.publishing.visibility import RelatedAccount, visible_with_accounts

SAMPLE_ACCOUNTS = 8


class GroupView(msgspec.Struct, frozen=True):
    """Notifications that stand as one: how many, who came last (first in `accounts`), what it is about.

    `page_min_id`: the oldest of them in the page; None where they aren't part of one.
    """

    key: str
    type: str
    count: int
    newest_id: NotificationId
    page_min_id: NotificationId | None
    accounts: tuple[AccountView, ...]
    status: StatusView | None
    subject: Subject | None = None

    @property
    def created_at(self) -> datetime:
        return moment_of(self.newest_id)


class GroupPage(msgspec.Struct, frozen=True):
    """`oldest` and `newest` are the ids of what was looked at, dropped ones included; None when that is nothing."""

    views: list[GroupView]
    oldest: int | None
    newest: int | None
    full: bool


class _Asked(msgspec.Struct, frozen=True):
    """What of a member's notifications, and which types of them stand as groups."""

    account_id: AccountId
    wanted: Wanted
    grouped_types: Sequence[str]


async def group_page(
    conn: Connection,
    viewer: Viewer,
    page: Page,
    wanted: Wanted = EVERYTHING,
    grouped_types: Sequence[str] = GROUPABLE_TYPES,
) -> GroupPage:
    """Hot path: 20 in three statements; refilled at most three times."""
    asked = _Asked(require_account(viewer), wanted, grouped_types)
    views: list[GroupView] = []
    bounds: list[int] = []
    question, full = page, True
    for _ in range(1 + REFILLS_MAX):
        found = await group_skeleton(conn, asked.account_id, question, wanted, grouped_types)
        if found.oldest is None or found.newest is None:
            full = False
            break
        bounds += [found.oldest, found.newest]
        fresh = await _views(conn, viewer, asked, found.rows, found.oldest)
        views, full = _joined(views, fresh, ascending=page.ascending), found.full
        if not full or len(views) >= page.limit:
            break
        missing = page.limit - len(views)
        question = (
            page.continued_above(max(bounds), missing)
            if page.ascending
            else page.continued_below(min(bounds), missing)
        )
    return GroupPage(views, min(bounds, default=None), max(bounds, default=None), full)


def _joined(views: list[GroupView], fresh: list[GroupView], *, ascending: bool) -> list[GroupView]:
    """A group that a refill finds once more stands where it stood."""
    known = {each.key for each in views}
    fresh = [each for each in fresh if each.key not in known]
    return fresh + views if ascending else views + fresh


async def group_view(conn: Connection, viewer: Viewer, key: str) -> GroupView:
    """One by its key. Raises NotFound, also for one that lists leave out."""
    asked = _Asked(require_account(viewer), EVERYTHING, GROUPABLE_TYPES)
    found = read_key(key)
    rows = await rows_of(conn, asked.account_id, found, Page(limit=1))
    if not isinstance(found, Group):
        asked = msgspec.structs.replace(asked, grouped_types=())
    views = await _views(conn, viewer, asked, rows, None)
    if not views:
        raise NotFound
    return views[0]


class AccountPage(msgspec.Struct, frozen=True):
    """Who is in a group; paged by the ids of their notifications."""

    views: list[AccountView]
    oldest: int | None
    newest: int | None
    full: bool


async def accounts_of_group(conn: Connection, viewer: Viewer, key: str, page: Page) -> AccountPage:
    """Who came last stands first. Raises NotFound for what is no group's key."""
    rows = await rows_of(conn, require_account(viewer), read_key(key), page)
    senders = list(dict.fromkeys(row.from_account_id for row in rows))
    _, related = await visible_with_accounts(conn, viewer, [], senders)
    views = _shown(related, senders)
    ids = [row.id for row in rows]
    return AccountPage(views, min(ids, default=None), max(ids, default=None), len(rows) == page.limit)


async def _views(
    conn: Connection, viewer: Viewer, asked: _Asked, rows: Sequence[Notification], page_min_id: int | None
) -> list[GroupView]:
    """In the order of `rows`, the newest of each group."""
    rows = for_viewer(viewer, rows)
    if not rows:
        return []
    low = rows[-1].id if page_min_id is None else page_min_id
    members = await members_by_group(conn, asked.account_id, rows, asked.wanted, asked.grouped_types, low)
    senders = {each for group in members.values() for each in group.account_ids}
    senders |= {row.from_account_id for row in rows}
    status_ids = list({row.status_id for row in rows if row.status_id is not None})
    visible, related = await visible_with_accounts(conn, viewer, status_ids, list(senders))
    completed = await complete(conn, viewer, list(visible.values()), "notifications")
    statuses = {view.status.id: view for view in completed}
    subjects = await subjects_of(conn, rows)
    made = []
    for row in rows:
        group = key_of(row, asked.grouped_types)
        of_group = members.get(group) if isinstance(group, Group) else _alone(row)
        view = None if of_group is None else _view(row, of_group, group, related, statuses, subjects)
        if view is not None:
            made.append(view if page_min_id is not None else msgspec.structs.replace(view, page_min_id=None))
    return made


def _alone(row: Notification) -> GroupMembers:
    return GroupMembers(row.type, row.status_id, 0, 1, row.id, row.id, [row.from_account_id])


def _view(
    row: Notification,
    members: GroupMembers,
    group: object,
    related: Mapping[AccountId, RelatedAccount],
    statuses: Mapping[StatusId, StatusView],
    subjects: Mapping[int, Subject],
) -> GroupView | None:
    accounts = _shown(related, members.account_ids)
    status = statuses.get(row.status_id) if row.status_id is not None else None
    if not accounts or (row.status_id is not None and status is None):
        return None
    key = group.key if isinstance(group, Group) else f"ungrouped-{row.id}"
    return GroupView(
        key,
        row.type,
        members.count,
        members.newest_id,
        members.page_min_id,
        tuple(accounts[:SAMPLE_ACCOUNTS]),
        status,
        None if row.about_id is None else subjects.get(row.about_id),
    )


def _shown(
    related: Mapping[AccountId, RelatedAccount], account_ids: Iterable[AccountId]
) -> list[AccountView]:
    found = [related[each] for each in dict.fromkeys(account_ids) if each in related]
    return [each.view for each in found if not is_shut_out(each)]
