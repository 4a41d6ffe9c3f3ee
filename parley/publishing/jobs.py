"""Jobs of publishing: close_poll; forgetting idempotency keys whose hour is over."""

from datetime import timedelta

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.jobs import job, scheduled
from parley.kit.services import Services
from parley.publishing import poll, queries
from parley.publishing.create import IDEMPOTENCY_WINDOW

_KEYS_AT_ONCE_MAX = 50_000


@job(poll.ClosePoll, lane="upkeep")
async def close_poll(conn: Connection, _services: Services, payload: poll.ClosePoll) -> None:
    await poll.close_poll(conn, payload.poll_id)


@scheduled(timedelta(hours=1))
async def prune_idempotency_keys(conn: Connection, _services: Services) -> None:
    await queries.delete_old_idempotency_keys(conn, clock.now() - IDEMPOTENCY_WINDOW, _KEYS_AT_ONCE_MAX)
