"""Owners' keys: one random key for each owner of words, which lies wrapped by a master key, and what is sealed with it.

An owner is an id. Most have a lasting key, made when it is first needed and erased for good: nobody makes them another.
Others have a counted one, which goes with the last thing that needs it. Sealed words name the owners whose keys open
them, so whoever reads them need not know where they came from; words of two owners open with both keys together only.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parley.kit import clock, sealing
from parley.kit.db import Connection
from parley.kit.errors import Gone
from parley.kit.ids import bucket_of
from parley.kit.pubsub import PubSub
from parley.kit.recent import Recent
from parley.kit.sealing import NoMasterKey, SealBroken

log = logging.getLogger(__name__)

_OWNER_BYTES = 8
# What stands in the place of a key that was erased for good.
_ERASED = b""
_ONE, _TWO = b"\x01", b"\x02"
_ERASED_TOPIC = "owner_erased"

Words = TypeVar("Words")


class _Known(msgspec.Struct, frozen=True):
    """A key, unwrapped. No opener: it was erased for good."""

    key: bytes
    opener: sealing.Opener | None


_NO_MORE = _Known(_ERASED, None)
# By owner, for as long as the process hears of those that are erased.
_known: Recent[_Known] = Recent("owners_key_gone", entries_max=20_000, lifetime_seconds=float("inf"))


_acts_when_erased: list[Callable[[int], None]] = []


class OwnerErased(Gone):
    """Its key was erased for good: nothing is sealed for this owner any more."""


class OwnersKey(msgspec.Struct, frozen=True):
    """A key, unwrapped, beside whose it is. Never to be shown."""

    owner_ids: tuple[int, ...]
    key: bytes

    def __repr__(self) -> str:
        return f"OwnersKey({self.owner_ids})"


class WrappedKey(msgspec.Struct, frozen=True):
    owner_id: int
    wrapped: bytes


class Piece(msgspec.Struct, frozen=True):
    """Sealed words, and the row they lie in."""

    place: str
    sealed: bytes

    @property
    def owner_ids(self) -> tuple[int, ...]:
        return owners_of(self.sealed)


def owners_of(sealed: bytes) -> tuple[int, ...]:
    """Whose keys open it; nobody's, if it is nothing that was sealed here."""
    form, first = sealed[:1], int.from_bytes(sealed[1 : 1 + _OWNER_BYTES], "big")
    if form == _ONE:
        return (first,)
    if form == _TWO:
        return first, int.from_bytes(sealed[1 + _OWNER_BYTES : 1 + 2 * _OWNER_BYTES], "big")
    return ()


# Lasting keys


async def lasting_key(conn: Connection, owner_id: int) -> OwnersKey:
    """The owner's one key, made if there is none yet. No statement once this process knows it.

    Raises OwnerErased or NoMasterKey.
    """
    known = _known.find(owner_id, clock.now_seconds())
    if known is None:
        mark = _known.mark()
        known = _known_of(_unwrap(conn, owner_id, await _lasting(conn, owner_id)))
        _keep(conn, mark, {owner_id: known})
    if known.opener is None:
        raise OwnerErased
    return OwnersKey((owner_id,), known.key)


async def _lasting(conn: Connection, owner_id: int) -> bytes:
    for found in await keys_by_owners(conn, [owner_id]):
        return found.wrapped
    fresh = conn.keys.wrap(sealing.new_key(), _owner_place(owner_id))
    await insert_key(conn, owner_id, fresh, clock.now())
    # Somebody may have been quicker.
    for found in await keys_by_owners(conn, [owner_id]):
        return found.wrapped
    return fresh


async def erase_for_good(conn: Connection, owner_id: int) -> None:
    """All that was sealed with it is unreadable from now on, wherever copies of it lie, and no other key is made."""
    await put_erased(conn, owner_id, clock.now())
    _known.changed(conn, owner_id)
    conn.after_commit(lambda: _tell_erased(owner_id))
    conn.publish_after_commit(_ERASED_TOPIC, str(owner_id))


