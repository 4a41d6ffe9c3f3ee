"""Upkeep of timelines: partitions ahead of time, old ones dropped."""

from datetime import timedelta

from parley.kit.db import Connection
from parley.kit.jobs import scheduled
from parley.kit.partitions import keep_partitions as keep
from parley.kit.services import Services


@scheduled(timedelta(hours=6))
async def keep_partitions(conn: Connection, _services: Services) -> None:
    await keep(conn)
