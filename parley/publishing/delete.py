"""delete_status: the content is gone from the database at once, from every process's memory, and from thread and tags."""

from parley.identity.accounts import add_to_counts
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, StatusId
from parley.kit.ledger import note_deleted
from parley.kit.owners_keys import hold_key, release_key
from parley.kit.paging import Page
from parley.kit.pubsub import PubSub
from parley.media.attach import delete_media, detach_media
from parley.publishing import cache, interaction_queries, interactions, queries, quote_queries
from parley.publishing.counting import counted_as_boost, counted_elsewhere
from parley.publishing.events import StatusDeleted
from parley.publishing.models import COUNTED_AS_STATUS, Status, StatusSource, Visibility
from parley.publishing.poll import delete_poll
from parley.publishing.preview_card import let_go_of_card
from parley.publishing.sealed_words import read_source, read_statuses
from parley.publishing.visibility import VisibleStatus, require_visible

REBLOGS_PER_STEP = 500


async def require_own(conn: Connection, viewer: Viewer, status_id: StatusId) -> VisibleStatus:
    """One's own status, never another's nor a boost. Raises NotFound, as if it were not there."""
    found = await require_visible(conn, viewer, status_id)
    if found.status.account_id != require_account(viewer) or found.reblog is not None:
        raise NotFound
    return found


async def hold(conn: Connection, status: Status) -> Status:
    """The status as it is now, which nobody else changes before this transaction ends. Raises NotFound once it is gone.

    What the viewer was shown may be seconds old, and an edit may have come between.
    """
    found = [status] if await _lock(conn, status) else await read_statuses(conn, [status.id])
    if not found:
        raise NotFound
    return found[0]


async def _lock(conn: Connection, status: Status) -> bool:
    """Whether it still is as it was shown. Raises NotFound once it is gone."""
    version = await queries.lock_status(conn, status.id)
    if version is None:
        raise NotFound
    return version == status.version and status.sealed is not None


async def _hold_unopened(conn: Connection, status: Status) -> Status:
    """As hold, without its words, which may open for nobody any more."""
    return status if await _lock(conn, status) else (await queries.statuses_by_ids(conn, [status.id]))[0]


async def source_of(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusSource:
    """The text as it was typed: only for its author."""
    await require_own(conn, viewer, status_id)
    source = await read_source(conn, status_id)
    if source is None:
        raise NotFound
    return source


async def delete_status(conn: Connection, pubsub: PubSub, status: Status, *, with_media: bool = True) -> None:
    """Deletes a status whose author (or staff) asks for it; the caller has checked who asks.

    Without its media these can be attached anew for a day, which is for whoever rewrites what they said.

    Its boosts go in a job, as there may be many; until then they show nothing, as what they boost is gone.
    """
    if status.visibility == Visibility.DIRECT:
        await hold_key(conn, status.thread_id)
    status = await _hold_unopened(conn, status)
    for other_id, change in sorted(counted_elsewhere(status).items()):
        await queries.add_to_status_counts(conn, other_id, **{name: -by for name, by in change.items()})
    if status.quote_of_id is not None:
        await quote_queries.delete_quote(conn, status.quote_of_id, status.id)
    if status.in_reply_to_id is not None:
        await queries.delete_thread_entry(conn, status.thread_id, status.id)
    if status.tags:
        await queries.delete_tag_entries(conn, status.tags, status.id)
    if status.card_id is not None:
        await let_go_of_card(conn, status.id, status.card_id)
    if status.poll_id is not None:
        await delete_poll(conn, status.poll_id)
    await _let_go_of_media(conn, status, for_good=with_media)
    if status.visibility == Visibility.DIRECT and status.sealed is not None:
        await release_key(conn, status.thread_id)
    await _take_out(conn, pubsub, status)
    told = (status.account_id, *status.mention_ids)
    if status.quote_of_account_id is not None:
        told = tuple(dict.fromkeys((*told, status.quote_of_account_id)))
    everybody = status.visibility == Visibility.PUBLIC
    event = StatusDeleted(
        status.id,
        status.account_id,
        told=told,
        everybody=everybody,
        tags=status.tags if everybody else (),
        direct=status.visibility == Visibility.DIRECT,
    )
    await emit(conn, event)


async def _let_go_of_media(conn: Connection, status: Status, *, for_good: bool) -> None:
    if for_good:
        await delete_media(conn, status.media_ids)
    else:
        await detach_media(conn, status.account_id, status.media_ids)


async def delete_reblog(conn: Connection, pubsub: PubSub, wrapper: Status, target: Status) -> None:
    """Takes back a boost of `target`: its row, the mark of who made it, and the count."""
    await interaction_queries.unmark(conn, "reblog_id", wrapper.account_id, target.id)
    await interaction_queries.delete_status_reblog(conn, target.id, wrapper.account_id)
    await queries.add_to_status_counts(conn, target.id, reblogs=-counted_as_boost(wrapper, target))
    await _take_out(conn, pubsub, wrapper)
    event = StatusDeleted(
        wrapper.id, wrapper.account_id, reblog_of_id=target.id, reblog_of_account_id=target.account_id
    )
    await emit(conn, event)


async def delete_boosts_of_gone(conn: Connection, pubsub: PubSub, status_id: StatusId) -> bool:
    """Some of the boosts of a status that is gone; whether there may be more."""
    page = Page(limit=REBLOGS_PER_STEP)
    boosts = await interactions.reblogged_by(conn, status_id, page)
    # By account, the order in which whoever counts at several accounts goes.
    boosts.sort(key=lambda boost: boost[1])
    await interaction_queries.delete_interactions(conn, [AccountId(each[1]) for each in boosts], status_id)
    for wrapper_id, account_id in boosts:
        if await queries.delete_status(conn, StatusId(wrapper_id)):
            await add_to_counts(conn, AccountId(account_id), statuses=-1)
            _forget_everywhere(conn, pubsub, StatusId(wrapper_id))
        await interaction_queries.delete_status_reblog(conn, status_id, AccountId(account_id))
    return len(boosts) == REBLOGS_PER_STEP


async def _take_out(conn: Connection, pubsub: PubSub, status: Status) -> None:
    """Last of an act, as it counts at the account: who holds an account's counts waits for no status's."""
    if not await queries.delete_status(conn, status.id):
        raise NotFound
    await note_deleted(conn, "status", [status.id])
    await add_to_counts(conn, status.account_id, statuses=-int(status.visibility in COUNTED_AS_STATUS))
    _forget_everywhere(conn, pubsub, status.id)


def _forget_everywhere(conn: Connection, pubsub: PubSub, status_id: StatusId) -> None:
    cache.forget(status_id)
    conn.after_commit(lambda: pubsub.publish(cache.GONE_TOPIC, str(status_id)))


def listen(pubsub: PubSub) -> None:
    """Lets this process's memory lose what any process deletes."""
    pubsub.subscribe(cache.GONE_TOPIC, lambda text: cache.forget(int(text)))
