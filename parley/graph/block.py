"""Block and unblock an account, for one member."""

from parley.graph.errors import Oneself
from parley.graph.events import Blocked
from parley.graph.lists import remove_from_lists
from parley.graph.models import Relationship
from parley.graph.pair import lock_pair, open_pair, save_pair, with_block, without_block
from parley.identity.accounts import require_account_by_id
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.ids import AccountId, new_id


async def block(conn: Connection, viewer: Viewer, target_id: AccountId) -> Relationship:
    """Ends follows, requests, endorsements and places on lists, both ways."""
    account_id = require_account(viewer)
    if account_id == target_id:
        raise Oneself
    await require_account_by_id(conn, target_id)
    before = await open_pair(conn, account_id, target_id)
    if before.mine.block_id is not None:
        return before.mine
    after = with_block(before, new_id(account_id))
    await save_pair(conn, before, after)
    await remove_from_lists(conn, account_id, target_id)
    await remove_from_lists(conn, target_id, account_id)
    await emit(conn, Blocked(account_id, target_id))
    return after.mine


async def unblock(conn: Connection, viewer: Viewer, target_id: AccountId) -> Relationship:
    """What the block ended does not come back."""
    account_id = require_account(viewer)
    if account_id == target_id:
        raise Oneself
    await require_account_by_id(conn, target_id)
    before = await lock_pair(conn, account_id, target_id)
    after = without_block(before)
    await save_pair(conn, before, after)
    return after.mine
