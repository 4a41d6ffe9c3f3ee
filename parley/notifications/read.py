"""A member's notifications: a page of them, one of them, how many are unread; dismissing them."""

import msgspec

from parley.kit import clock, ids
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import ID_MAX, AccountId, NotificationId
from parley.kit.paging import Page
from parley.kit.partitions import partition_of
from parley.notifications import queries
from parley.notifications.models import EVERYTHING, Notification, Wanted

# Most pages lie within it, and it touches two partitions at most.
_FIRST_LOOK_MILLISECONDS = 28 * 86_400_000
# Ids of other machines may be a little ahead of our clock.
_AHEAD_MILLISECONDS = 60_000
# Numbers of 63 bits, rounded to 53 and written in as few digits as tell them apart, are off by less.
_ROUNDED_BY_MAX = 1100
_ROUNDED_LOOKED_AT = 20


async def notification_skeleton(
    conn: Connection, account_id: AccountId, page: Page, wanted: Wanted = EVERYTHING
) -> list[Notification]:
    """Hot path: newest first. One statement when the present partition fills the page, two otherwise.

    Without bounds PostgreSQL opens every partition for each page: two and a half times the cost of the page.
    """
    below = min(page.below, soon())
    if wanted.filtered:
        return await _with_filtered(conn, account_id, page, below, wanted)
    if page.ascending:
        rows = await queries.oldest_wanted(conn, account_id, below, page.above, page.limit, wanted)
        return rows[::-1]
    if wanted != EVERYTHING or page.max_id is not None:
        return await _newest_in_parts(conn, account_id, below, page, wanted)
    partition, lowest = partition_of("notifications", clock.now())
    rows = await queries.newest_notifications_in(conn, partition, account_id, below, page.above, page.limit)
    if len(rows) == page.limit or lowest <= page.above:
        return rows
    missing = page.limit - len(rows)
    return rows + await _newest(conn, account_id, min(below, lowest), page.above, missing, wanted)


async def _with_filtered(
    conn: Connection, account_id: AccountId, page: Page, below: int, wanted: Wanted
) -> list[Notification]:
    """What is held back lies apart, so both are asked, and merged."""
    heard = await notification_skeleton(
        conn, account_id, page, msgspec.structs.replace(wanted, filtered=False)
    )
    held = await queries.filtered_wanted(
        conn, account_id, below, page.above, page.limit, wanted, ascending=page.ascending
    )
    rows = sorted(heard + held, key=lambda row: row.id, reverse=True)
    return rows[-page.limit :] if page.ascending else rows[: page.limit]


async def _newest_in_parts(
    conn: Connection, account_id: AccountId, below: int, page: Page, wanted: Wanted
) -> list[Notification]:
    """First the four weeks under `below`, then, if these hold too few, all before."""
    recent = max(page.above, ids.id_at(max(0, ids.milliseconds_of(below) - _FIRST_LOOK_MILLISECONDS)))
    rows = await _newest(conn, account_id, below, recent, page.limit, wanted)
    if len(rows) < page.limit and recent > page.above:
        missing = page.limit - len(rows)
        rows += await _newest(conn, account_id, recent + 1, page.above, missing, wanted)
    return rows


async def _newest(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int, wanted: Wanted
) -> list[Notification]:
    if wanted == EVERYTHING:
        return await queries.newest_notifications(conn, account_id, below, above, limit)
    return await queries.newest_wanted(conn, account_id, below, above, limit, wanted)


def soon() -> int:
    """Above the ids of all that is there."""
    return ids.id_at(clock.now_milliseconds() + _AHEAD_MILLISECONDS)


async def require_notification(
    conn: Connection, account_id: AccountId, notification_id: NotificationId
) -> Notification:
    """What is held back is found, too."""
    found = await queries.find_notification(conn, "notifications", account_id, notification_id)
    if found is None:
        found = await queries.find_notification(conn, "filtered_notifications", account_id, notification_id)
    if found is None:
        found = await _find_rounded(conn, account_id, notification_id)
    if found is None:
        raise NotFound
    return found


async def _find_rounded(
    conn: Connection, account_id: AccountId, notification_id: NotificationId
) -> Notification | None:
    """A pushed message names it as a number, of which JavaScript keeps 53 bits: the one that it rounds to this."""
    below = min(notification_id + _ROUNDED_BY_MAX, ID_MAX)
    above = max(notification_id - _ROUNDED_BY_MAX, 0)
    near = await queries.newest_notifications(conn, account_id, below, above, _ROUNDED_LOOKED_AT)
    return next((each for each in near if float(each.id) == float(notification_id)), None)


async def unread_count(
    conn: Connection, account_id: AccountId, limit: int, wanted: Wanted = EVERYTHING
) -> int:
    """How many stand above the member's marker; counting ends at `limit`."""
    return await queries.count_unread(conn, account_id, soon(), limit, wanted, clock.now())


async def dismiss(conn: Connection, account_id: AccountId, notification_id: NotificationId) -> None:
    if await queries.delete_notification(conn, "notifications", account_id, notification_id):
        return
    if not await queries.delete_notification(conn, "filtered_notifications", account_id, notification_id):
        raise NotFound


async def clear(conn: Connection, account_id: AccountId) -> None:
    """What is held back goes, too."""
    await queries.delete_all_notifications(conn, "notifications", account_id)
    await queries.delete_all_notifications(conn, "filtered_notifications", account_id)
