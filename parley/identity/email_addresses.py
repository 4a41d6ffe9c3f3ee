"""E-mail addresses: which are sane, when two are the same, and whose one is.

What is looked up by is a hash under the server's secret: who has the database alone can't try addresses on it.
"""

import hashlib
import hmac
import re

import msgspec

from parley.identity import login_queries
from parley.identity.models import User
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.server_secrets import server_secret

EMAIL_LENGTH_MAX = 254
_SECRET_NAME = "e-mail addresses"  # noqa: S105 - what the secret is called
_KEYED = b"\x01"
_OLDER_AT_ONCE = 500
_LOCAL_PART_LENGTH_MAX = 64
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_WORD}(?:\.{_WORD})*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}|localhost")


def normal_email(text: str) -> str | None:
    """The address with its domain in lower-case ASCII, or None when no mail could be sent there."""
    local, _, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        return None
    email = f"{local}@{domain}"
    if len(local) > _LOCAL_PART_LENGTH_MAX or len(email) > EMAIL_LENGTH_MAX:
        return None
    return email if _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain) else None


async def email_hash(conn: Connection, email: str) -> bytes:
    """Two addresses with the same hash are one person's: hardly a mail server tells letters' cases apart.

    Raises NoMasterKey.
    """
    return await keyed_hash(conn, open_hash(email))


async def keyed_hash(conn: Connection, hashed: bytes) -> bytes:
    """Of an open_hash. A byte longer, which tells the two apart."""
    key = await server_secret(conn, _SECRET_NAME)
    return _KEYED + hmac.new(key, hashed, hashlib.sha256).digest()


def open_hash(email: str) -> bytes:
    """As addresses were looked up by before there was a secret."""
    return hashlib.sha256(email.lower().encode()).digest()


async def find_holder(conn: Connection, email: str) -> AccountId | None:
    """Who has the address, whether they confirmed it or not."""
    return await login_queries.find_account_id_by_email(conn, await email_hash(conn, email), open_hash(email))


async def hash_asked_for(conn: Connection, email: str) -> bytes:
    """For a later find_account_id_by_email by it alone: the row, if there is one, lies under it from now on."""
    hashed = await email_hash(conn, email)
    await login_queries.replace_email_hash(conn, open_hash(email), hashed)
    return hashed


def canonical_email_hash(email: str) -> str:
    """One hash, in hexadecimal digits, for all spellings that reach one mailbox at most providers.

    Dots before the @ and all from a + on are left out.
    https://docs.joinmastodon.org/methods/admin/canonical_email_blocks/
    """
    local, _, domain = email.lower().rpartition("@")
    essential = local.partition("+")[0].replace(".", "")
    return hashlib.sha256(f"{essential}@{domain}".encode()).hexdigest()


async def claim_address(conn: Connection, email: str, account_id: AccountId) -> User | None:
    """Makes the address this account's, unless a member who confirmed it has it: that member is returned.

    Who only typed an address in holds it against nobody. The same statements in each case, so that time tells no
    more than the answer does.
    """
    key = await hash_asked_for(conn, email)
    await login_queries.claim_email(conn, key, account_id)
    holder_id = await login_queries.lock_email(conn, key) or account_id
    holder = await login_queries.find_user(conn, holder_id)
    kept = holder is not None and holder.confirmed_at is not None and holder_id != account_id
    await login_queries.update_email_holder(conn, key, holder_id if kept else account_id)
    return holder if kept else None


# From before hashes were keyed


class KeyOlderAddresses(msgspec.Struct, frozen=True):
    """The payload of the job that hashes anew what was hashed without a key."""


async def key_some_older(conn: Connection) -> bool:
    """A slice; whether there may be more."""
    older = await login_queries.unkeyed_hashes(conn, _OLDER_AT_ONCE)
    for each in older:
        await login_queries.replace_email_hash(conn, each, await keyed_hash(conn, each))
    return len(older) == _OLDER_AT_ONCE
