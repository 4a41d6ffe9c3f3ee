"""Jobs of discovery: ranking what is talked about, forgetting old uses, whom to suggest."""

from datetime import timedelta

from parley.discovery.ranking import rank_all
from parley.discovery.suggestions import RefreshSuggestions, refresh_if_old
from parley.discovery.uses import prune_uses
from parley.kit.db import Connection
from parley.kit.jobs import job, scheduled
from parley.kit.services import Services


@scheduled(timedelta(minutes=5))
async def rank_trends(conn: Connection, services: Services) -> None:
    if services.settings.trends:
        await rank_all(conn)


@scheduled(timedelta(hours=1))
async def prune_usages(conn: Connection, _services: Services) -> None:
    await prune_uses(conn)


@job(RefreshSuggestions, lane="upkeep")
async def refresh_suggestions(conn: Connection, _services: Services, payload: RefreshSuggestions) -> None:
    await refresh_if_old(conn, payload.account_id)
