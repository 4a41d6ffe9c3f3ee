"""Jobs of this slice: files are made anew, and those that nobody wants go."""

import logging
from datetime import timedelta

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.jobs import defer, job, scheduled
from parley.kit.services import Services
from parley.media import cache, queries
from parley.media.check import PARTS, StoreReport, check_part
from parley.media.descriptions import SealOlderDescriptions, any_open, seal_slice
from parley.media.doom import defer_purge, doom_media, purge_doomed
from parley.media.emojis import announce_emojis
from parley.media.payloads import CheckStore, ProcessMedia, PurgeFiles, TellOfEmojis
from parley.media.process import process_media as process
from parley.media.work_folders import remove_stale

log = logging.getLogger(__name__)

_AT_ONCE = 100
_ROUNDS_MAX = 50


@job(ProcessMedia, lane="media", apart=True)
async def process_media(conn: Connection, services: Services, payload: ProcessMedia) -> None:
    await process(conn, services, payload.media_id)


@job(PurgeFiles, lane="upkeep", apart=True)
async def purge_files(conn: Connection, services: Services, _payload: PurgeFiles) -> None:
    await purge_doomed(conn, services)


@job(CheckStore, lane="upkeep", apart=True)
async def check_part_of_store(conn: Connection, services: Services, payload: CheckStore) -> None:
    """In parts, so that what must go at once never waits long behind it."""
    report = StoreReport()
    await check_part(conn, services.store, report, payload.part, heal=True)
    if report.missing or report.damaged:
        log.error(
            "%d files are missing, %d damaged: `parley media check`", len(report.missing), len(report.damaged)
        )
    if payload.part + 1 < PARTS:
        await defer(conn, CheckStore(payload.part + 1))


@job(TellOfEmojis, lane="upkeep")
async def tell_of_emojis(conn: Connection, _services: Services, _payload: TellOfEmojis) -> None:
    announce_emojis(conn)


@job(SealOlderDescriptions, lane="upkeep")
async def seal_older_descriptions(
    conn: Connection, _services: Services, payload: SealOlderDescriptions
) -> None:
    """A slice, then the next."""
    next_after = await seal_slice(conn, payload.after)
    if next_after is not None:
        await defer(conn, SealOlderDescriptions(next_after))


@scheduled(timedelta(days=1))
async def find_unsealed_media(conn: Connection, _services: Services) -> None:
    """After an update from a version that kept descriptions in the open."""
    if await any_open(conn):
        await defer(conn, SealOlderDescriptions())


@scheduled(timedelta(hours=1))
async def delete_unused_media(conn: Connection, _services: Services) -> None:
    """Sent, and never posted; failed ones too. As many as can be, as members send more in an hour than go at once."""
    for _ in range(_ROUNDS_MAX):
        unused = await queries.unused_before(conn, clock.now(), _AT_ONCE)
        for each in unused:
            gone = await queries.delete_unused_media(conn, each.id)
            if gone is not None:
                cache.changed(conn, each.id)
                await doom_media(conn, [gone])
        if len(unused) < _AT_ONCE:
            return


@scheduled(timedelta(hours=1))
async def purge_left_over(conn: Connection, services: Services) -> None:
    """Whatever the store would not give up while it was down for longer than a job tries; folders of the killed."""
    remove_stale(services.settings)
    await defer_purge(conn)


@scheduled(timedelta(days=1))
async def delete_orphans(conn: Connection, _services: Services) -> None:
    """Stored, and then the process was killed before anything came to refer to it."""
    await defer(conn, CheckStore())
