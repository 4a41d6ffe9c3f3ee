"""E-mail addresses: which are sane, when two are the same, and whose one is."""

import hashlib
import re

from parley.identity import login_queries
from parley.identity.models import User
from parley.kit.db import Connection
from parley.kit.ids import AccountId

EMAIL_LENGTH_MAX = 254
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


def email_hash(email: str) -> bytes:
    """Two addresses with the same hash are one person's: hardly a mail server tells letters' cases apart."""
    return hashlib.sha256(email.lower().encode()).digest()


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
    key = email_hash(email)
    await login_queries.claim_email(conn, key, account_id)
    holder_id = await login_queries.lock_email(conn, key) or account_id
    holder = await login_queries.find_user(conn, holder_id)
    kept = holder is not None and holder.confirmed_at is not None and holder_id != account_id
    await login_queries.update_email_holder(conn, key, holder_id if kept else account_id)
    return holder if kept else None
