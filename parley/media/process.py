"""process: makes something of a file that waits, or says why nothing can be made of it."""

import logging
from pathlib import Path

from parley.kit.db import Connection
from parley.kit.ids import MediaId
from parley.kit.sealing import SealBroken
from parley.kit.services import Services
from parley.media import cache, queries
from parley.media.doom import doom
from parley.media.errors import BadFile
from parley.media.models import Incoming, Product
from parley.media.sealed_files import open_file
from parley.media.upload import make_from_file, work_folder

log = logging.getLogger(__name__)

_GONE = "what was sent is gone; please send it again"


async def process_media(conn: Connection, services: Services, media_id: MediaId) -> None:
    """Bears repetition: whoever comes second finds nothing waiting. Raises StoreDown, to be tried again."""
    incoming = await queries.find_incoming(conn, media_id)
    if incoming is None:
        return
    try:
        product = await _make(services, incoming)
    except (BadFile, SealBroken) as error:
        reason = error.reason if isinstance(error, BadFile) else _GONE
        async with services.database.transaction() as writing:
            await queries.update_failed(writing, media_id, reason)
            await doom(writing, [incoming.name])
            cache.changed(writing, media_id)
        return
    async with services.database.transaction() as writing:
        wanted = await queries.update_ready(writing, media_id, product)
        made = [] if wanted else [each.file for each in product.variants]
        await doom(writing, [incoming.name], files=made)
        cache.changed(writing, media_id)


async def _make(services: Services, incoming: Incoming) -> Product:
    with work_folder(services.settings) as name:
        folder = Path(name)
        source = folder / "source"
        sealed = await services.store.read(incoming.name)
        if sealed is None:
            raise BadFile(_GONE)
        await open_file(incoming.key, sealed, source)
        return await make_from_file(services, source, folder, incoming.purpose)
