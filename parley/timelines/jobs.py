"""Jobs of timelines: publish_scheduled; partitions ahead of time, old ones dropped."""

from datetime import timedelta

from parley.kit.db import Connection
from parley.kit.jobs import job, scheduled
from parley.kit.partitions import keep_partitions as keep
from parley.kit.services import Services
from parley.publishing.schedule import PublishScheduled
from parley.timelines import publish


@scheduled(timedelta(hours=6))
async def keep_partitions(conn: Connection, _services: Services) -> None:
    await keep(conn)


@job(PublishScheduled, lane="timelines")
async def publish_scheduled(conn: Connection, services: Services, payload: PublishScheduled) -> None:
    await publish.publish_scheduled(conn, services.settings, payload.scheduled_id)