def both(first: OwnersKey, second: OwnersKey) -> OwnersKey:
    """What is sealed with this needs both owners' keys: with either erased, it is unreadable."""
    owner_ids = (*first.owner_ids, *second.owner_ids)
    return OwnersKey(owner_ids, _derived((first.key, second.key), owner_ids))


def _derived(keys: Sequence[bytes], owner_ids: Sequence[int]) -> bytes:
    whose = b"parley keys of " + b" ".join(str(each).encode() for each in owner_ids)
    return HKDF(hashes.SHA256(), sealing.KEY_BYTES, None, whose).derive(b"".join(keys))


# Counted keys


async def use_key(conn: Connection, owner_id: int) -> OwnersKey:
    """For one more thing of this owner's; made if there is none yet. First of an act: it holds the key's row.

    Raises NoMasterKey.
    """
    fresh = conn.keys.wrap(sealing.new_key(), _owner_place(owner_id))
    wrapped = await count_use(conn, owner_id, fresh, clock.now())
    return OwnersKey((owner_id,), _unwrap(conn, owner_id, wrapped))


async def known_key(conn: Connection, owner_id: int) -> OwnersKey:
    """For what is sealed anew and was counted before. Raises NoMasterKey."""
    for found in await keys_by_owners(conn, [owner_id]):
        return OwnersKey((owner_id,), _unwrap(conn, owner_id, found.wrapped))
    raise NoMasterKey(logged=f"the key of {owner_id} is gone")


async def hold_key(conn: Connection, owner_id: int) -> None:
    """Before anything else of an act that will release it, so that two acts hold their rows in one order."""
    await lock_uses(conn, owner_id)


async def release_key(conn: Connection, owner_id: int) -> None:
    """One thing less needs it; with the last, it is erased."""
    uses = await lock_uses(conn, owner_id)
    if uses is not None and uses > 1:
        await count_release(conn, owner_id)
    elif uses is not None:
        await erase_key(conn, owner_id)


async def erase_key(conn: Connection, owner_id: int) -> None:
    """All that was sealed with it is unreadable from now on, wherever copies of it lie."""
    await delete_key(conn, owner_id)
    _known.changed(conn, owner_id)


# Sealing and opening


def seal(key: OwnersKey, place: str, words: object) -> bytes:
    """`words`: a struct, or what else msgspec writes."""
    owners = b"".join(each.to_bytes(_OWNER_BYTES, "big") for each in key.owner_ids)
    head = bytes((len(key.owner_ids),)) + owners
    return head + sealing.seal(key.key, msgspec.msgpack.encode(words), head + place.encode())


async def open_all(conn: Connection, pieces: Sequence[Piece], into: type[Words]) -> list[Words | None]:
    """In the order given; None for what can't be opened. One statement, or none when the keys are known.

    What should open, and doesn't, is logged: not what an owner had erased.
    """
    owners = [each.owner_ids for each in pieces]
    keys, missing = _known.find_all({one for each in owners for one in each}, clock.now_seconds())
    if missing:
        keys.update(await _fetch_keys(conn, missing))
    opened = [_open(each, owner_ids, keys, into) for each, owner_ids in zip(pieces, owners, strict=True)]
    if None not in opened:
        return opened
    closed = [each for each, words in zip(pieces, opened, strict=True) if words is None]
    stale = {owner_id for each in closed for owner_id in each.owner_ids}.difference(missing)
    if stale and not _was_erased(closed, keys):
        # Erased and made anew, and this process was not told.
        keys.update(await _fetch_keys(conn, stale))
        opened = [_open(each, owner_ids, keys, into) for each, owner_ids in zip(pieces, owners, strict=True)]
        closed = [each for each, words in zip(pieces, opened, strict=True) if words is None]
    if closed and not _was_erased(closed, keys):
        log.error("%d pieces can't be opened, such as %s: see `parley doctor`", len(closed), closed[-1].place)
    return opened


async def open_one(conn: Connection, piece: Piece, into: type[Words]) -> Words | None:
    return (await open_all(conn, [piece], into))[0]


def _was_erased(pieces: Sequence[Piece], keys: Mapping[int, _Known]) -> bool:
    """Whether all of them are of owners whose keys were erased for good."""
    return all(any(keys.get(each) is _NO_MORE for each in piece.owner_ids) for piece in pieces)


