"""Other servers: which are blocked and how far, which are allowed; and what everybody may read of that."""

import hashlib

import msgspec

from parley.identity.admission_blocks import blockable_domain
from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit import clock, ids
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.paging import Page
from parley.moderation import site_queries as queries
from parley.moderation.audit import note_act
from parley.moderation.models import DOMAIN_SEVERITIES, AllowedDomain, BlockedDomain

COMMENT_LENGTH_MAX = 2000
_BUCKET = 0


class DomainBlockChanges(msgspec.Struct, frozen=True):
    """None leaves a part as it was; a new block begins with the defaults of the API."""

    severity: str | None = None
    reject_media: bool | None = None
    reject_reports: bool | None = None
    private_comment: str | None = None
    public_comment: str | None = None
    obfuscate: bool | None = None


# Blocked


async def block_domain(
    conn: Connection, viewer: Viewer, domain: str, changes: DomainBlockChanges
) -> BlockedDomain:
    staff_id = require_staff(viewer, Permission.MANAGE_FEDERATION)
    empty = BlockedDomain(
        ids.new_id_in_bucket(_BUCKET),
        blockable_domain(domain),
        severity="silence",
        reject_media=False,
        reject_reports=False,
        private_comment="",
        public_comment="",
        obfuscate=False,
        created_at=clock.now(),
    )
    block = _changed(empty, changes)
    if not await queries.put_blocked_domain(conn, block):
        raise Invalid("Validation failed: Domain has already been taken")
    await note_act(
        conn, staff_id, "domain_block.create", "domain_block", block.domain, target_id=block.id,
        reason=block.private_comment,
    )  # fmt: skip
    return block


async def change_domain_block(
    conn: Connection, viewer: Viewer, block_id: int, changes: DomainBlockChanges
) -> BlockedDomain:
    staff_id = require_staff(viewer, Permission.MANAGE_FEDERATION)
    block = _changed(await require_domain_block(conn, viewer, block_id), changes)
    await queries.update_blocked_domain(conn, block)
    await note_act(
        conn, staff_id, "domain_block.update", "domain_block", block.domain, target_id=block.id,
        reason=block.private_comment,
    )  # fmt: skip
    return block


async def unblock_domain(conn: Connection, viewer: Viewer, block_id: int) -> BlockedDomain:
    staff_id = require_staff(viewer, Permission.MANAGE_FEDERATION)
    block = await require_domain_block(conn, viewer, block_id)
    await queries.delete_blocked_domain(conn, block_id)
    await note_act(conn, staff_id, "domain_block.destroy", "domain_block", block.domain, target_id=block.id)
    return block


async def require_domain_block(conn: Connection, viewer: Viewer, block_id: int) -> BlockedDomain:
    require_staff(viewer, Permission.MANAGE_FEDERATION)
    block = await queries.find_blocked_domain(conn, block_id)
    if block is None:
        raise NotFound
    return block


async def find_domain_block(conn: Connection, viewer: Viewer, domain: str) -> BlockedDomain | None:
    require_staff(viewer, Permission.MANAGE_FEDERATION)
    return await queries.find_blocked_domain_by_name(conn, blockable_domain(domain))


async def domain_blocks(conn: Connection, viewer: Viewer, page: Page) -> list[BlockedDomain]:
    require_staff(viewer, Permission.MANAGE_FEDERATION)
    return await queries.blocked_domains_page(conn, page)


async def shown_domain_blocks(conn: Connection) -> list[BlockedDomain]:
    """For whom the setting domain_blocks_shown_to lets read them; doors ask it."""
    return await queries.blocked_domains_by_gravity(conn)


def domain_digest(domain: str) -> str:
    return hashlib.sha256(domain.encode()).hexdigest()


def shown_domain(block: BlockedDomain) -> str:
    """In full, or so far that whoever knows the domain recognises it, and nobody finds it."""
    if not block.obfuscate:
        return block.domain
    visible = max(1, len(block.domain) // 4)
    middle = "".join(each if each == "." else "*" for each in block.domain[visible:-visible])
    return block.domain[:visible] + middle + block.domain[-visible:]


def _changed(block: BlockedDomain, changes: DomainBlockChanges) -> BlockedDomain:
    given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not None}
    if changes.severity is not None and changes.severity not in DOMAIN_SEVERITIES:
        raise Invalid("Validation failed: Severity is not included in the list")
    for text in (changes.private_comment, changes.public_comment):
        if text is not None and len(text) > COMMENT_LENGTH_MAX:
            raise Invalid(
                f"Validation failed: Comment is too long (maximum is {COMMENT_LENGTH_MAX} characters)"
            )
    return msgspec.structs.replace(block, **given)


# Allowed


async def allow_domain(conn: Connection, viewer: Viewer, domain: str) -> AllowedDomain:
    """One that is allowed already stays as it is."""
    staff_id = require_staff(viewer, Permission.MANAGE_FEDERATION)
    allowed = AllowedDomain(ids.new_id_in_bucket(_BUCKET), blockable_domain(domain), clock.now())
    if not await queries.put_allowed_domain(conn, allowed):
        return await queries.find_allowed_domain_by_name(conn, allowed.domain) or allowed
    await note_act(
        conn, staff_id, "domain_allow.create", "domain_allow", allowed.domain, target_id=allowed.id
    )
    return allowed


async def disallow_domain(conn: Connection, viewer: Viewer, allowed_id: int) -> AllowedDomain:
    staff_id = require_staff(viewer, Permission.MANAGE_FEDERATION)
    allowed = await require_domain_allow(conn, viewer, allowed_id)
    await queries.delete_allowed_domain(conn, allowed_id)
    await note_act(
        conn, staff_id, "domain_allow.destroy", "domain_allow", allowed.domain, target_id=allowed.id
    )
    return allowed


async def require_domain_allow(conn: Connection, viewer: Viewer, allowed_id: int) -> AllowedDomain:
    require_staff(viewer, Permission.MANAGE_FEDERATION)
    allowed = await queries.find_allowed_domain(conn, allowed_id)
    if allowed is None:
        raise NotFound
    return allowed


async def domain_allows(conn: Connection, viewer: Viewer, page: Page) -> list[AllowedDomain]:
    require_staff(viewer, Permission.MANAGE_FEDERATION)
    return await queries.allowed_domains_page(conn, page)
