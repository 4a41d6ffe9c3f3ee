"""The words of direct statuses lie sealed: with one random key for each conversation, which is wrapped outside.

A piece of sealed words names the owner of its key, so whoever reads it need not know where it came from. The owner is
the thread for direct statuses, and the thing itself where it stands alone (a scheduled status); a key is counted by the
pieces that need it, and goes with the last: then what may still lie around opens for nobody.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from parley.kit import clock, sealing
from parley.kit.db import Connection
from parley.kit.pubsub import PubSub
from parley.kit.sealing import NoMasterKey, SealBroken
from parley.publishing import sealing_queries as queries

log = logging.getLogger(__name__)

KEY_GONE_TOPIC = "sealing_key_gone"
_FORM = b"\x01"
_OWNER_BYTES = 8
_KEYS_KEPT_MAX = 10_000

Words = TypeVar("Words")

_kept: dict[int, bytes] = {}


class OwnersKey(msgspec.Struct, frozen=True):
    """A key, unwrapped, beside whose it is. Never to be shown."""

    owner_id: int
    key: bytes

    def __repr__(self) -> str:
        return f"OwnersKey({self.owner_id})"


class Piece(msgspec.Struct, frozen=True):
    """Sealed words, and the row they lie in."""

    place: str
    sealed: bytes

    @property
    def owner_id(self) -> int:
        return int.from_bytes(self.sealed[1 : 1 + _OWNER_BYTES], "big")


# Sealing


async def use_key(conn: Connection, owner_id: int) -> OwnersKey:
    """For one more thing of this owner's; made if there is none yet. First of an act: it holds the key's row.

    Raises NoMasterKey.
    """
    fresh = conn.keys.wrap(sealing.new_key(), _owner_place(owner_id))
    wrapped = await queries.use_key(conn, owner_id, fresh, clock.now())
    return OwnersKey(owner_id, _unwrap(conn, owner_id, wrapped))


async def known_key(conn: Connection, owner_id: int) -> OwnersKey:
    """For what is sealed anew and was counted before. Raises NoMasterKey."""
    for found in await queries.keys_by_owners(conn, [owner_id]):
        return OwnersKey(owner_id, _unwrap(conn, owner_id, found.wrapped))
    raise NoMasterKey(logged=f"the key of {owner_id} is gone")


def _unwrap(conn: Connection, owner_id: int, wrapped: bytes) -> bytes:
    try:
        return conn.keys.unwrap(wrapped, _owner_place(owner_id))
    except SealBroken:
        raise NoMasterKey(logged=f"the key of {owner_id} can't be unwrapped") from None


def seal(key: OwnersKey, place: str, words: object) -> bytes:
    """`words`: a struct, or what else msgspec writes."""
    head = _FORM + key.owner_id.to_bytes(_OWNER_BYTES, "big")
    return head + sealing.seal(key.key, msgspec.msgpack.encode(words), head + place.encode())


async def hold_key(conn: Connection, owner_id: int) -> None:
    """Before anything else of an act that will release it, so that two acts hold their rows in one order."""
    await queries.lock_key(conn, owner_id)


async def release_key(conn: Connection, pubsub: PubSub, owner_id: int) -> None:
    """One thing less needs it; with the last, it is erased."""
    uses = await queries.lock_key(conn, owner_id)
    if uses is not None and uses > 1:
        await queries.release_key(conn, owner_id)
    elif uses is not None:
        await erase_key(conn, pubsub, owner_id)


async def erase_key(conn: Connection, pubsub: PubSub, owner_id: int) -> None:
    """All that was sealed with it is unreadable from now on, wherever copies of it lie."""
    await queries.delete_key(conn, owner_id)
    conn.after_commit(lambda: _forget(owner_id))
    conn.after_commit(lambda: pubsub.publish(KEY_GONE_TOPIC, str(owner_id)))


def listen(pubsub: PubSub) -> None:
    """Lets this process's memory lose the keys that any process erases."""
    pubsub.subscribe(KEY_GONE_TOPIC, lambda text: _forget(int(text)))


def _forget(owner_id: int) -> None:
    _kept.pop(owner_id, None)


def clear() -> None:
    _kept.clear()


# Opening


async def open_all(conn: Connection, pieces: Sequence[Piece], into: type[Words]) -> list[Words | None]:
    """In the order given; None for what can't be opened, which is logged. One statement, or none."""
    missing = {each.owner_id for each in pieces}.difference(_kept)
    if missing:
        await _fetch_keys(conn, missing)
    opened = [_open(each, into) for each in pieces]
    stale = {piece.owner_id for piece, words in zip(pieces, opened, strict=True) if words is None} - missing
    if stale:
        # Erased and made anew, and this process was not told.
        await _fetch_keys(conn, stale)
        opened = [_open(each, into) for each in pieces]
    for piece, words in zip(pieces, opened, strict=True):
        if words is None:
            log.error("%s can't be opened: see `parley doctor`", piece.place)
    return opened


async def open_one(conn: Connection, piece: Piece, into: type[Words]) -> Words | None:
    return (await open_all(conn, [piece], into))[0]


async def _fetch_keys(conn: Connection, owner_ids: Iterable[int]) -> None:
    wanted = list(owner_ids)
    for each in wanted:
        _kept.pop(each, None)
    for found in await queries.keys_by_owners(conn, wanted):
        try:
            key = _unwrap(conn, found.owner_id, found.wrapped)
        except NoMasterKey as error:
            log.error("%s", error.logged)  # noqa: TRY400 - a missing key is the operator's to mend, not a fault
            continue
        if len(_kept) >= _KEYS_KEPT_MAX:
            for oldest in list(_kept)[: _KEYS_KEPT_MAX // 10]:
                del _kept[oldest]
        _kept[found.owner_id] = key


def _open(piece: Piece, into: type[Words]) -> Words | None:
    key = _kept.get(piece.owner_id)
    if key is None:
        return None
    head_bytes = len(_FORM) + _OWNER_BYTES
    head, sealed = piece.sealed[:head_bytes], piece.sealed[head_bytes:]
    try:
        return msgspec.msgpack.decode(
            sealing.open_sealed(key, sealed, head + piece.place.encode()), type=into
        )
    except SealBroken:
        return None


def _owner_place(owner_id: int) -> bytes:
    return b"key " + str(owner_id).encode()


# Master keys


async def rewrap_slice(conn: Connection, after: int, limit: int) -> tuple[int, int | None]:
    """Wraps keys under the master key in use; how many were not, and where the next slice begins. Raises NoMasterKey."""
    present = conn.keys.names()[0]
    found = await queries.keys_after(conn, after, limit)
    changed = 0
    for each in found:
        if not each.wrapped.startswith(present):
            place = _owner_place(each.owner_id)
            fresh = conn.keys.wrap(_unwrap(conn, each.owner_id, each.wrapped), place)
            changed += await queries.update_wrapped(conn, each.owner_id, each.wrapped, fresh)
    return changed, found[-1].owner_id if len(found) == limit else None


async def master_keys_in_use(conn: Connection) -> dict[bytes, int]:
    """How many keys each master key wraps, by its name."""
    rows = await queries.count_by_master_key(conn, sealing.NAME_BYTES)
    return {bytes(name): count for name, count in rows}
