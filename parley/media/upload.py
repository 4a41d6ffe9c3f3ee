"""upload: what a member sends is looked at, and either made anew at once or sealed away until the workshop has time.

Pictures are made while the sender waits; film and sound wait for a job. What was sent is gone as soon as something
was made of it, or nothing could be.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import msgspec

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Unavailable
from parley.kit.ids import AccountId, MediaId, new_random_id_beside
from parley.kit.jobs import defer
from parley.kit.services import Services
from parley.kit.storage import Store, StoreDown
from parley.kit.uploads import UploadedFile
from parley.media import queries
from parley.media.addresses import new_file_name, stored_name
from parley.media.chamber import rebuild
from parley.media.errors import BadFile, TooManyUnused
from parley.media.kinds import HEAD_BYTES, Kind, kind_of
from parley.media.models import NOBODY, Incoming, Limits, Order, Product, Purpose, Variant
from parley.media.payloads import ProcessMedia
from parley.media.sealed_files import new_file_key, seal_file
from parley.media.work_folders import work_folder

UNUSED_MAX = 200
UNUSED_KEPT = timedelta(hours=24)
INCOMING = "incoming"
# How long a picture waits for those that others sent before.
_TURN_SECONDS_MAX = 30.0


class Upload(msgspec.Struct, frozen=True):
    """A file as it came: its first bytes, its size, and a way to write all of it somewhere."""

    head: bytes
    size_bytes: int
    pieces: Callable[[], Iterable[bytes]]


def upload_of(file: UploadedFile) -> Upload:
    return Upload(file.head(), file.size_bytes, file.pieces)


def limits_of(settings: Settings, *, later: bool = False) -> Limits:
    """`later`: for film and sound, which a job works on and nobody waits for."""
    return Limits(
        picture_size_bytes_max=settings.picture_size_bytes_max,
        picture_pixels_max=settings.picture_pixels_max,
        film_size_bytes_max=settings.film_size_bytes_max,
        film_pixels_max=settings.film_pixels_max,
        film_seconds_max=settings.film_seconds_max,
        film_frames_per_second_max=settings.film_frames_per_second_max,
        frames_max=settings.film_seconds_max * settings.film_frames_per_second_max,
        memory_bytes_max=settings.media_memory_bytes_max,
        work_seconds_max=settings.film_work_seconds_max if later else settings.media_work_seconds_max,
    )


def check_upload(settings: Settings, upload: Upload, purpose: Purpose) -> Kind:
    """What the file is. Raises BadFile, naming the limit."""
    if upload.size_bytes == 0:
        raise BadFile("the file is empty")
    kind = kind_of(upload.head[:HEAD_BYTES])
    if kind is None or (kind != "picture" and purpose != "attachment"):
        raise BadFile("the file is not of a kind that is taken here")
    most = settings.picture_size_bytes_max if kind == "picture" else settings.film_size_bytes_max
    if upload.size_bytes > most:
        raise BadFile(f"the file is larger than {most // 1_048_576} MB, which is the limit")
    return kind


@asynccontextmanager
async def made(services: Services, upload: Upload | None, purpose: Purpose) -> AsyncIterator[Product | None]:
    """What the workshop makes of a picture, already in the store; taken out again when the block fails.

    Raises BadFile or StoreDown.
    """
    if upload is None:
        yield None
        return
    product = await _make(services, upload, purpose)
    try:
        yield product
    except BaseException:
        await _take_back(services.store, product.variants)
        raise


@asynccontextmanager
async def kept_waiting(services: Services, upload: Upload) -> AsyncIterator[Incoming]:
    """What was sent, sealed in the store; taken out again when the block fails. Raises StoreDown.

    `account_id` is set by accept_waiting.
    """
    key = new_file_key()
    name = f"{INCOMING}/{new_file_name('')}"
    with work_folder(services.settings) as folder:
        sealed = folder / "sealed"
        # In a thread: other requests need not wait while a hundred megabytes are written.
        await asyncio.to_thread(seal_file, key, upload.pieces(), sealed)
        await services.store.put(name, sealed)
    try:
        yield Incoming(AccountId(0), "attachment", name, key, upload.size_bytes)
    except BaseException:
        with suppress(StoreDown):
            await services.store.delete([name])
        raise


async def accept_made(
    conn: Connection, account_id: AccountId, purpose: Purpose, product: Product, *, guarded: bool = True
) -> MediaId:
    await _refuse_too_many(conn, account_id, purpose)
    media_id, now = MediaId(new_random_id_beside(account_id)), clock.now()
    await queries.insert_ready(
        conn, media_id, account_id, purpose, product, now, now + UNUSED_KEPT, guarded=guarded
    )
    return media_id


async def accept_for_server(conn: Connection, media_id: MediaId, purpose: Purpose, product: Product) -> None:
    """A file that belongs to no member, for everybody to see."""
    now = clock.now()
    await queries.insert_ready(conn, media_id, NOBODY, purpose, product, now, now, guarded=False)


async def accept_waiting(conn: Connection, account_id: AccountId, kind: Kind, incoming: Incoming) -> MediaId:
    await _refuse_too_many(conn, account_id, incoming.purpose)
    media_id, now = MediaId(new_random_id_beside(account_id)), clock.now()
    await queries.insert_waiting(conn, media_id, account_id, kind, incoming, now, now + UNUSED_KEPT)
    await defer(conn, ProcessMedia(media_id))
    return media_id


async def make_from_file(
    services: Services, source: Path, folder: Path, purpose: Purpose, *, later: bool = False
) -> Product:
    """The workshop's product, its files put into the store under names that were drawn. Raises BadFile, StoreDown."""
    limits = limits_of(services.settings, later=later)
    order = Order(source=str(source), folder=str(folder), purpose=purpose, limits=limits)
    return await _store_all(services.store, folder, await rebuild(order))


