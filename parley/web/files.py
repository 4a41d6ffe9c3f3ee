"""/media/…: the files themselves, to whoever has a good address: whole or in part, never as anything but themselves.

An address of what not everybody may see ends within two hours; that of a file which is gone, or whose owner was
suspended, is good for nothing within seconds.
"""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar.enums import ScopeType
from litestar.exceptions import NotFoundException
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from parley.identity.accounts import accounts_by_ids
from parley.identity.reading import Terms, answer_counted
from parley.identity.viewer import ANONYMOUS
from parley.kit.db import Connection, Database
from parley.kit.errors import NotFound
from parley.kit.head_only import HEAD_KEY
from parley.kit.ids import MediaId, parse_id
from parley.kit.rate_limit import RateLimiter
from parley.kit.services import Services
from parley.kit.storage import Store
from parley.media.addresses import is_sealed, signing_key, stored_name
from parley.media.cache import media_of
from parley.media.models import NOBODY, READY, MediaFile, Variant

_FILE = re.compile(r"[0-9a-f]{40}\.[a-z0-9]{2,5}")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# What everybody may see stays in browsers for an hour; what stands between asks again, so that deletion is not theirs.
_PUBLIC_KEPT = b"public, max-age=3600, s-maxage=30"
_GUARDED_KEPT = b"private, max-age=600"
# What can't be known without the post that shows it counts with that.
_TERMS = Terms(counted=False, home=False, refuses=False, guessable=True)
_SAFETY = [
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"accept-ranges", b"bytes"),
]


class _Part(msgspec.Struct, frozen=True):
    """Which bytes are wanted. `whole`: of no range; players want to hear of a range even where it is all there is."""

    first: int
    length: int
    whole: bool = False


async def serve_file(scope: Scope, receive: Receive, send: Send) -> None:
    del receive
    if scope["type"] == ScopeType.WEBSOCKET:
        raise NotFoundException
    if scope["method"] != "GET":
        await _send(send, 405, [(b"allow", b"GET, HEAD, OPTIONS")])
        return
    services: Services = scope["litestar_app"].state.services
    media, variant = await _require_in_budget(services.database, scope)
    etag = f'"{variant.file[:32]}"'.encode()
    kept = _GUARDED_KEPT if media.guarded else _PUBLIC_KEPT
    headers = [
        *_SAFETY,
        (b"cache-control", kept),
        (b"etag", etag),
        (b"content-type", variant.content_type.encode()),
    ]
    if _header(scope, b"if-none-match") == b"*" or etag in _header(scope, b"if-none-match"):
        await _send(send, 304, headers)
        return
    await _send_file(services.store, scope, send, variant, headers, etag)


async def _send_file(
    store: Store, scope: Scope, send: Send, variant: Variant, headers: list[tuple[bytes, bytes]], etag: bytes
) -> None:
    """Or the part of it that is asked for."""
    # A part is wanted only of what the asker has the rest of.
    continues = _header(scope, b"if-range") in {b"", etag}
    part = _part_of(_header(scope, b"range") if continues else b"", variant.size_bytes)
    if part is None:
        await _send(send, 416, [*headers, (b"content-range", b"bytes */%d" % variant.size_bytes)])
        return
    headers.append((b"content-length", b"%d" % part.length))
    if not part.whole:
        last = part.first + part.length - 1
        headers.append((b"content-range", b"bytes %d-%d/%d" % (part.first, last, variant.size_bytes)))
    name = stored_name(variant.file)
    pieces = await store.read(name, part.first, None if part.whole else part.length)
    if pieces is None:
        raise NotFound
    await _send(send, 200 if part.whole else 206, headers, None if scope.get(HEAD_KEY) else pieces)


async def _require_in_budget(database: Database, scope: Scope) -> tuple[MediaFile, Variant]:
    """Files count by the address of whoever asks: they have no other name here."""
    state = scope["litestar_app"].state
    limiter: RateLimiter = state.limiter
    await limiter.spend_file(database, scope)
    return await answer_counted(
        state.budgets, scope, ANONYMOUS, _TERMS, lambda _nobody: _require(database, scope)
    )


async def _require(database: Database, scope: Scope) -> tuple[MediaFile, Variant]:
    """Raises NotFound for whatever is not there, not ready, not theirs to see, or no longer."""
    media_id = parse_id(scope["path_params"]["id"])
    file: str = scope["path_params"]["file"]
    if media_id is None or not _FILE.fullmatch(file):
        raise NotFound
    async with database.reading() as conn:
        media = (await media_of(conn, [MediaId(media_id)])).get(media_id)
        if media is None or media.state != READY:
            raise NotFound
        variant = next((each for each in media.variants if each.file == file), None)
        if variant is None or not await _has_owner_here(conn, media):
            raise NotFound
        if media.guarded and not _has_good_seal(scope, await signing_key(conn), media, file):
            raise NotFound
    return media, variant


async def _has_owner_here(conn: Connection, media: MediaFile) -> bool:
    if media.account_id == NOBODY:
        return True
    owner = (await accounts_by_ids(conn, [media.account_id])).get(media.account_id)
    return owner is not None and owner.suspended_at is None


def _has_good_seal(scope: Scope, key: bytes, media: MediaFile, file: str) -> bool:
    try:
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=10)
    except ValueError:
        return False
    until, seal = query.get("until", [""])[0], query.get("seal", [""])[0]
    return is_sealed(key, media, file, until, seal)


def _part_of(asked: bytes, size: int) -> _Part | None:
    """The whole for what is no range of one part (RFC 9110, 14.2); None for a part beyond the end."""
    found = _RANGE.fullmatch(asked.decode("latin-1").strip())
    if found is None or not (found[1] or found[2]):
        return _Part(0, size, whole=True)
    if not found[1]:
        length = min(int(found[2]), size)
        return _Part(size - length, length) if length else None
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if first >= size:
        return None
    return _Part(first, last - first + 1) if last >= first else _Part(0, size, whole=True)


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


async def _send(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], pieces: AsyncIterator[bytes] | None = None
) -> None:
    start: Any = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    if pieces is not None:
        async for piece in pieces:
            more: Any = {"type": "http.response.body", "body": piece, "more_body": True}
            await send(more)
    end: Any = {"type": "http.response.body", "body": b"", "more_body": False}
    await send(end)


def handler() -> ASGIRouteHandler:
    return ASGIRouteHandler(path="/media/{id:str}/{file:str}", name="media", copy_scope=False)(serve_file)
