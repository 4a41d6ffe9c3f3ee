"""Letting in who waits, or turning them away, by staff."""

from parley.identity.signup import approve_sign_up, reject_sign_up
from parley.identity.staff import Permission, require_staff
from parley.identity.staff_view import MemberDetails, require_member_details
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.moderation.audit import note_act
from parley.moderation.errors import NothingPending


async def approve_account(
    conn: Connection, settings: Settings, tokens: TokenCache, viewer: Viewer, account_id: AccountId
) -> None:
    """Raises NothingPending for who doesn't wait."""
    staff_id = require_staff(viewer, Permission.MANAGE_USERS)
    waiting = await _require_waiting(conn, viewer, account_id)
    await approve_sign_up(conn, settings, tokens, account_id)
    await note_act(
        conn, staff_id, "account.approve", "account", waiting.view.account.acct, target_id=account_id
    )


async def reject_account(
    conn: Connection,
    settings: Settings,
    tokens: TokenCache,
    viewer: Viewer,
    account_id: AccountId,
    reason: str = "",
) -> MemberDetails:
    """The account is gone then; returns how it was."""
    staff_id = require_staff(viewer, Permission.MANAGE_USERS)
    waiting = await _require_waiting(conn, viewer, account_id)
    await reject_sign_up(conn, settings, tokens, account_id)
    await note_act(
        conn, staff_id, "account.reject", "account", waiting.view.account.acct,
        target_id=account_id, reason=reason,
    )  # fmt: skip
    return waiting


async def _require_waiting(conn: Connection, viewer: Viewer, account_id: AccountId) -> MemberDetails:
    found = await require_member_details(conn, viewer, account_id)
    if found.user is None or found.user.approved_at is not None:
        raise NothingPending
    return found
