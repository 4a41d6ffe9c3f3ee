"""Between the password and the code: a sealed note of who gave the right password, which the page carries along.

Nothing is kept for it: it opens nothing by itself, is over after minutes, and when the password changes.
"""

import base64
import binascii
import hashlib
from datetime import timedelta

import msgspec

from parley.identity import login_queries
from parley.identity.errors import SecretSpent
from parley.identity.login import ProvenMember
from parley.identity.models import User
from parley.kit import clock, sealing
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.sealing import SealBroken
from parley.kit.server_secrets import server_secret

LIFETIME = timedelta(minutes=10)
LENGTH_MAX = 400
_PLACE = b"half signed in"


class _Note(msgspec.Struct, frozen=True):
    account_id: AccountId
    until_seconds: float
    password_mark: bytes


async def note_half(conn: Connection, member: ProvenMember) -> str:
    user = await _require_user(conn, member.account_id)
    until = clock.now() + LIFETIME
    note = _Note(member.account_id, until.timestamp(), _mark(user))
    sealed = sealing.seal(await _key(conn), msgspec.msgpack.encode(note), _PLACE)
    return base64.urlsafe_b64encode(sealed).decode()


async def open_half(conn: Connection, text: str) -> ProvenMember:
    """Raises SecretSpent."""
    if len(text) > LENGTH_MAX:
        raise SecretSpent
    try:
        sealed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        opened = sealing.open_sealed(await _key(conn), sealed, _PLACE)
    except (binascii.Error, UnicodeEncodeError, SealBroken):
        raise SecretSpent from None
    note = msgspec.msgpack.decode(opened, type=_Note)
    user = await _require_user(conn, note.account_id)
    if note.until_seconds <= clock.now().timestamp() or note.password_mark != _mark(user):
        raise SecretSpent
    return ProvenMember(note.account_id)


async def _require_user(conn: Connection, account_id: AccountId) -> User:
    user = await login_queries.find_user(conn, account_id)
    if user is None:
        raise SecretSpent
    return user


def _mark(user: User) -> bytes:
    """Another for another password; the sealed note tells nobody anything about it."""
    return hashlib.sha256(user.password_hash.encode()).digest()[:16]


async def _key(conn: Connection) -> bytes:
    return await server_secret(conn, "half sign-ins")