async def _make(services: Services, upload: Upload, purpose: Purpose) -> Product:
    check_upload(services.settings, upload, purpose)
    async with _bench(services):
        with work_folder(services.settings) as folder:
            source = folder / "source"
            await asyncio.to_thread(_write, upload.pieces(), source)
            return await make_from_file(services, source, folder, purpose)


@asynccontextmanager
async def _bench(services: Services) -> AsyncIterator[None]:
    """Waits for its turn: each file may take much memory, and whoever sends sixty at once shall not take all of it."""
    try:
        await asyncio.wait_for(services.benches.acquire(), _TURN_SECONDS_MAX)
    except TimeoutError:
        raise Unavailable(
            "Too many files are being worked on just now. Try again in a moment!",
            logged="a file waited too long for its turn in the workshop",
        ) from None
    try:
        yield
    finally:
        services.benches.release()


def _write(pieces: Iterable[bytes], target: Path) -> None:
    with target.open("wb") as file:
        for piece in pieces:
            file.write(piece)


async def _store_all(store: Store, folder: Path, product: Product) -> Product:
    """All of them or none, as far as the store obeys; what it keeps nevertheless, the check of each day finds."""
    stored: list[Variant] = []
    try:
        for variant in product.variants:
            made = folder / variant.file
            stored.append(msgspec.structs.replace(variant, file=new_file_name(made.suffix)))
            await store.put(stored_name(stored[-1].file), made)
    except BaseException:
        await _take_back(store, stored)
        raise
    return msgspec.structs.replace(product, variants=stored)


async def _take_back(store: Store, variants: Sequence[Variant]) -> None:
    with suppress(StoreDown):
        await store.delete([stored_name(each.file) for each in variants])


async def _refuse_too_many(conn: Connection, account_id: AccountId, purpose: Purpose) -> None:
    if purpose == "attachment" and await queries.count_unused(conn, account_id) >= UNUSED_MAX:
        raise TooManyUnused(UNUSED_MAX)
