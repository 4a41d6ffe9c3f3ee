"""Staff keep the lists of identity/admission_blocks.py: who may, and each change in the audit log."""

from datetime import datetime

from parley.identity import admission_blocks as blocks
from parley.identity.admission import BlockedNetworks
from parley.identity.admission_blocks import IpBlockChanges
from parley.identity.models import CanonicalEmailBlock, EmailDomainBlock, IpBlock
from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.moderation.audit import note_act
from parley.moderation.errors import ShutsYouOut


def staff_for_blocks(viewer: Viewer) -> AccountId:
    return require_staff(viewer, Permission.MANAGE_BLOCKS)


async def block_email_domain(
    conn: Connection, viewer: Viewer, domain: str, *, allow_with_approval: bool
) -> EmailDomainBlock:
    staff_id = staff_for_blocks(viewer)
    block = await blocks.block_email_domain(conn, domain, allow_with_approval=allow_with_approval)
    await note_act(
        conn, staff_id, "email_domain_block.create", "email_domain_block", block.domain, target_id=block.id
    )
    return block


async def unblock_email_domain(conn: Connection, viewer: Viewer, block_id: int) -> EmailDomainBlock:
    staff_id = staff_for_blocks(viewer)
    block = await blocks.unblock_email_domain(conn, block_id)
    await note_act(
        conn, staff_id, "email_domain_block.destroy", "email_domain_block", block.domain, target_id=block.id
    )
    return block


async def block_canonical_email(
    conn: Connection, viewer: Viewer, email: str, hashed: str
) -> CanonicalEmailBlock:
    staff_id = staff_for_blocks(viewer)
    block = await blocks.block_canonical_email(conn, email, hashed)
    await _note_email(conn, staff_id, "create", block)
    return block


async def unblock_canonical_email(conn: Connection, viewer: Viewer, block_id: int) -> CanonicalEmailBlock:
    staff_id = staff_for_blocks(viewer)
    block = await blocks.unblock_canonical_email(conn, block_id)
    await _note_email(conn, staff_id, "destroy", block)
    return block


async def block_ip(
    conn: Connection,
    viewer: Viewer,
    own_address: str,
    ip: str,
    severity: str,
    comment: str,
    expires_at: datetime | None,
) -> IpBlock:
    """Raises ShutsYouOut for a network from which `own_address` comes, as nobody could take that back."""
    staff_id = staff_for_blocks(viewer)
    block = await blocks.block_ip(conn, ip, severity, comment, expires_at)
    _refuse_own(block, own_address)
    await _note_ip(conn, staff_id, "create", block)
    return block


async def change_ip_block(
    conn: Connection, viewer: Viewer, own_address: str, block_id: int, changes: IpBlockChanges
) -> IpBlock:
    staff_id = staff_for_blocks(viewer)
    block = await blocks.change_ip_block(conn, block_id, changes)
    _refuse_own(block, own_address)
    await _note_ip(conn, staff_id, "update", block)
    return block


async def unblock_ip(conn: Connection, viewer: Viewer, block_id: int) -> IpBlock:
    staff_id = staff_for_blocks(viewer)
    block = await blocks.unblock_ip(conn, block_id)
    await _note_ip(conn, staff_id, "destroy", block)
    return block


def _refuse_own(block: IpBlock, own_address: str) -> None:
    if BlockedNetworks([block]).severity_of(own_address, clock.now()) == "no_access":
        raise ShutsYouOut


async def _note_email(conn: Connection, staff_id: AccountId, action: str, block: CanonicalEmailBlock) -> None:
    """By the hash: the log keeps no address that nobody else keeps."""
    name = block.canonical_email_hash[:12]
    await note_act(
        conn,
        staff_id,
        f"canonical_email_block.{action}",
        "canonical_email_block",
        name,
        target_id=block.id,
    )


async def _note_ip(conn: Connection, staff_id: AccountId, action: str, block: IpBlock) -> None:
    await note_act(
        conn, staff_id, f"ip_block.{action}", "ip_block", block.ip, target_id=block.id, reason=block.comment
    )
