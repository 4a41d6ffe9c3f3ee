"""The job process: the same settings and pool, every slice's jobs, side effects; runs lanes until told to stop."""

import asyncio
import logging
import signal

import uvloop

from parley.discovery import index_jobs, trend_jobs
from parley.graph import jobs as graph_jobs
from parley.identity import jobs as identity_jobs
from parley.kit import jobs, mail, owners_keys, rate_limit, reading_rows
from parley.kit.config import load_settings
from parley.kit.errors import Unavailable
from parley.kit.log import start_log
from parley.kit.pubsub import JOBS_TOPIC
from parley.kit.services import Services, make_services
from parley.media import jobs as media_jobs
from parley.moderation import jobs as moderation_jobs
from parley.notifications import jobs as notification_jobs
from parley.publishing import jobs as publishing_jobs
from parley.side_effects import jobs as side_effect_jobs
from parley.timelines import jobs as timeline_jobs

# Importing a slice's jobs registers them; the tuple keeps the imports from looking unused.
JOB_MODULES = (
    index_jobs,
    graph_jobs,
    identity_jobs,
    media_jobs,
    moderation_jobs,
    notification_jobs,
    publishing_jobs,
    side_effect_jobs,
    timeline_jobs,
    trend_jobs,
    mail,
    rate_limit,
    reading_rows,
)

# A new job rings at once (topic `jobs`); these bound the wait when the ring was lost.
_POLL_SECONDS = 2.0
_SCHEDULE_SECONDS = 30.0

log = logging.getLogger(__name__)


async def work(services: Services, stopping: asyncio.Event) -> None:
    """Runs every lane and the schedules side by side until `stopping` is set, then ends what is begun."""
    await services.database.start()
    rings = {lane: asyncio.Event() for lane in jobs.LANES}
    owners_keys.listen(services.pubsub)
    services.pubsub.subscribe(JOBS_TOPIC, lambda lane: rings[lane].set() if lane in rings else None)
    await services.pubsub.start()
    tasks = [
        *(asyncio.create_task(_keep_running(services, lane, rings[lane], stopping)) for lane in jobs.LANES),
        asyncio.create_task(_keep_schedules(services, stopping)),
    ]
    await stopping.wait()
    for ring in rings.values():
        ring.set()
    await asyncio.gather(*tasks)
    await services.pubsub.stop()
    await services.database.stop()


async def _keep_running(services: Services, lane: str, ring: asyncio.Event, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        ring.clear()
        if await _run_lane(services, lane) == jobs.claimed_at_once(lane):
            continue
        try:
            await asyncio.wait_for(ring.wait(), _POLL_SECONDS)
        except TimeoutError:
            continue


async def _run_lane(services: Services, lane: str) -> int:
    """How many jobs ran; none when the database is away, which is waited out."""
    try:
        return await jobs.run_lane_once(services, lane)
    except Unavailable as error:
        log.warning("lane %s waits: %s", lane, error)
        await asyncio.sleep(_POLL_SECONDS)
        return 0
    except Exception:
        log.exception("lane %s failed", lane)
        await asyncio.sleep(_POLL_SECONDS)
        return 0


async def _keep_schedules(services: Services, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        await jobs.run_schedules(services)
        try:
            await asyncio.wait_for(stopping.wait(), _SCHEDULE_SECONDS)
        except TimeoutError:
            continue


def run() -> None:
    """Blocks until SIGTERM or SIGINT."""
    start_log(load_settings(), "%(asctime)s worker %(message)s")
    uvloop.run(_run())


async def _run() -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopping.set)
    await work(make_services(load_settings()), stopping)
