"""Words sealed at rest: random keys that seal, and the ring of master keys under which those keys are kept.

A key belongs to an owner (a conversation, later an account) and lies wrapped in the database; the master keys lie
outside it. Whoever has only the database can open nothing, and without the owner's row nobody can.
"""

import hashlib
import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from parley.kit.errors import Unavailable

KEY_BYTES = 32
NAME_BYTES = 8
_NONCE_BYTES = 12


class SealBroken(Exception):
    """The key is another one, or what was sealed was changed or moved to another row."""


class NoMasterKey(Unavailable):
    """The ring has none at all, or not the one that is asked for."""

    default = "Private words can't be kept or read just now"


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, words: bytes, associated: bytes) -> bytes:
    """AES-256-GCM. `associated` says where it lies, so that it opens nowhere else."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, words, associated)


def open_sealed(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Raises SealBroken."""
    return Opener(key).open(sealed, associated)


class Opener:
    """A key that opens many things: made once, it opens each at half the cost."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        """Raises SealBroken."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error


def name_of(master_key: bytes) -> bytes:
    """Tells master keys apart, and nothing else about them."""
    return hashlib.sha256(b"parley master key" + master_key).digest()[:NAME_BYTES]


class KeyRing:
    """Master keys, the first of which wraps; the others still unwrap. They may change while a process runs."""

    __slots__ = ("_keys", "_read")

    def __init__(self, read: Callable[[], tuple[bytes, ...]]) -> None:
        """`read` gives the keys there are now; asked again before wrapping, and for a key that is not known."""
        self._read = read
        self._keys: dict[bytes, bytes] = {}

    def names(self) -> list[bytes]:
        self._look()
        return list(self._keys)

    def wrap(self, key: bytes, associated: bytes) -> bytes:
        """Raises NoMasterKey."""
        self._look()
        name = next(iter(self._keys), None)
        if name is None:
            raise NoMasterKey(logged="there is no master key: see `parley doctor`")
        return name + seal(self._keys[name], key, associated)

    def unwrap(self, wrapped: bytes, associated: bytes) -> bytes:
        """Raises NoMasterKey or SealBroken."""
        name = wrapped[:NAME_BYTES]
        if name not in self._keys:
            self._look()
        if name not in self._keys:
            raise NoMasterKey(logged=f"the master key {name.hex()} is missing: see `parley doctor`")
        return open_sealed(self._keys[name], wrapped[NAME_BYTES:], associated)

    def _look(self) -> None:
        self._keys = {name_of(each): each for each in self._read()}


NO_KEYS = KeyRing(tuple)
