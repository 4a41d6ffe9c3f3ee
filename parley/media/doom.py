"""doom: bytes that nothing refers to any more are taken out of the store, at once, and again if that failed."""

from collections.abc import Sequence

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import new_random_id
from parley.kit.jobs import defer
from parley.kit.ledger import note_deleted
from parley.kit.services import Services
from parley.media import queries
from parley.media.addresses import stored_name
from parley.media.models import DoomedFile, MediaFile
from parley.media.payloads import PurgeFiles

_AT_ONCE = 100


async def doom(conn: Connection, names: Sequence[str], *, files: Sequence[str] = ()) -> None:
    """In the transaction that drops the last reference: names in the store, and `files` as variants bear them."""
    doomed = [DoomedFile(new_random_id(), name) for name in (*names, *(stored_name(each) for each in files))]
    if doomed:
        await queries.insert_doomed(conn, doomed, clock.now())
        await defer(conn, PurgeFiles())


async def doom_media(conn: Connection, gone: Sequence[MediaFile]) -> None:
    await note_deleted(conn, "media", [media.id for media in gone])
    waiting = [media.incoming for media in gone if media.incoming is not None]
    await doom(conn, waiting, files=[variant.file for media in gone for variant in media.variants])


async def defer_purge(conn: Connection) -> None:
    """If anything is left to purge."""
    if await queries.doomed_files(conn, 1):
        await defer(conn, PurgeFiles())


async def purge_doomed(conn: Connection, services: Services) -> None:
    """Until none is left. Raises StoreDown, to be tried again."""
    while doomed := await queries.doomed_files(conn, _AT_ONCE):
        await services.store.delete([each.name for each in doomed])
        await queries.delete_doomed(conn, [each.id for each in doomed])
