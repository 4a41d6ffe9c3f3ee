"""Jobs of this slice: files are made anew, and those that nobody wants go."""

from datetime import timedelta

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.jobs import job, scheduled
from parley.kit.services import Services
from parley.media import cache, queries
from parley.media.doom import doom_media, purge_doomed
from parley.media.emojis import announce_emojis
from parley.media.payloads import ProcessMedia, PurgeFiles, TellOfEmojis
from parley.media.process import process_media as process

_AT_ONCE = 100


@job(ProcessMedia, lane="media", apart=True)
async def process_media(conn: Connection, services: Services, payload: ProcessMedia) -> None:
    await process(conn, services, payload.media_id)


@job(PurgeFiles, lane="upkeep", apart=True)
async def purge_files(conn: Connection, services: Services, _payload: PurgeFiles) -> None:
    await purge_doomed(conn, services)


@job(TellOfEmojis, lane="upkeep")
async def tell_of_emojis(conn: Connection, _services: Services, _payload: TellOfEmojis) -> None:
    announce_emojis(conn)


@scheduled(timedelta(hours=1))
async def delete_unused_media(conn: Connection, _services: Services) -> None:
    """Sent, and never posted; failed ones too."""
    for each in await queries.unused_before(conn, clock.now(), _AT_ONCE):
        gone = await queries.delete_unused_media(conn, each.id)
        if gone is not None:
            cache.changed(conn, each.id)
            await doom_media(conn, [gone])
