"""What follows after a follow, block or change of a list."""

from parley.conversations.requests import forget_sender
from parley.discovery.models import Kind
from parley.discovery.uses import note_uses
from parley.graph.events import (
    Blocked,
    Followed,
    FollowRequested,
    ListChanged,
    ListDeleted,
    Muted,
    Unfollowed,
)
from parley.graph.lists import away_from_home
from parley.graph.relationships import relationship_of
from parley.identity.accounts import account_views
from parley.kit.db import Connection
from parley.kit.ids import AccountId, new_id
from parley.kit.services import Services
from parley.notifications.notify import notify, withdraw, withdraw_all_from
from parley.timelines import backfill, celebrities


async def after_requested(conn: Connection, _services: Services, event: FollowRequested) -> None:
    await notify(conn, event.target_id, "follow_request", event.account_id)


async def after_followed(conn: Connection, services: Services, event: Followed) -> None:
    if event.accepted:
        await withdraw(conn, event.target_id, "follow_request", event.account_id)
    else:
        await notify(conn, event.target_id, "follow", event.account_id)
    await _weigh_fame(conn, services, event.target_id)
    await note_uses(conn, Kind.ACCOUNT, [event.target_id], event.account_id, new_id(event.account_id))
    relation = await relationship_of(conn, event.account_id, event.target_id)
    if relation.follow_id is not None:
        await backfill.fill_home_from(conn, event.account_id, event.target_id)


async def after_unfollowed(conn: Connection, services: Services, event: Unfollowed) -> None:
    await backfill.take_out(conn, event.account_id, event.target_id)
    await withdraw(conn, event.target_id, "follow", event.account_id)
    await withdraw(conn, event.target_id, "follow_request", event.account_id)
    await _weigh_fame(conn, services, event.target_id)


async def after_blocked(conn: Connection, services: Services, event: Blocked) -> None:
    """It ended follows both ways."""
    await _weigh_fame(conn, services, event.account_id)
    await _weigh_fame(conn, services, event.target_id)
    await backfill.take_out(conn, event.account_id, event.target_id)
    await backfill.take_out(conn, event.target_id, event.account_id)
    await withdraw_all_from(conn, event.account_id, event.target_id)
    await forget_sender(conn, event.account_id, event.target_id)


async def after_muted(_conn: Connection, _services: Services, _event: Muted) -> None:
    """Nothing: reading hides the muted, so that all is there again once the mute ends."""


async def after_list_changed(conn: Connection, _services: Services, event: ListChanged) -> None:
    if event.added:
        await backfill.fill_from(conn, event.list_id, event.account_id)
        if event.account_id in await away_from_home(conn, event.owner_id):
            await backfill.take_out(conn, event.owner_id, event.account_id)
    else:
        await backfill.take_out(conn, event.list_id, event.account_id)


async def after_list_deleted(conn: Connection, _services: Services, event: ListDeleted) -> None:
    await backfill.drop_timeline(conn, event.list_id)


async def _weigh_fame(conn: Connection, services: Services, account_id: AccountId) -> None:
    view = (await account_views(conn, [account_id])).get(account_id)
    if view is not None:
        await celebrities.note_follower_count(
            conn, services.settings, account_id, view.counts.followers_count
        )
