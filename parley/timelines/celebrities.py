"""Authors whose followers are too many to push to: their outboxes, read by all followers, kept for seconds."""

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import ID_MAX, AccountId
from parley.kit.paging import Page
from parley.timelines import queries
from parley.timelines.models import TimelineEntry

_KEPT_SECONDS = 3.0
_OUTBOX_LENGTH = 40
_OUTBOXES_MAX = 5_000

# A process may learn of a new celebrity some seconds late: until then their posts were pushed, none is lost.
_current: tuple[float, frozenset[AccountId]] = (0.0, frozenset())
_outboxes: dict[AccountId, tuple[float, list[TimelineEntry]]] = {}


async def current(conn: Connection) -> frozenset[AccountId]:
    global _current  # noqa: PLW0603 - one short-lived copy of a reference table per process
    if clock.now_seconds() - _current[0] > _KEPT_SECONDS:
        _current = (clock.now_seconds(), frozenset(await queries.celebrity_ids(conn)))
    return _current[1]


async def outbox_page(conn: Connection, account_ids: frozenset[AccountId], page: Page) -> list[TimelineEntry]:
    """The page's part of these outboxes, newest first: from the kept newest entries where those reach."""
    if page.ascending or page.max_id is not None:
        return await _read(conn, account_ids, page)
    outboxes = [await _outbox(conn, each) for each in account_ids]
    entries = [entry for outbox in outboxes for entry in outbox if entry.status_id > page.above]
    entries.sort(key=lambda entry: -entry.status_id)
    return entries[: page.limit]


async def _read(conn: Connection, account_ids: frozenset[AccountId], page: Page) -> list[TimelineEntry]:
    rows = await queries.newest_of_accounts(
        conn, list(account_ids), page.below, page.above, _OUTBOX_LENGTH * 5
    )
    return rows[-page.limit :] if page.ascending else rows[: page.limit]


async def _outbox(conn: Connection, account_id: AccountId) -> list[TimelineEntry]:
    now = clock.now_seconds()
    kept = _outboxes.get(account_id)
    if kept is not None and now - kept[0] <= _KEPT_SECONDS:
        return kept[1]
    newest = await queries.newest_of_accounts(conn, [account_id], ID_MAX, 0, _OUTBOX_LENGTH)
    if len(_outboxes) >= _OUTBOXES_MAX:
        _outboxes.clear()
    _outboxes[account_id] = (now, newest)
    return newest


async def note_follower_count(
    conn: Connection, settings: Settings, account_id: AccountId, followers_count: int
) -> None:
    """Makes an account a celebrity over the threshold; it stays one until well below, so it doesn't flicker."""
    if followers_count > settings.celebrity_threshold:
        await queries.insert_celebrity(conn, account_id, clock.now())
    elif followers_count < settings.celebrity_threshold * 0.8:
        await queries.delete_celebrity(conn, account_id)


def clear() -> None:
    global _current  # noqa: PLW0603
    _current = (0.0, frozenset())
    _outboxes.clear()