def _open(
    piece: Piece, owner_ids: Sequence[int], keys: Mapping[int, _Known], into: type[Words]
) -> Words | None:
    """Hot path: of each status that this process has not at hand."""
    theirs = [keys.get(each, _NO_MORE) for each in owner_ids]
    opener = theirs[0].opener if len(theirs) == 1 else _opener_of_both(theirs, owner_ids)
    if opener is None:
        return None
    head_bytes = 1 + len(theirs) * _OWNER_BYTES
    head, sealed = piece.sealed[:head_bytes], piece.sealed[head_bytes:]
    try:
        return msgspec.msgpack.decode(opener.open(sealed, head + piece.place.encode()), type=into)
    except SealBroken:
        return None


def _opener_of_both(theirs: Sequence[_Known], owner_ids: Sequence[int]) -> sealing.Opener | None:
    if not theirs or any(each.opener is None for each in theirs):
        return None
    return sealing.Opener(_derived([each.key for each in theirs], owner_ids))


async def _fetch_keys(conn: Connection, owner_ids: Collection[int]) -> dict[int, _Known]:
    mark = _known.mark()
    found: dict[int, _Known] = {}
    closed: list[NoMasterKey] = []
    for each in await keys_by_owners(conn, list(owner_ids)):
        try:
            found[each.owner_id] = _known_of(_unwrap(conn, each.owner_id, each.wrapped))
        except NoMasterKey as error:
            closed.append(error)
    if closed:
        log.error("%d keys can't be opened: %s", len(closed), closed[-1].logged)
    _keep(conn, mark, found)
    return found


def _unwrap(conn: Connection, owner_id: int, wrapped: bytes) -> bytes:
    if wrapped == _ERASED:
        return _ERASED
    try:
        return conn.keys.unwrap(wrapped, _owner_place(owner_id))
    except SealBroken:
        raise NoMasterKey(logged=f"the key of {owner_id} can't be unwrapped") from None


def _known_of(key: bytes) -> _Known:
    return _Known(key, sealing.Opener(key)) if key != _ERASED else _NO_MORE


def _owner_place(owner_id: int) -> bytes:
    return b"key " + str(owner_id).encode()


# What this process knows


def _keep(conn: Connection, mark: int, found: Mapping[int, _Known]) -> None:
    """With the commit, as what a transaction reads may never have been."""
    if conn.in_transaction:
        conn.after_commit(lambda: _keep_now(mark, found))
    else:
        _keep_now(mark, found)


def _keep_now(mark: int, found: Mapping[int, _Known]) -> None:
    now = clock.now_seconds()
    for owner_id, known in found.items():
        _known.keep(mark, owner_id, known, now)


def known_owners(owner_ids: Iterable[int]) -> set[int]:
    """Those whose keys need not be asked for."""
    return set(_known.find_all(owner_ids, clock.now_seconds())[0])


def listen(pubsub: PubSub) -> None:
    """Lets this process's memory lose the keys that any process erases, and what was opened of who is erased."""
    pubsub.subscribe(_known.topic, lambda text: _known.forget(int(text)))
    pubsub.subscribe(_ERASED_TOPIC, lambda text: _tell_erased(int(text)))
    pubsub.on_reconnect(_known.clear)


def when_erased(act: Callable[[int], None]) -> None:
    """`act(owner_id)` runs in every process once an owner is erased for good: for memories of what was opened."""
    _acts_when_erased.append(act)


def _tell_erased(owner_id: int) -> None:
    for act in _acts_when_erased:
        act(owner_id)


def clear() -> None:
    _known.clear()


# Master keys


async def rewrap_slice(conn: Connection, after: int, limit: int) -> tuple[int, int | None]:
    """Wraps keys under the master key in use; how many were not, and where the next slice begins. Raises NoMasterKey."""
    present = conn.keys.names()[0]
    found = await keys_after(conn, after, limit)
    changed = 0
    for each in found:
        if not each.wrapped.startswith(present):
            place = _owner_place(each.owner_id)
            fresh = conn.keys.wrap(_unwrap(conn, each.owner_id, each.wrapped), place)
            changed += await update_wrapped(conn, each.owner_id, each.wrapped, fresh)
    return changed, found[-1].owner_id if len(found) == limit else None


