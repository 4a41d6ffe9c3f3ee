"""Who may sign up: blocked e-mail domains, addresses and networks; and who may not come in at all.

Asked before a sign-up opens its transaction, so that an attempt that is refused is still counted.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec

from parley.identity import admission_queries as queries
from parley.identity.email_addresses import canonical_email_hash, normal_email
from parley.identity.errors import RegistrationsClosed
from parley.identity.models import EmailDomainBlock, IpBlock
from parley.identity.sign_in_addresses import keep_address
from parley.kit import clock
from parley.kit.client_address import UNKNOWN, address_group, client_address
from parley.kit.db import Connection, Database
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId
from parley.kit.pubsub import PubSub

SEVERITIES = ("sign_up_requires_approval", "sign_up_block", "no_access")
IP_BLOCKS_MAX = 10_000
_ADDRESSES_REMEMBERED_MAX = 20_000
_TOPIC = "ip_blocks_changed"


class Admission(msgspec.Struct, frozen=True):
    """A sign-up that may go on; `needs_approval` where a block asks for it though the server doesn't."""

    needs_approval: bool = False


UNHINDERED = Admission()


class BlockedNetworks:
    """What is in force, sorted by size: a look-up is one hash a size, and sizes are few."""

    __slots__ = ("_blocks", "_seen", "_sizes")

    def __init__(self, blocks: Sequence[IpBlock]) -> None:
        self._blocks = {ip_network(each.ip): each for each in blocks}
        self._sizes = sorted({(each.version, each.prefixlen) for each in self._blocks})
        self._seen: dict[str, tuple[IpBlock, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def severity_of(self, address: str, now: datetime) -> str | None:
        """The gravest of all blocks that cover the address just now."""
        found = self._seen.get(address)
        if found is None:
            if len(self._seen) >= _ADDRESSES_REMEMBERED_MAX:
                self._seen.clear()
            found = self._seen[address] = self._covering(address)
        in_force = [each.severity for each in found if each.expires_at is None or each.expires_at > now]
        return max(in_force, key=SEVERITIES.index, default=None)

    def _covering(self, address: str) -> tuple[IpBlock, ...]:
        try:
            parsed = ip_address(address)
        except ValueError:
            return ()
        found = [
            self._blocks.get(ip_network((parsed, size), strict=False))
            for version, size in self._sizes
            if version == parsed.version
        ]
        return tuple(each for each in found if each is not None)


class _Kept:
    """Of this process. Read anew only after a change, which a message tells, or when messages may be lost."""

    blocked: BlockedNetworks | None = None
    turn: int = 0


def keep_blocked(blocked: BlockedNetworks | None) -> None:
    """None has them read anew."""
    _Kept.blocked = blocked
    _Kept.turn += 1


def listen(pubsub: PubSub) -> None:
    """Lets this process hear of blocks that others make."""
    pubsub.subscribe(_TOPIC, lambda _text: keep_blocked(None))
    pubsub.on_reconnect(lambda: keep_blocked(None))


def announce_ip_blocks(conn: Connection) -> None:
    conn.after_commit(lambda: keep_blocked(None))
    conn.publish_after_commit(_TOPIC, "")


async def severity_of_address(database: Database, address: str) -> str | None:
    """What the blocks of networks say of an address."""
    blocked = _Kept.blocked
    if blocked is None:
        turn = _Kept.turn
        async with database.reading() as conn:
            blocked = BlockedNetworks(await queries.ip_blocks_in_force(conn, clock.now(), IP_BLOCKS_MAX))
        # What changed while this was read may have been read before.
        if turn == _Kept.turn:
            keep_blocked(blocked)
    return blocked.severity_of(address, clock.now()) if blocked else None


async def is_kept_out(database: Database, scope: Any, trusted_proxies: tuple[str, ...]) -> bool:
    """Hot path: every request, 0.1 µs where no network is blocked, 3 µs where some are; no statement."""
    if _Kept.blocked is not None and not _Kept.blocked:
        return False
    return await severity_of_address(database, client_address(scope, trusted_proxies)) == "no_access"


async def admit_sign_up(database: Database, email: str, address: str) -> Admission:
    """Raises RegistrationsClosed for a blocked network, Invalid for a blocked address or its domain."""
    severity = await severity_of_address(database, address)
    if severity in {"sign_up_block", "no_access"}:
        raise RegistrationsClosed
    needs_approval = await admit_email(database, email, address)
    return Admission(needs_approval=needs_approval or severity is not None)


async def admit_email(database: Database, email: str, address: str) -> bool:
    """Whether a new member with it needs approval. Raises Invalid for a blocked address or its domain."""
    normal = normal_email(email)
    if normal is None:
        # Told by the act itself, with all other faults.
        return False
    async with database.reading() as conn:
        blocked = await _domain_block(conn, normal)
        by_hash = await queries.find_canonical_email_block_by_hash(conn, canonical_email_hash(normal))
    if blocked is not None:
        await _count_attempt(database, blocked, address)
    if by_hash is not None or (blocked is not None and not blocked.allow_with_approval):
        raise _email_blocked()
    return blocked is not None


async def _domain_block(conn: Connection, email: str) -> EmailDomainBlock | None:
    """Of the address's domain or one above it; one that refuses before one that lets wait."""
    labels = email.rpartition("@")[2].split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels))]
    found = await queries.email_domain_blocks_among(conn, domains)
    return min(found, key=lambda each: each.allow_with_approval, default=None)


async def _count_attempt(database: Database, block: EmailDomainBlock, address: str) -> None:
    """By the hash of the network for this day: how many tried is of interest, who did isn't."""
    day = clock.now().date()
    visitor = hashlib.sha256(f"{day} {block.id} {address_group(address)}".encode()).digest()[:16]
    async with database.transaction() as conn:
        await queries.note_attempt(conn, block.domain, day, visitor)


def _email_blocked() -> Invalid:
    sentence = "contains a disallowed e-mail provider"
    return Invalid(
        f"Validation failed: E-mail address {sentence}", details={"email": [("ERR_BLOCKED", sentence)]}
    )


async def note_login_address(conn: Connection, account_id: AccountId, address: str, keep_days: int) -> None:
    """Where somebody signed in from, for as long as the operator keeps that (settings.keep_addresses_days)."""
    if keep_days > 0 and address != UNKNOWN:
        await keep_address(conn, account_id, address, clock.now())
