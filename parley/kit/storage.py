"""Files by name, in a folder or in any S3-compatible store: put, read, delete, list. The only import of obstore."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from parley.kit.config import Settings, SettingsError
from parley.kit.errors import Unavailable

FOLDER_NAME = "media"
_CONNECT_SECONDS = 5
_REQUEST_SECONDS = 30
_RETRIES_MAX = 2
_CHUNK_BYTES = 256 * 1024
_LISTED_AT_ONCE = 500


class StoreDown(Unavailable):
    """The store doesn't answer, or refuses us, or its disk is full: nothing was stored."""

    default = "Files can't be stored or read just now"


class StoredFile(msgspec.Struct, frozen=True):
    name: str
    size_bytes: int
    changed_at: datetime


class Store:
    """Names are paths of plain words and slashes; whoever makes them sees to it that they can't be guessed."""

    __slots__ = ("_folder", "_store", "place")

    def __init__(self, store: Any, place: str, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder
        # As an operator knows it; without secrets.
        self.place = place

    async def put(self, name: str, content: bytes | Path) -> None:
        """Raises StoreDown; then there may be a part of it, which nothing refers to."""
        try:
            await obstore.put_async(self._store, name, content)
        except (BaseError, OSError) as error:
            raise StoreDown(logged=_told(error)) from error

    async def find(self, name: str) -> StoredFile | None:
        try:
            found = await obstore.head_async(self._store, name)
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise StoreDown(logged=_told(error)) from error
        return StoredFile(name, found["size"], found["last_modified"])

    async def read(self, name: str, first: int = 0, length: int | None = None) -> AsyncIterator[bytes] | None:
        """Its bytes from `first` on, in pieces; None when it isn't there. Raises StoreDown, while reading too."""
        options: Any = {} if length is None else {"range": (first, first + length)}
        try:
            found = await obstore.get_async(self._store, name, options=options)
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise StoreDown(logged=_told(error)) from error
        return _pieces(found)

    async def delete(self, names: Sequence[str]) -> None:
        """What is not there is as good as deleted."""
        for name in names:
            try:
                await obstore.delete_async(self._store, name)
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                raise StoreDown(logged=_told(error)) from error

    async def all_files(self, prefix: str = "") -> AsyncIterator[list[StoredFile]]:
        """Everything there is, some hundred at a time."""
        try:
            async for batch in obstore.list(self._store, prefix or None, chunk_size=_LISTED_AT_ONCE):
                yield [StoredFile(each["path"], each["size"], each["last_modified"]) for each in batch]
        except (BaseError, OSError) as error:
            raise StoreDown(logged=_told(error)) from error

    def half_written(self, before: datetime) -> list[Path]:
        """What was being written into the folder when a process was killed. Nobody can read it, or list it otherwise."""
        if self._folder is None:
            return []
        begun = (each for each in self._folder.glob("*/*#*") if each.is_file())
        return [each for each in begun if each.stat().st_mtime < before.timestamp()]


async def _pieces(found: Any) -> AsyncIterator[bytes]:
    try:
        async for piece in found.stream(min_chunk_size=_CHUNK_BYTES):
            yield bytes(piece)
    except (BaseError, OSError) as error:
        raise StoreDown(logged=_told(error)) from error


def make_store(settings: Settings) -> Store:
    """Nothing is asked of the store yet. Raises SettingsError for an address that is none."""
    if not settings.media_store:
        folder = settings.data_dir.absolute() / FOLDER_NAME
        store = LocalStore(folder, mkdir=True)
        _close_to_others(folder)
        return Store(store, str(folder), folder)
    address = urlsplit(settings.media_store)
    if address.scheme != "s3" or not address.netloc:
        raise SettingsError(
            "PARLEY_MEDIA_STORE: s3://bucket or s3://bucket/folder is wanted; empty means a folder"
        )
    endpoint = settings.media_store_endpoint
    remote = S3Store(
        address.netloc,
        prefix=address.path.strip("/") or None,
        endpoint=endpoint or None,
        region=settings.media_store_region,
        access_key_id=settings.media_store_access_key,
        secret_access_key=settings.media_store_secret_key,
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
            "timeout": timedelta(seconds=_REQUEST_SECONDS),
        },
        retry_config={"max_retries": _RETRIES_MAX, "retry_timeout": timedelta(seconds=_REQUEST_SECONDS)},
    )
    return Store(remote, settings.media_store)


def _close_to_others(folder: Path) -> None:
    """Names of files that not everybody may see stand in it. One that another user made is left as it is."""
    with suppress(OSError):
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)


def _told(error: BaseException) -> str:
    """The first line: the rest of what stores say may hold signed addresses."""
    lines: Iterable[str] = str(error).splitlines()
    return f"the store: {type(error).__name__}: {next(iter(lines), '')[:200]}"
