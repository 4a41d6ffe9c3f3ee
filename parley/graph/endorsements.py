"""Accounts that a member features on their profile, out of those they follow."""

from msgspec.structs import replace

from parley.graph import queries
from parley.graph.errors import NotFollowing
from parley.graph.models import Relationship
from parley.identity.accounts import require_account_by_id
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.ids import AccountId, new_id


async def endorse(conn: Connection, viewer: Viewer, target_id: AccountId) -> Relationship:
    account_id = require_account(viewer)
    await require_account_by_id(conn, target_id)
    before = await queries.lock_relationship(conn, account_id, target_id)
    if before is None or before.follow_id is None:
        raise NotFollowing
    after = replace(before, endorsement_id=before.endorsement_id or new_id(account_id))
    await queries.update_relationship(conn, account_id, after)
    return after


async def unendorse(conn: Connection, viewer: Viewer, target_id: AccountId) -> Relationship:
    account_id = require_account(viewer)
    await require_account_by_id(conn, target_id)
    before = await queries.lock_relationship(conn, account_id, target_id)
    if before is None:
        return Relationship(target_id)
    after = replace(before, endorsement_id=None)
    await queries.update_relationship(conn, account_id, after)
    return after
