"""erase_account: staff decide that a suspended account is no more."""

from parley.identity.staff import Permission, require_staff
from parley.identity.staff_view import MemberDetails
from parley.identity.standing import erase_member
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.moderation.act import require_target
from parley.moderation.audit import note_act
from parley.moderation.errors import NotSuspended


async def erase_account(
    conn: Connection, tokens: TokenCache, viewer: Viewer, account_id: AccountId, reason: str = ""
) -> MemberDetails:
    """As if its member had closed it, but that nobody is told; the log has the reason. Returns how it was.

    Raises NotSuspended, or Invalid for a reason that is too long.
    """
    staff_id = require_staff(viewer, Permission.DELETE_USER_DATA)
    target = await require_target(conn, viewer, account_id)
    if target.view.account.suspended_at is None:
        raise NotSuspended
    await erase_member(conn, tokens, account_id)
    await note_act(
        conn, staff_id, "account.destroy", "account", target.view.account.acct,
        target_id=account_id, reason=reason,
    )  # fmt: skip
    return target
