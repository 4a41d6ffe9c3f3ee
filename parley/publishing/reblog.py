"""reblog and its undo: a boost is a status of its own without words, wrapped around another."""

import msgspec

from parley.identity.accounts import add_to_counts
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import NotFound, Unavailable
from parley.kit.events import emit
from parley.kit.ids import StatusId, new_id
from parley.kit.pubsub import PubSub
from parley.publishing import interaction_queries, queries
from parley.publishing.counting import counted_as_boost
from parley.publishing.delete import delete_reblog
from parley.publishing.errors import NotReblogable
from parley.publishing.events import StatusCreated
from parley.publishing.models import Status, Visibility
from parley.publishing.visibility import VisibleStatus, require_visible


class Boost(msgspec.Struct, frozen=True):
    """A boost's own status, and what it boosts."""

    wrapper_id: StatusId
    target_id: StatusId


async def reblog(
    conn: Connection, viewer: Viewer, status_id: StatusId, visibility: Visibility | None = None
) -> Boost:
    """The new boost, or the earlier one when it was boosted already.

    Public and unlisted words may be boosted by all who see them, followers-only words by their author alone.
    """
    account_id = require_account(viewer)
    found = await require_visible(conn, viewer, status_id)
    target = (found.reblog or found).status
    _refuse_unless_reblogable(target, viewer)
    wrapper_id = StatusId(new_id(account_id))
    if not await interaction_queries.mark_reblog(conn, account_id, target.id, wrapper_id):
        earlier = await interaction_queries.find_reblog_id(conn, account_id, target.id)
        return Boost(earlier or wrapper_id, target.id)
    wrapper = _wrapper(wrapper_id, viewer, target, visibility)
    if not await queries.insert_status(conn, wrapper, ""):
        raise Unavailable(logged="the id drawn for a boost is taken")
    await interaction_queries.insert_status_reblog(conn, target.id, account_id, wrapper_id)
    if not await queries.add_to_status_counts(conn, target.id, reblogs=counted_as_boost(wrapper, target)):
        # Deleted since it was looked at.
        raise NotFound
    await add_to_counts(conn, account_id, statuses=1, last_status_on=clock.now().date(), begins=True)
    event = StatusCreated(
        wrapper_id,
        account_id,
        wrapper.visibility,
        reblog_of_id=target.id,
        reblog_of_account_id=target.account_id,
    )
    await emit(conn, event)
    return Boost(wrapper_id, target.id)


async def unreblog(conn: Connection, viewer: Viewer, pubsub: PubSub, status_id: StatusId) -> StatusId:
    """Takes the boost back if there is one; the id of what was boosted."""
    account_id = require_account(viewer)
    found = await require_visible(conn, viewer, status_id)
    target = (found.reblog or found).status
    wrapper_id = await interaction_queries.find_reblog_id(conn, account_id, target.id)
    if wrapper_id is not None:
        wrapper = await require_visible(conn, viewer, wrapper_id)
        await delete_reblog(conn, pubsub, wrapper.status, target)
    return target.id


def _refuse_unless_reblogable(target: Status, viewer: Viewer) -> None:
    if target.visibility in (Visibility.PUBLIC, Visibility.UNLISTED):
        return
    if target.visibility == Visibility.PRIVATE and target.account_id == viewer.account_id:
        return
    raise NotReblogable


def _wrapper(wrapper_id: StatusId, viewer: Viewer, target: Status, visibility: Visibility | None) -> Status:
    """A boost is never seen more widely than what it boosts."""
    asked = Visibility.PUBLIC if visibility in (None, Visibility.DIRECT) else visibility
    return Status(
        id=wrapper_id,
        account_id=require_account(viewer),
        visibility=max(asked or Visibility.PUBLIC, Visibility(target.visibility)),
        content="",
        spoiler_text="",
        sensitive=False,
        language=None,
        in_reply_to_id=None,
        in_reply_to_account_id=None,
        thread_id=target.thread_id,
        reblog_of_id=target.id,
        mention_ids=(),
        tags=(),
        poll_id=None,
        application_name=viewer.application_name,
        application_website=viewer.application_website,
        uri=None,
        url=None,
        created_at=clock.now(),
        edited_at=None,
        version=1,
    )


async def reblogged_visible(conn: Connection, viewer: Viewer, status_id: StatusId) -> VisibleStatus:
    """What a boost's or a status's own counters stand for: the boosted status itself."""
    found = await require_visible(conn, viewer, status_id)
    return found.reblog or found
