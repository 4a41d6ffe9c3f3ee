"""What follows after a status is made, edited or deleted, in order; each line safe to repeat."""

from parley.discovery.featured_tags import count_tagged, recount_tagged
from parley.discovery.tags import forget_unborne
from parley.graph.relationships import followers_among
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import defer
from parley.kit.paging import Page
from parley.kit.services import Services
from parley.notifications.jobs import PurgeNotificationsOfStatus
from parley.notifications.notify import notify, notify_many, withdraw, withdraw_status
from parley.publishing.card_models import FetchCard
from parley.publishing.delete import REBLOGS_PER_STEP, delete_boosts_of_gone
from parley.publishing.events import CardAttached, StatusCreated, StatusDeleted, StatusEdited
from parley.publishing.interactions import forget_favourites, reblogged_by
from parley.publishing.models import Visibility
from parley.publishing.visibility import visible_to_each
from parley.side_effects import conversations, live, quotes, tags
from parley.side_effects.payloads import FanOutBatch, FinishDeletion, IndexStatus, TellBells
from parley.timelines import celebrities, fan_out
from parley.timelines.models import TimelineEntry

_TOLD_OF_EDIT_MAX = 500


async def after_created(conn: Connection, services: Services, event: StatusCreated) -> None:
    if event.reblog_of_id is not None and event.reblog_of_account_id is not None:
        await notify(conn, event.reblog_of_account_id, "reblog", event.account_id, event.reblog_of_id)
    if event.visibility == Visibility.DIRECT:
        await conversations.place_and_notify(conn, event)
    else:
        await notify_many(conn, event.mention_ids, "mention", event.account_id, event.status_id)
    await quotes.tell_quoted(conn, event)
    if event.linked and event.visibility != Visibility.DIRECT and services.settings.link_previews:
        await defer(conn, FetchCard(event.status_id))
    if event.visibility == Visibility.DIRECT:
        to = await followers_among(conn, event.account_id, event.mention_ids) if event.mention_ids else []
        await fan_out.push(conn, to, _delivery(event).entry)
        live.tell_of_new(conn, event)
    elif event.account_id in await celebrities.current(conn):
        await tell_bells(conn, TellBells(event))
        more = bool(event.tags) and await tags.deliver_by_tags(conn, services, event)
        live.tell_of_new(conn, event, famous=True, last=not more)
    else:
        await deliver_batch(conn, services, FanOutBatch(event, after_id=0))
    if event.tags:
        # Not with the index: an edit or a deletion that comes next counts anew.
        await count_tagged(conn, event.account_id, event.status_id, event.tags)
    if event.reblog_of_id is None and event.visibility != Visibility.DIRECT:
        await defer(conn, IndexStatus(event.status_id, event if event.tags else None))


async def deliver_batch(conn: Connection, services: Services, batch: FanOutBatch) -> None:
    """One slice of followers: their homes, and a notification for those who asked for one; then the next slice.

    Last come those who follow one of its tags.
    Whether the status still stands is not asked: who reads a home finds it gone.
    """
    event = batch.created
    delivered = await fan_out.deliver_to_followers(conn, services.settings, _delivery(event), batch.after_id)
    if _rings(event):
        await notify_many(conn, delivered.to_notify, "status", event.account_id, event.status_id)
    more = delivered.next_id is not None
    if delivered.next_id is not None:
        await defer(conn, FanOutBatch(event, delivered.next_id))
    elif event.tags:
        more = await tags.deliver_by_tags(conn, services, event)
    live.tell_of_new(conn, event, first=batch.after_id == 0, last=not more)


async def tell_bells(conn: Connection, payload: TellBells) -> None:
    """A slice of those who asked to be told of a celebrity's posts, then the next."""
    event = payload.created
    if not _rings(event):
        return
    found = await fan_out.bells_of(conn, _delivery(event), payload.after_id)
    await notify_many(conn, found.to_notify, "status", event.account_id, event.status_id)
    if found.next_id is not None:
        await defer(conn, TellBells(event, found.next_id))


def _rings(event: StatusCreated) -> bool:
    """Whether followers with a bell are told: of posts, not of boosts, nor of answers to others."""
    return event.reblog_of_id is None and event.reply_to_id is None


async def after_edited(conn: Connection, services: Services, event: StatusEdited) -> None:
    """Whom it mentions now, and those who boosted or quoted it: they stand for words that have changed."""
    if event.thread_id is not None:
        await conversations.place_edited(conn, event)
    else:
        await notify_many(conn, event.newly_mentioned, "mention", event.account_id, event.status_id)
    await _withdraw_from_shut_out(conn, event)
    boosts = await reblogged_by(conn, event.status_id, Page(limit=_TOLD_OF_EDIT_MAX))
    await notify_many(
        conn, [AccountId(each[1]) for each in boosts], "update", event.account_id, event.status_id
    )
    await quotes.tell_quoters(conn, event)
    if event.new_tags or event.gone_tags:
        await tags.after_tags_edited(conn, services, event)
    if event.linked:
        await defer(conn, FetchCard(event.status_id))
    await defer(conn, IndexStatus(event.status_id))
    live.tell_of_edit(conn, event)


async def _withdraw_from_shut_out(conn: Connection, event: StatusEdited) -> None:
    """What they were told counts as unread no more, either."""
    seen = await visible_to_each(conn, event.no_longer_mentioned, [event.status_id])
    shut_out = [each for each, theirs in seen.items() if event.status_id not in theirs.statuses]
    await withdraw_status(conn, event.status_id, shut_out)


async def after_card_attached(conn: Connection, _services: Services, event: CardAttached) -> None:
    """Open apps show it where the status stands already; what it holds can be searched for."""
    await defer(conn, IndexStatus(event.status_id))
    await tags.note_shared(conn, event)
    live.tell_of_card(conn, event)


async def after_deleted(conn: Connection, services: Services, event: StatusDeleted) -> None:
    """Boosts, marks and notifications of what is gone."""
    live.tell_of_deletion(conn, event)
    await conversations.after_status_deleted(conn, event)
    if event.reblog_of_id is None:
        await defer(conn, IndexStatus(event.status_id))
    if event.everybody and event.tags:
        await recount_tagged(conn, event.account_id, event.tags)
        await forget_unborne(conn, event.tags)
    if event.reblog_of_id is not None and event.reblog_of_account_id is not None:
        await withdraw(
            conn,
            event.reblog_of_account_id,
            "reblog",
            event.account_id,
            event.reblog_of_id,
            since_id=event.status_id,
        )
    if event.told:
        await defer(conn, PurgeNotificationsOfStatus(event.status_id, list(event.told)))
    await clear_away(conn, services, event)


async def clear_away(conn: Connection, services: Services, event: StatusDeleted) -> None:
    """Boosts, quotes and marks of what is gone, a slice at a time."""
    more = await delete_boosts_of_gone(conn, services.pubsub, event.status_id)
    more |= await forget_favourites(conn, event.status_id, REBLOGS_PER_STEP)
    more |= await quotes.forget_some(conn, event.status_id)
    if more:
        await defer(conn, FinishDeletion(event))


def _delivery(event: StatusCreated) -> fan_out.Delivery:
    return fan_out.Delivery(
        TimelineEntry(event.status_id, event.account_id, event.reblog_of_id),
        language=event.language,
        reply_to_id=event.reply_to_id,
    )
