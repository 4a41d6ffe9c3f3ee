"""Random tokens that carry their row's id, password hashes, and comparing in constant time."""

import asyncio
import hashlib
import hmac
import secrets
import string
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from parley.kit.ids import ID_MAX

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_BASE62_VALUE = {character: value for value, character in enumerate(_BASE62)}

# RFC 9106's second recommendation (64 MiB, 3 passes, 4 lanes) with two lanes: one per core of a small machine.
_hasher = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=2)
# Each hash takes 64 MiB and a core: a sign-in storm must queue, not swap.
_hashing = asyncio.Semaphore(2)


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """For secrets of full entropy only: those need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def secret_matches(secret: str, secret_hash: bytes) -> bool:
    return hmac.compare_digest(hash_secret(secret), secret_hash)


def join_token(row_id: int, secret: str) -> str:
    """A bearer token that tells where its row lies: base 62 of the row's id, a dot, the secret."""
    digits = ""
    rest = row_id
    while rest:
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return f"{digits}.{secret}"


def split_token(token: str) -> tuple[int, str] | None:
    """The row id and secret of a token, or None when it is not of our form."""
    head, dot, secret = token.partition(".")
    if not dot or not 0 < len(head) <= 11 or not 20 <= len(secret) <= 64:
        return None
    row_id = 0
    for character in head:
        value = _BASE62_VALUE.get(character)
        if value is None:
            return None
        row_id = row_id * 62 + value
    return (row_id, secret) if 0 < row_id <= ID_MAX else None


async def hash_password(password: str) -> str:
    """argon2id (RFC 9106), off the event loop."""
    async with _hashing:
        return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Takes as long for nobody's hash (None): whether such a member exists must not show in the time."""
    async with _hashing:
        return await asyncio.to_thread(_verify, password, password_hash)


def _verify(password: str, password_hash: str | None) -> bool:
    # Made at the first check of any kind, so that starting costs nothing and no later check differs.
    nobodys_hash = _nobodys_password_hash()
    try:
        return _hasher.verify(password_hash or nobodys_hash, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys_password_hash() -> str:
    return _hasher.hash(new_secret())
