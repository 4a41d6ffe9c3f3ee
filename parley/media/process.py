"""process: makes something of a file that waits, or says why nothing can be made of it."""

import logging

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, MediaId
from parley.kit.sealing import SealBroken
from parley.kit.services import Services
from parley.media import cache, queries
from parley.media.doom import doom
from parley.media.errors import BadFile
from parley.media.models import Incoming, Product
from parley.media.sealed_files import open_file
from parley.media.upload import make_from_file
from parley.media.work_folders import work_folder

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
        made = product.variants
        product = await _with_given_thumbnail(writing, incoming.account_id, media_id, product)
        wanted = await queries.update_ready(writing, media_id, product)
        unused = [] if wanted else [each.file for each in made]
        await doom(writing, [incoming.name], files=unused)
        cache.changed(writing, media_id)


async def _with_given_thumbnail(
    conn: Connection, account_id: AccountId, media_id: MediaId, product: Product
) -> Product:
    """A picture that was sent to stand for the file does; then the one made of it is put aside.

    The row is held from here on, or one that is sent just now would be lost.
    """
    held = await queries.own_media_for_update(conn, account_id, [media_id])
    given = held[0].variant("small") if held else None
    if given is None:
        return product
    kept = [
        msgspec.structs.replace(each, name="made", blurhash=product.blurhash)
        if each.name == "small"
        else each
        for each in product.variants
    ]
    return msgspec.structs.replace(product, variants=[*kept, given], blurhash=held[0].blurhash)


async def _make(services: Services, incoming: Incoming) -> Product:
    with work_folder(services.settings) as folder:
        source = folder / "source"
        sealed = await services.store.read(incoming.name)
        if sealed is None:
            raise BadFile(_GONE)
        await open_file(incoming.key, sealed, source)
        return await make_from_file(services, source, folder, incoming.purpose, later=True)
