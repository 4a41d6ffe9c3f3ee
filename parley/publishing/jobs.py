"""Jobs of publishing: polls that end, links that are looked at, older words sealed, and what is forgotten in time."""

from datetime import timedelta

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.jobs import defer, job, scheduled
from parley.kit.services import Services
from parley.publishing import poll, preview_card, queries, schedule
from parley.publishing.card_models import FetchCard, FetchCardPicture, ForgetCard
from parley.publishing.card_pictures import fetch_picture, forget_old_pictures
from parley.publishing.create import IDEMPOTENCY_WINDOW
from parley.publishing.events import OlderStatusSealed
from parley.publishing.seal_older import (
    SealOlderDrafts,
    SealOlderStatuses,
    any_unsealed,
    any_unsealed_draft,
    seal_slice,
    seal_slice_of_drafts,
)

_KEYS_AT_ONCE_MAX = 50_000
_FAILURES_AT_ONCE_MAX = 1_000
_CARDS_AT_ONCE_MAX = 500
_FAILURES_KEPT = timedelta(days=30)


@job(poll.ClosePoll, lane="upkeep")
async def close_poll(conn: Connection, _services: Services, payload: poll.ClosePoll) -> None:
    await poll.close_poll(conn, payload.poll_id)


@job(FetchCard, lane="links")
async def fetch_card(conn: Connection, services: Services, payload: FetchCard) -> None:
    await preview_card.attach_card(conn, services.settings, payload)


@job(ForgetCard, lane="upkeep")
async def forget_card(conn: Connection, _services: Services, payload: ForgetCard) -> None:
    await preview_card.forget_card(conn, payload.card_id)


@job(FetchCardPicture, lane="media", apart=True)
async def fetch_card_picture(conn: Connection, services: Services, payload: FetchCardPicture) -> None:
    await fetch_picture(conn, services, payload)


@job(SealOlderStatuses, lane="upkeep")
async def seal_older_statuses(conn: Connection, _services: Services, payload: SealOlderStatuses) -> None:
    """A slice, then the next."""
    messages, next_after = await seal_slice(conn, payload.after)
    for each in messages:
        await emit(conn, OlderStatusSealed(each.id, each.account_id, each.thread_id, each.mention_ids))
    if next_after is not None:
        await defer(conn, SealOlderStatuses(next_after))


@job(SealOlderDrafts, lane="upkeep")
async def seal_older_drafts(conn: Connection, _services: Services, payload: SealOlderDrafts) -> None:
    """A slice, then the next."""
    next_after = await seal_slice_of_drafts(conn, payload.after)
    if next_after is not None:
        await defer(conn, SealOlderDrafts(next_after))


@scheduled(timedelta(days=1))
async def find_unsealed_statuses(conn: Connection, _services: Services) -> None:
    """After an update from a version that kept words in the open, or messages under one key."""
    if await any_unsealed(conn):
        await defer(conn, SealOlderStatuses())
    if await any_unsealed_draft(conn):
        await defer(conn, SealOlderDrafts())


@scheduled(timedelta(hours=1))
async def prune_idempotency_keys(conn: Connection, _services: Services) -> None:
    await queries.delete_old_idempotency_keys(conn, clock.now() - IDEMPOTENCY_WINDOW, _KEYS_AT_ONCE_MAX)


@scheduled(timedelta(hours=6))
async def forget_old_card_pictures(conn: Connection, _services: Services) -> None:
    await forget_old_pictures(conn, _CARDS_AT_ONCE_MAX)


@scheduled(timedelta(hours=1))
async def forget_empty_cards(conn: Connection, _services: Services) -> None:
    await preview_card.forget_empty_cards(conn, _CARDS_AT_ONCE_MAX)


@scheduled(timedelta(days=1))
async def forget_failed_scheduled(conn: Connection, _services: Services) -> None:
    before = clock.now() - _FAILURES_KEPT
    await schedule.forget_old_failures(conn, before, _FAILURES_AT_ONCE_MAX)
