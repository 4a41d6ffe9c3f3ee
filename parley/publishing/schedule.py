"""Statuses that wait for their hour: schedule, put off, cancel; what is due, and what becomes of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from parley.identity.accounts import add_to_counts
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import NotFound, Unavailable
from parley.kit.ids import AccountId, MediaId, ScheduledStatusId, StatusId, new_id, parse_id
from parley.kit.jobs import defer
from parley.kit.owners_keys import Piece, hold_key, open_all, release_key, seal
from parley.kit.paging import Page
from parley.media.attach import keep_for_later
from parley.publishing import create, scheduled_queries
from parley.publishing.create import DuplicateRequest, Made, StatusDraft, made_before, prepare
from parley.publishing.errors import TooFar, TooManyScheduled, TooManyScheduledThatDay, TooSoon
from parley.publishing.models import QuotePolicy, ScheduledStatus, Visibility
from parley.publishing.sealed_words import draft_place, has_own_key, key_for_draft

AHEAD_MIN = timedelta(minutes=5)
AHEAD_MAX = timedelta(days=5 * 366)
# Between the member's clock, the way here and ours: who asks for five minutes gets them.
_LATENESS = timedelta(seconds=10)
WAITING_MAX = 300
WAITING_A_DAY_MAX = 25
_DAY = timedelta(days=1)


class PublishScheduled(msgspec.Struct, frozen=True):
    """The payload of the job that publishes when the hour has come."""

    scheduled_id: ScheduledStatusId


class Waiting(msgspec.Struct, frozen=True):
    """A row, and what is written in it."""

    scheduled: ScheduledStatus
    draft: StatusDraft


async def schedule_status(
    conn: Connection,
    viewer: Viewer,
    settings: Settings,
    draft: StatusDraft,
    scheduled_at: datetime,
    idempotency_key: str | None = None,
) -> Made:
    """All that could be refused then is refused now, as far as it can be known."""
    account_id = require_account(viewer)
    earlier = await made_before(conn, account_id, idempotency_key)
    if earlier is not None:
        return earlier
    _refuse_moment(scheduled_at)
    prepared = await prepare(conn, viewer, settings, draft)
    await _refuse_too_many(conn, account_id, scheduled_at)
    # Who sees it is settled now: a default that changes meanwhile must not publish it more widely.
    draft = msgspec.structs.replace(
        draft,
        visibility=Visibility(prepared.status.visibility),
        quote_policy=QuotePolicy(prepared.status.quote_policy),
    )
    waiting = await _to_row(conn, viewer, draft, scheduled_at)
    await scheduled_queries.insert_scheduled(conn, waiting)
    await keep_for_later(conn, account_id, prepared.status.media_ids, scheduled_at)
    if idempotency_key is not None and not await create.hold_key(
        conn, account_id, idempotency_key, waiting.id, scheduled=True
    ):
        raise DuplicateRequest
    await defer(conn, PublishScheduled(waiting.id), run_at=scheduled_at)
    return Made(waiting.id, scheduled=True)


async def _to_row(
    conn: Connection, viewer: Viewer, draft: StatusDraft, scheduled_at: datetime
) -> ScheduledStatus:
    account_id = require_account(viewer)
    scheduled_id = ScheduledStatusId(new_id(account_id))
    key = await key_for_draft(conn, account_id, draft.visibility, scheduled_id)
    return ScheduledStatus(
        id=scheduled_id,
        account_id=account_id,
        scheduled_at=scheduled_at,
        draft=seal(key, draft_place(scheduled_id), draft),
        sealed=True,
        application_id=viewer.application_id,
        application_name=viewer.application_name,
        application_website=viewer.application_website,
    )


async def _opened(conn: Connection, rows: Sequence[ScheduledStatus]) -> list[Waiting]:
    """In the order given, without what can't be opened."""
    sealed = [each for each in rows if each.sealed]
    pieces = [Piece(draft_place(each.id), each.draft) for each in sealed]
    words = await open_all(conn, pieces, StatusDraft) if pieces else []
    drafts = dict(zip([each.id for each in sealed], words, strict=True))
    for each in rows:
        if not each.sealed:
            drafts[each.id] = msgspec.msgpack.decode(each.draft, type=StatusDraft)
    found = ((each, drafts[each.id]) for each in rows)
    return [Waiting(each, draft) for each, draft in found if draft is not None]


async def require_scheduled(conn: Connection, viewer: Viewer, scheduled_id: ScheduledStatusId) -> Waiting:
    """One's own that still waits. Raises NotFound."""
    found = await scheduled_queries.find_scheduled(conn, require_account(viewer), scheduled_id)
    if found is None or found.failure is not None:
        raise NotFound
    opened = await _opened(conn, [found])
    if not opened:
        raise NotFound
    return opened[0]


async def scheduled_page(conn: Connection, viewer: Viewer, page: Page) -> list[Waiting]:
    """One's own that wait, the latest scheduled first."""
    found = await scheduled_queries.scheduled_page(
        conn, require_account(viewer), page.below, page.above, page.limit, ascending=page.ascending
    )
    return await _opened(conn, found[::-1] if page.ascending else found)


