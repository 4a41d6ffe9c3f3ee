"""Files sealed piece by piece: what was sent must not lie readable in a store while it waits to be made anew."""

import secrets
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from parley.kit.sealing import KEY_BYTES, SealBroken, open_sealed, seal

_PIECE_BYTES = 1_048_576
_OVERHEAD_BYTES = 28  # a nonce and a tag


def new_file_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal_file(key: bytes, pieces: Iterable[bytes], target: Path) -> None:
    """Each piece is bound to its place, the last one to being the last, so that none can be moved or cut off."""
    waiting = bytearray()
    place = 0
    with target.open("wb") as file:
        for piece in pieces:
            waiting += piece
            while len(waiting) > _PIECE_BYTES:
                file.write(seal(key, bytes(waiting[:_PIECE_BYTES]), _at(place, last=False)))
                del waiting[:_PIECE_BYTES]
                place += 1
        file.write(seal(key, bytes(waiting), _at(place, last=True)))


async def open_file(key: bytes, sealed: AsyncIterator[bytes], target: Path) -> None:
    """Raises SealBroken."""
    waiting = bytearray()
    place = 0
    whole = _PIECE_BYTES + _OVERHEAD_BYTES
    with target.open("wb") as file:
        async for piece in sealed:
            waiting += piece
            while len(waiting) > whole:
                file.write(open_sealed(key, bytes(waiting[:whole]), _at(place, last=False)))
                del waiting[:whole]
                place += 1
        if not waiting:
            raise SealBroken
        file.write(open_sealed(key, bytes(waiting), _at(place, last=True)))


def _at(place: int, *, last: bool) -> bytes:
    return f"{place} {'last' if last else 'more'}".encode()
