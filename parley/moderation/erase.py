"""erase_account: what a suspended account has left here is deleted, in slices, by a job."""

import msgspec

from parley.graph.leave import end_some_relations
from parley.identity.staff import Permission, require_staff
from parley.identity.staff_view import MemberDetails
from parley.identity.standing import erase_member
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import defer
from parley.kit.pubsub import PubSub
from parley.moderation.act import require_target
from parley.moderation.audit import note_act
from parley.moderation.errors import NotSuspended
from parley.publishing.erase import delete_some_statuses


class EraseAccount(msgspec.Struct, frozen=True):
    account_id: AccountId


async def erase_account(
    conn: Connection, tokens: TokenCache, viewer: Viewer, account_id: AccountId
) -> MemberDetails:
    """The login is gone at once, posts and relations follow. Raises NotSuspended. Returns how it was."""
    staff_id = require_staff(viewer, Permission.DELETE_USER_DATA)
    target = await require_target(conn, viewer, account_id)
    if target.view.account.suspended_at is None:
        raise NotSuspended
    await erase_member(conn, tokens, account_id)
    await defer(conn, EraseAccount(account_id))
    await note_act(
        conn, staff_id, "account.destroy", "account", target.view.account.acct, target_id=account_id
    )
    return target


async def erase_further(conn: Connection, pubsub: PubSub, account_id: AccountId) -> None:
    """A slice, and a job for the next."""
    more_statuses = await delete_some_statuses(conn, pubsub, account_id)
    more_relations = await end_some_relations(conn, account_id)
    if more_statuses or more_relations:
        await defer(conn, EraseAccount(account_id))