async def failed_scheduled(conn: Connection, viewer: Viewer, limit: int) -> list[Waiting]:
    """One's own that could not be published, with the reason."""
    found = await scheduled_queries.failed_scheduled(conn, require_account(viewer), limit)
    return await _opened(conn, found)


async def reschedule(
    conn: Connection, viewer: Viewer, scheduled_id: ScheduledStatusId, scheduled_at: datetime | None
) -> Waiting:
    """To another hour; None leaves it. The job of the earlier hour finds nothing due. Raises NotFound."""
    waiting = await require_scheduled(conn, viewer, scheduled_id)
    row = waiting.scheduled
    if scheduled_at is None or scheduled_at == row.scheduled_at:
        return waiting
    _refuse_moment(scheduled_at)
    await _refuse_too_many(conn, row.account_id, scheduled_at, but=scheduled_id)
    if not await scheduled_queries.update_scheduled_at(conn, row.account_id, scheduled_id, scheduled_at):
        raise NotFound
    media_ids = [MediaId(found) for each in waiting.draft.media_ids if (found := parse_id(each)) is not None]
    await keep_for_later(conn, row.account_id, media_ids, scheduled_at)
    await defer(conn, PublishScheduled(scheduled_id), run_at=scheduled_at)
    return Waiting(msgspec.structs.replace(row, scheduled_at=scheduled_at), waiting.draft)


async def cancel_scheduled(conn: Connection, viewer: Viewer, scheduled_id: ScheduledStatusId) -> None:
    """Also what has failed. Raises NotFound."""
    account_id = require_account(viewer)
    found = await scheduled_queries.find_scheduled(conn, account_id, scheduled_id)
    if found is None:
        raise NotFound
    await _drop(conn, found)
    await scheduled_queries.delete_keys_of(conn, account_id, scheduled_id)


async def _drop(conn: Connection, waiting: ScheduledStatus) -> None:
    own_key = waiting.sealed and has_own_key(waiting.id, waiting.draft)
    if own_key:
        await hold_key(conn, waiting.id)
    if not await scheduled_queries.delete_scheduled(conn, waiting.account_id, waiting.id):
        raise NotFound
    if own_key:
        await release_key(conn, waiting.id)


def _refuse_moment(scheduled_at: datetime) -> None:
    ahead = scheduled_at - clock.now()
    if ahead < AHEAD_MIN - _LATENESS:
        raise TooSoon
    if ahead > AHEAD_MAX:
        raise TooFar


async def _refuse_too_many(
    conn: Connection, account_id: AccountId, scheduled_at: datetime, but: int = 0
) -> None:
    # Whoever schedules two at once waits here for the first to be counted.
    await add_to_counts(conn, account_id, begins=True)
    day = scheduled_at.replace(hour=0, minute=0, second=0, microsecond=0)
    in_all, that_day = await scheduled_queries.count_scheduled(conn, account_id, day, day + _DAY, but)
    if in_all >= WAITING_MAX:
        raise TooManyScheduled
    if that_day >= WAITING_A_DAY_MAX:
        raise TooManyScheduledThatDay


# When the hour has come


async def lock_due(conn: Connection, scheduled_id: ScheduledStatusId) -> Waiting | None:
    """What is to be published now, held until this transaction ends; None if it was cancelled or put off."""
    found = await scheduled_queries.lock_due(conn, scheduled_id, clock.now())
    if found is None:
        return None
    opened = await _opened(conn, [found])
    if not opened:
        # Tried again, as the key may only be away.
        raise Unavailable(logged=f"scheduled status {scheduled_id} can't be opened")
    return opened[0]


def author_of(waiting: Waiting) -> Viewer:
    """Whoever scheduled it, through the same application."""
    row = waiting.scheduled
    return Viewer(
        account_id=row.account_id,
        application_id=row.application_id,
        application_name=row.application_name,
        application_website=row.application_website,
    )


async def finish_scheduled(conn: Connection, waiting: Waiting, status_id: StatusId) -> None:
    row = waiting.scheduled
    await scheduled_queries.point_keys_at(conn, row.account_id, row.id, status_id)
    await _drop(conn, row)


async def set_aside(conn: Connection, waiting: Waiting, reason: str) -> None:
    """It can't be published, and isn't tried again: only its author finds it, until it is old."""
    await scheduled_queries.note_failure(conn, waiting.scheduled.id, reason, clock.now())


async def forget_old_failures(conn: Connection, before: datetime, limit: int) -> None:
    for each in await scheduled_queries.old_failures(conn, before, limit):
        await _drop(conn, each)


async def cancel_all_scheduled(conn: Connection, account_id: AccountId) -> None:
    """Of an account that is no more: what waits, and what has failed."""
    for each in await scheduled_queries.all_scheduled(conn, account_id):
        await _drop(conn, each)
