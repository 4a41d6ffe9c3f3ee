"""Groups of notifications: a page of them, one by its key, who is in them, how many are unread; dismissing one."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId, NotificationId, StatusId, parse_id
from parley.kit.paging import Page
from parley.notifications import group_queries
from parley.notifications.models import (
    EVERYTHING,
    GROUPABLE_TYPES,
    Group,
    GroupMembers,
    Notification,
    Wanted,
)
from parley.notifications.read import dismiss, notification_skeleton, require_notification, soon

# A page reads twice as many rows as it has groups, and when these are few groups, that many more; then it ends.
_FURTHER_LOOKS = (1_000, 5_000)
# Of those who come last, a few may be suspended.
_MEMBERS_READ = 12

_GROUP_KEY = re.compile(r"(favourite|reblog)-(\d{1,19})-(\d{1,6})|(follow|admin\.sign_up)-(\d{1,6})")
_SINGLE_KEY = re.compile(r"ungrouped-(\d{1,19})")

# What stands as one: the rows of a group, or a row by itself.
_Key = Group | NotificationId


class GroupSkeleton(msgspec.Struct, frozen=True):
    """The newest row of each group in a page, newest first; the ids of the first and last row looked at.

    `full`: whether there may be more in the direction of reading.
    """

    rows: list[Notification]
    oldest: int | None
    newest: int | None
    full: bool


async def group_skeleton(
    conn: Connection,
    account_id: AccountId,
    page: Page,
    wanted: Wanted = EVERYTHING,
    grouped_types: Sequence[str] = GROUPABLE_TYPES,
) -> GroupSkeleton:
    """Hot path: one statement or two; up to six where thousands of rows are few groups."""
    collected = _Collected(page.limit, grouped_types)
    question, full = msgspec.structs.replace(page, limit=2 * page.limit), True
    for further in (*_FURTHER_LOOKS, 0):
        rows = await notification_skeleton(conn, account_id, question, wanted)
        ended = collected.take(reversed(rows) if page.ascending else rows)
        full = ended or len(rows) == question.limit
        if ended or not full or not further:
            break
        question = (
            page.continued_above(rows[0].id, further)
            if page.ascending
            else page.continued_below(rows[-1].id, further)
        )
    return collected.skeleton(full=full)


class _Collected:
    """Rows on their way to groups, until one more group would be too many."""

    def __init__(self, limit: int, grouped_types: Sequence[str]) -> None:
        self._limit = limit
        self._grouped_types = grouped_types
        self._newest: dict[_Key, Notification] = {}
        self._lowest: int | None = None
        self._highest: int | None = None

    def take(self, rows: Iterable[Notification]) -> bool:
        """Whether a row was left."""
        for row in rows:
            key = key_of(row, self._grouped_types)
            known = self._newest.get(key)
            if known is None and len(self._newest) == self._limit:
                return True
            if known is None or known.id < row.id:
                self._newest[key] = row
            self._lowest = row.id if self._lowest is None else min(self._lowest, row.id)
            self._highest = row.id if self._highest is None else max(self._highest, row.id)
        return False

    def skeleton(self, *, full: bool) -> GroupSkeleton:
        rows = sorted(self._newest.values(), key=lambda row: row.id, reverse=True)
        return GroupSkeleton(rows, self._lowest, self._highest, full)


def key_of(row: Notification, grouped_types: Sequence[str]) -> _Key:
    group = row.group if row.type in grouped_types else None
    return group or row.id


async def members_by_group(
    conn: Connection,
    account_id: AccountId,
    rows: Sequence[Notification],
    wanted: Wanted,
    grouped_types: Sequence[str],
    page_min_id: int,
) -> dict[Group, GroupMembers]:
    """Of the groups whose newest rows these are: one statement, two with what is held back."""
    groups = [each for each in (key_of(row, grouped_types) for row in rows) if isinstance(each, Group)]
    if not groups:
        return {}
    newest_id = max(row.id for row in rows)
    asked = (account_id, groups, newest_id, page_min_id, _MEMBERS_READ, clock.now())
    found = await group_queries.members_of_groups(conn, "notifications", *asked)
    members = {each.group: each for each in found}
    if wanted.filtered:
        for each in await group_queries.members_of_groups(conn, "filtered_notifications", *asked):
            members[each.group] = _both(each, members.get(each.group))
    return members


def _both(held: GroupMembers, heard: GroupMembers | None) -> GroupMembers:
    if heard is None:
        return held
    in_page = [each for each in (held.page_min_id, heard.page_min_id) if each is not None]
    return msgspec.structs.replace(
        heard,
        count=heard.count + held.count,
        newest_id=max(heard.newest_id, held.newest_id),
        page_min_id=min(in_page, default=None),
        account_ids=heard.account_ids + held.account_ids,
    )


# One group


def read_key(text: str) -> _Key:
    """Raises NotFound for what can't be a group's."""
    grouped, single = _GROUP_KEY.fullmatch(text), _SINGLE_KEY.fullmatch(text)
    if grouped is not None:
        about, status, day, alone, alone_day = grouped.groups()
        status_id = None if status is None else parse_id(status)
        if status is None or status_id is not None:
            return Group(about or alone, StatusId(status_id) if status_id else None, int(day or alone_day))
    found = parse_id(single[1]) if single is not None else None
    if found is None:
        raise NotFound
    return NotificationId(found)


async def rows_of(conn: Connection, account_id: AccountId, key: _Key, page: Page) -> list[Notification]:
    """Newest first. Raises NotFound for a row by itself that isn't there."""
    if isinstance(key, Group):
        return await group_queries.rows_of_group(conn, account_id, key, page.below, page.above, page.limit)
    return [await require_notification(conn, account_id, key)]


async def dismiss_group(conn: Connection, account_id: AccountId, key: _Key) -> None:
    if not isinstance(key, Group):
        await dismiss(conn, account_id, key)
    elif not await group_queries.delete_group(conn, account_id, key):
        raise NotFound


async def unread_group_count(
    conn: Connection,
    account_id: AccountId,
    limit: int,
    wanted: Wanted = EVERYTHING,
    grouped_types: Sequence[str] = GROUPABLE_TYPES,
) -> int:
    """How many stand above the member's marker, `limit` at most."""
    grouped = [each for each in grouped_types if each in GROUPABLE_TYPES]
    count = await group_queries.count_unread_groups(conn, account_id, soon(), wanted, grouped, clock.now())
    return min(count, limit)
