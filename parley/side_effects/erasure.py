"""What follows when an account is no more, whoever decided it: all that is left of it goes, a slice at a time."""

from datetime import timedelta

from parley.conversations.leave import forget_owner
from parley.discovery.leave import forget_searcher, take_some_voted
from parley.graph.leave import forget_choices, forget_some_others
from parley.identity.events import AccountErased
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import defer
from parley.kit.services import Services
from parley.media.own import delete_some_media
from parley.notifications.leave import forget_recipient
from parley.notifications.notify import withdraw_all_from
from parley.publishing.erase import delete_some_statuses
from parley.publishing.leave import forget_some_marks, forget_votes
from parley.publishing.schedule import cancel_all_scheduled
from parley.side_effects.payloads import EraseAccount
from parley.timelines.leave import forget_reader

# Longer than any request or job that was under way lasts: what it left is found then.
_LOOKED_AGAIN_AFTER = timedelta(hours=1)


async def after_erased(conn: Connection, _services: Services, event: AccountErased) -> None:
    await defer(conn, EraseAccount(event.account_id))
    await defer(conn, EraseAccount(event.account_id), run_at=clock.now() + _LOOKED_AGAIN_AFTER)


async def erase_further(conn: Connection, services: Services, payload: EraseAccount) -> None:
    """A slice of each kind, and a job for the next."""
    account_id = payload.account_id
    await _forget_what_it_alone_read(conn, account_id)
    more = await delete_some_statuses(conn, services.pubsub, account_id)
    more |= await delete_some_media(conn, account_id)
    more |= await forget_some_marks(conn, account_id)
    more |= await _forget_some_votes(conn, account_id)
    more |= await _part_from_some(conn, account_id)
    if more:
        await defer(conn, payload)


async def _forget_what_it_alone_read(conn: Connection, account_id: AccountId) -> None:
    await cancel_all_scheduled(conn, account_id)
    await forget_choices(conn, account_id)
    await forget_reader(conn, account_id)
    await forget_recipient(conn, account_id)
    await forget_owner(conn, account_id)
    await forget_searcher(conn, account_id)


async def _forget_some_votes(conn: Connection, account_id: AccountId) -> bool:
    voted = await take_some_voted(conn, account_id)
    await forget_votes(conn, account_id, voted)
    return bool(voted)


async def _part_from_some(conn: Connection, account_id: AccountId) -> bool:
    others = await forget_some_others(conn, account_id)
    for other_id in others:
        await withdraw_all_from(conn, other_id, account_id)
    return bool(others)
