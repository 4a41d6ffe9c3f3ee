"""Statuses that wait for their hour: schedule, put off, cancel; what is due, and what becomes of it."""

from datetime import datetime, timedelta

import msgspec

from parley.identity.accounts import add_to_counts
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId, ScheduledStatusId, StatusId, new_id
from parley.kit.jobs import defer
from parley.kit.paging import Page
from parley.publishing import scheduled_queries
from parley.publishing.create import DuplicateRequest, Made, StatusDraft, hold_key, made_before, prepare
from parley.publishing.errors import TooFar, TooManyScheduled, TooManyScheduledThatDay, TooSoon
from parley.publishing.models import QuotePolicy, ScheduledStatus, Visibility

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
    waiting = ScheduledStatus(
        id=ScheduledStatusId(new_id(account_id)),
        account_id=account_id,
        scheduled_at=scheduled_at,
        # Who sees it is settled now: a default that changes meanwhile must not publish it more widely.
        draft=msgspec.json.encode(
            msgspec.structs.replace(
                draft,
                visibility=Visibility(prepared.status.visibility),
                quote_policy=QuotePolicy(prepared.status.quote_policy),
            )
        ),
        sealed=False,
        application_id=viewer.application_id,
        application_name=viewer.application_name,
        application_website=viewer.application_website,
    )
    await scheduled_queries.insert_scheduled(conn, waiting)
    if idempotency_key is not None and not await hold_key(
        conn, account_id, idempotency_key, waiting.id, scheduled=True
    ):
        raise DuplicateRequest
    await defer(conn, PublishScheduled(waiting.id), run_at=scheduled_at)
    return Made(waiting.id, scheduled=True)


def draft_of(waiting: ScheduledStatus) -> StatusDraft:
    return msgspec.json.decode(waiting.draft, type=StatusDraft)


async def require_scheduled(
    conn: Connection, viewer: Viewer, scheduled_id: ScheduledStatusId
) -> ScheduledStatus:
    """One's own that still waits. Raises NotFound."""
    found = await scheduled_queries.find_scheduled(conn, require_account(viewer), scheduled_id)
    if found is None or found.failure is not None:
        raise NotFound
    return found


async def scheduled_page(conn: Connection, viewer: Viewer, page: Page) -> list[ScheduledStatus]:
    """One's own that wait, the latest scheduled first."""
    found = await scheduled_queries.scheduled_page(
        conn, require_account(viewer), page.below, page.above, page.limit, ascending=page.ascending
    )
    return found[::-1] if page.ascending else found


async def failed_scheduled(conn: Connection, viewer: Viewer, limit: int) -> list[ScheduledStatus]:
    """One's own that could not be published, with the reason."""
    return await scheduled_queries.failed_scheduled(conn, require_account(viewer), limit)


async def reschedule(
    conn: Connection, viewer: Viewer, scheduled_id: ScheduledStatusId, scheduled_at: datetime | None
) -> ScheduledStatus:
    """To another hour; None leaves it. The job of the earlier hour finds nothing due. Raises NotFound."""
    waiting = await require_scheduled(conn, viewer, scheduled_id)
    if scheduled_at is None or scheduled_at == waiting.scheduled_at:
        return waiting
    _refuse_moment(scheduled_at)
    await _refuse_too_many(conn, waiting.account_id, scheduled_at, but=scheduled_id)
    if not await scheduled_queries.update_scheduled_at(conn, waiting.account_id, scheduled_id, scheduled_at):
        raise NotFound
    await defer(conn, PublishScheduled(scheduled_id), run_at=scheduled_at)
    return msgspec.structs.replace(waiting, scheduled_at=scheduled_at)


async def cancel_scheduled(conn: Connection, viewer: Viewer, scheduled_id: ScheduledStatusId) -> None:
    """Also what has failed. Raises NotFound."""
    account_id = require_account(viewer)
    if not await scheduled_queries.delete_scheduled(conn, account_id, scheduled_id):
        raise NotFound
    await scheduled_queries.delete_keys_of(conn, account_id, scheduled_id)


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
    await add_to_counts(conn, account_id)
    day = scheduled_at.replace(hour=0, minute=0, second=0, microsecond=0)
    in_all, that_day = await scheduled_queries.count_scheduled(conn, account_id, day, day + _DAY, but)
    if in_all >= WAITING_MAX:
        raise TooManyScheduled
    if that_day >= WAITING_A_DAY_MAX:
        raise TooManyScheduledThatDay


# When the hour has come


async def lock_due(conn: Connection, scheduled_id: ScheduledStatusId) -> ScheduledStatus | None:
    """What is to be published now, held until this transaction ends; None if it was cancelled or put off."""
    return await scheduled_queries.lock_due(conn, scheduled_id, clock.now())


def author_of(waiting: ScheduledStatus) -> Viewer:
    """Whoever scheduled it, through the same application."""
    return Viewer(
        account_id=waiting.account_id,
        application_id=waiting.application_id,
        application_name=waiting.application_name,
        application_website=waiting.application_website,
    )


async def finish_scheduled(conn: Connection, waiting: ScheduledStatus, status_id: StatusId) -> None:
    await scheduled_queries.point_keys_at(conn, waiting.account_id, waiting.id, status_id)
    await scheduled_queries.delete_scheduled(conn, waiting.account_id, waiting.id)


async def set_aside(conn: Connection, waiting: ScheduledStatus, reason: str) -> None:
    """It can't be published, and isn't tried again: only its author finds it, until it is old."""
    await scheduled_queries.note_failure(conn, waiting.id, reason, clock.now())
