"""The lists of who is kept out, for staff to keep: e-mail domains, e-mail addresses, networks."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from ipaddress import ip_network

import msgspec

from parley.identity import admission_queries as queries
from parley.identity.admission import IP_BLOCKS_MAX, SEVERITIES, announce_ip_blocks
from parley.identity.email_addresses import canonical_email_hash, normal_email
from parley.identity.models import CanonicalEmailBlock, DayOfAttempts, EmailDomainBlock, IpBlock
from parley.kit import clock, ids
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.paging import Page
from parley.kit.spans import normal_domain

ATTEMPT_DAYS = 7
COMMENT_LENGTH_MAX = 2000
_DOMAIN_LENGTH_MAX = 253
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_HASH = re.compile(r"[0-9a-f]{64}")


class IpBlockChanges(msgspec.Struct, frozen=True):
    """None leaves a part as it was."""

    ip: str | None = None
    severity: str | None = None
    comment: str | None = None
    expires_at: datetime | None = None


def blockable_domain(text: str) -> str:
    """A domain in its normal form. Raises Invalid for what can't be one."""
    text = text.strip().rstrip(".")
    domain = normal_domain(text) if 0 < len(text) <= _DOMAIN_LENGTH_MAX else None
    if domain is None or not _DOMAIN.fullmatch(domain):
        raise Invalid("Validation failed: Domain is not a valid domain name")
    return domain


# E-mail domains


async def block_email_domain(conn: Connection, domain: str, *, allow_with_approval: bool) -> EmailDomainBlock:
    block = EmailDomainBlock(
        _new_id(), blockable_domain(domain.removeprefix("@")), allow_with_approval, clock.now()
    )
    if not await queries.insert_email_domain_block(conn, block):
        raise Invalid("Validation failed: Domain has already been taken")
    return block


async def require_email_domain_block(conn: Connection, block_id: int) -> EmailDomainBlock:
    block = await queries.find_email_domain_block(conn, block_id)
    if block is None:
        raise NotFound
    return block


async def unblock_email_domain(conn: Connection, block_id: int) -> EmailDomainBlock:
    block = await require_email_domain_block(conn, block_id)
    await queries.delete_email_domain_block(conn, block_id)
    return block


async def email_domain_blocks(conn: Connection, page: Page) -> list[EmailDomainBlock]:
    return await queries.email_domain_blocks_page(conn, page)


async def attempts_of(
    conn: Connection, blocks: Sequence[EmailDomainBlock]
) -> dict[str, dict[date, DayOfAttempts]]:
    """By domain and day, those of the last week; one statement."""
    since = clock.now().date() - timedelta(days=ATTEMPT_DAYS - 1)
    found: dict[str, dict[date, DayOfAttempts]] = {each.domain: {} for each in blocks}
    for each in await queries.attempts_of_domains(conn, list(found), since):
        found[each.domain][each.day] = each
    return found


# E-mail addresses


async def block_canonical_email(conn: Connection, email: str, hashed: str) -> CanonicalEmailBlock:
    """By the address, or by its hash where nobody should learn the address. Who is blocked already stays so."""
    block = CanonicalEmailBlock(_new_id(), _wanted_hash(email, hashed), clock.now())
    if not await queries.insert_canonical_email_block(conn, block):
        raise Invalid("Validation failed: Canonical email hash has already been taken")
    return block


async def test_canonical_email(conn: Connection, email: str) -> list[CanonicalEmailBlock]:
    found = await queries.find_canonical_email_block_by_hash(conn, _wanted_hash(email, ""))
    return [] if found is None else [found]


async def require_canonical_email_block(conn: Connection, block_id: int) -> CanonicalEmailBlock:
    block = await queries.find_canonical_email_block(conn, block_id)
    if block is None:
        raise NotFound
    return block


async def unblock_canonical_email(conn: Connection, block_id: int) -> CanonicalEmailBlock:
    block = await require_canonical_email_block(conn, block_id)
    await queries.delete_canonical_email_block(conn, block_id)
    return block


async def canonical_email_blocks(conn: Connection, page: Page) -> list[CanonicalEmailBlock]:
    return await queries.canonical_email_blocks_page(conn, page)


def _wanted_hash(email: str, hashed: str) -> str:
    if email:
        normal = normal_email(email)
        if normal is None:
            raise Invalid("Validation failed: Email is invalid")
        return canonical_email_hash(normal)
    if not _HASH.fullmatch(hashed.lower()):
        raise Invalid("Validation failed: Canonical email hash can't be blank")
    return hashed.lower()


# Networks


async def block_ip(
    conn: Connection, ip: str, severity: str, comment: str, expires_at: datetime | None
) -> IpBlock:
    block = IpBlock(_new_id(), _network(ip), _severity(severity), _comment(comment), clock.now(), expires_at)
    if await queries.count_ip_blocks(conn) >= IP_BLOCKS_MAX:
        raise Invalid(f"Validation failed: There are {IP_BLOCKS_MAX} blocks already")
    if not await queries.insert_ip_block(conn, block):
        raise Invalid("Validation failed: IP has already been taken")
    announce_ip_blocks(conn)
    return block


async def change_ip_block(conn: Connection, block_id: int, changes: IpBlockChanges) -> IpBlock:
    before = await require_ip_block(conn, block_id)
    block = msgspec.structs.replace(
        before,
        ip=before.ip if changes.ip is None else _network(changes.ip),
        severity=before.severity if changes.severity is None else _severity(changes.severity),
        comment=before.comment if changes.comment is None else _comment(changes.comment),
        expires_at=changes.expires_at or before.expires_at,
    )
    holder = await queries.find_ip_block_by_ip(conn, block.ip)
    if holder is not None and holder.id != block_id:
        raise Invalid("Validation failed: IP has already been taken")
    await queries.update_ip_block(conn, block)
    announce_ip_blocks(conn)
    return block


async def require_ip_block(conn: Connection, block_id: int) -> IpBlock:
    block = await queries.find_ip_block(conn, block_id)
    if block is None:
        raise NotFound
    return block


async def unblock_ip(conn: Connection, block_id: int) -> IpBlock:
    block = await require_ip_block(conn, block_id)
    await queries.delete_ip_block(conn, block_id)
    announce_ip_blocks(conn)
    return block


async def ip_blocks(conn: Connection, page: Page) -> list[IpBlock]:
    return await queries.ip_blocks_page(conn, page)


def _network(text: str) -> str:
    """With its size, as clients expect it: `192.0.2.1/32`."""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise Invalid("Validation failed: Ip is not a valid address or network") from None


def _severity(text: str) -> str:
    if text not in SEVERITIES:
        raise Invalid("Validation failed: Severity is not included in the list")
    return text


def _comment(text: str) -> str:
    if len(text) > COMMENT_LENGTH_MAX:
        raise Invalid(f"Validation failed: Comment is too long (maximum is {COMMENT_LENGTH_MAX} characters)")
    return text.strip()


def _new_id() -> int:
    """Blocks have no owner: time alone orders them."""
    return ids.new_id_in_bucket(0)
