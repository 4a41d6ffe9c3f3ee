"""Jobs of publishing: close_poll, fetch_card; forgetting idempotency keys whose hour is over."""

from datetime import timedelta

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.jobs import job, scheduled
from parley.kit.services import Services
from parley.publishing import poll, queries, scheduled_queries
from parley.publishing.card_models import FetchCard
from parley.publishing.create import IDEMPOTENCY_WINDOW
from parley.publishing.preview_card import attach_card

_KEYS_AT_ONCE_MAX = 50_000
_FAILURES_AT_ONCE_MAX = 10_000
_FAILURES_KEPT = timedelta(days=30)


@job(poll.ClosePoll, lane="upkeep")
async def close_poll(conn: Connection, _services: Services, payload: poll.ClosePoll) -> None:
    await poll.close_poll(conn, payload.poll_id)


@job(FetchCard, lane="links")
async def fetch_card(conn: Connection, services: Services, payload: FetchCard) -> None:
    await attach_card(conn, services.settings, payload)


@scheduled(timedelta(hours=1))
async def prune_idempotency_keys(conn: Connection, _services: Services) -> None:
    await queries.delete_old_idempotency_keys(conn, clock.now() - IDEMPOTENCY_WINDOW, _KEYS_AT_ONCE_MAX)


@scheduled(timedelta(days=1))
async def delete_failed_scheduled(conn: Connection, _services: Services) -> None:
    await scheduled_queries.delete_old_failures(conn, clock.now() - _FAILURES_KEPT, _FAILURES_AT_ONCE_MAX)
