"""Mute and unmute an account, for a time or for good. Who is muted never learns of it: their row stays as it is."""

from datetime import timedelta

from msgspec.structs import replace

from parley.graph import queries
from parley.graph.errors import Oneself, WrongDuration
from parley.graph.events import Muted
from parley.graph.jobs import EndMute
from parley.graph.models import Relationship
from parley.identity.accounts import find_account_by_id, require_account_by_id
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, new_id
from parley.kit.jobs import defer


async def mute(
    conn: Connection,
    viewer: Viewer,
    target_id: AccountId,
    *,
    notifications: bool = True,
    duration_seconds: int = 0,
) -> Relationship:
    """Repeated, it changes the end and whether notifications are muted too. A duration of nought has no end."""
    account_id = require_account(viewer)
    if account_id == target_id:
        raise Oneself
    if duration_seconds < 0:
        raise WrongDuration
    await require_account_by_id(conn, target_id)
    before = await queries.open_relationship(conn, account_id, target_id)
    expires_at = clock.now() + timedelta(seconds=duration_seconds) if duration_seconds else None
    after = replace(
        before,
        mute_id=before.mute_id or new_id(account_id),
        mute_notifications=notifications,
        mute_expires_at=expires_at,
    )
    await queries.update_relationship(conn, account_id, after)
    if expires_at is not None:
        await defer(conn, EndMute(account_id, target_id), run_at=expires_at)
    await emit(conn, Muted(account_id, target_id))
    return after


async def unmute(conn: Connection, viewer: Viewer, target_id: AccountId) -> Relationship:
    account_id = require_account(viewer)
    if account_id == target_id:
        raise Oneself
    # Also of an account that is no more: what is listed can be ended.
    if await find_account_by_id(conn, target_id) is None:
        raise NotFound
    before = await queries.lock_relationship(conn, account_id, target_id)
    if before is None:
        return Relationship(target_id)
    after = replace(before, mute_id=None, mute_notifications=False, mute_expires_at=None)
    await queries.update_relationship(conn, account_id, after)
    return after