async def master_keys_in_use(conn: Connection) -> dict[bytes, int]:
    """How many keys each master key wraps, by its name."""
    rows = await count_by_master_key(conn, sealing.NAME_BYTES)
    return {bytes(name): count for name, count in rows}


# SQL ----------------------------------------------------------------------------------------------------


async def keys_by_owners(conn: Connection, owner_ids: Sequence[int]) -> list[WrappedKey]:
    """Hydration: several buckets at once, allowed by name."""
    return await conn.fetch_all(
        WrappedKey,
        "select owner_id, wrapped from sealing_keys where owner_id = any($1) and bucket = any($2)",
        owner_ids,
        [bucket_of(each) for each in owner_ids],
    )


async def insert_key(conn: Connection, owner_id: int, wrapped: bytes, now: datetime) -> None:
    """Unless there is one. Its uses are not counted."""
    await conn.execute(
        """
        insert into sealing_keys (bucket, owner_id, wrapped, uses, created_at) values ($1, $2, $3, 0, $4)
        on conflict do nothing
        """,
        bucket_of(owner_id),
        owner_id,
        wrapped,
        now,
    )


async def put_erased(conn: Connection, owner_id: int, now: datetime) -> None:
    await conn.execute(
        """
        insert into sealing_keys (bucket, owner_id, wrapped, uses, created_at) values ($1, $2, '', 0, $3)
        on conflict (owner_id, bucket) do update set wrapped = '', uses = 0
        """,
        bucket_of(owner_id),
        owner_id,
        now,
    )


async def count_use(conn: Connection, owner_id: int, fresh: bytes, now: datetime) -> bytes:
    """Counts one use, and holds the row; returns the key that stands there, which is `fresh` if none did."""
    wrapped: bytes = await conn.fetch_value(
        """
        insert into sealing_keys (bucket, owner_id, wrapped, uses, created_at) values ($1, $2, $3, 1, $4)
        on conflict (owner_id, bucket) do update set uses = sealing_keys.uses + 1
        returning wrapped
        """,
        bucket_of(owner_id),
        owner_id,
        fresh,
        now,
    )
    return wrapped


async def lock_uses(conn: Connection, owner_id: int) -> int | None:
    """How many uses it has, which nobody changes before this transaction ends."""
    uses: int | None = await conn.fetch_value(
        "select uses from sealing_keys where bucket = $1 and owner_id = $2 for update",
        bucket_of(owner_id),
        owner_id,
    )
    return uses


async def count_release(conn: Connection, owner_id: int) -> None:
    await conn.execute(
        "update sealing_keys set uses = uses - 1 where bucket = $1 and owner_id = $2",
        bucket_of(owner_id),
        owner_id,
    )


async def delete_key(conn: Connection, owner_id: int) -> None:
    await conn.execute(
        "delete from sealing_keys where bucket = $1 and owner_id = $2", bucket_of(owner_id), owner_id
    )


async def keys_after(conn: Connection, after: int, limit: int) -> list[WrappedKey]:
    """The operator changes the master key: all of them, in slices, but those that were erased."""
    return await conn.fetch_all(
        WrappedKey,
        """
        select owner_id, wrapped from sealing_keys
        where owner_id > $1 and wrapped <> '' order by owner_id limit $2
        """,
        after,
        limit,
    )


async def update_wrapped(conn: Connection, owner_id: int, before: bytes, wrapped: bytes) -> bool:
    touched = await conn.execute(
        "update sealing_keys set wrapped = $4 where bucket = $1 and owner_id = $2 and wrapped = $3",
        bucket_of(owner_id),
        owner_id,
        before,
        wrapped,
    )
    return touched == 1


async def count_by_master_key(conn: Connection, name_bytes: int) -> list[Any]:
    """(name of the master key, how many keys it wraps): the operator asks, now and then."""
    return await conn.fetch_rows(
        """
        select substring(wrapped from 1 for $1) as name, count(*) from sealing_keys where wrapped <> '' group by 1
        """,
        name_bytes,
    )
