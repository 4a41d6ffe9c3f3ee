"""What follows after a status is made, edited or deleted, in order; each line safe to repeat."""

from parley.graph.relationships import followers_among
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import defer
from parley.kit.paging import Page
from parley.kit.services import Services
from parley.notifications.jobs import PurgeNotificationsOfStatus
from parley.notifications.notify import notify, notify_many, withdraw
from parley.publishing.delete import REBLOGS_PER_STEP, delete_boosts_of_gone
from parley.publishing.events import StatusCreated, StatusDeleted, StatusEdited
from parley.publishing.interactions import forget_favourites, reblogged_by
from parley.publishing.models import Visibility
from parley.side_effects import live
from parley.side_effects.payloads import FanOutBatch, FinishDeletion
from parley.timelines import celebrities, fan_out
from parley.timelines.models import TimelineEntry

_TOLD_OF_EDIT_MAX = 500


async def after_created(conn: Connection, services: Services, event: StatusCreated) -> None:
    if event.reblog_of_id is not None and event.reblog_of_account_id is not None:
        await notify(conn, event.reblog_of_account_id, "reblog", event.account_id, event.reblog_of_id)
    await notify_many(conn, event.mention_ids, "mention", event.account_id, event.status_id)
    if event.visibility == Visibility.DIRECT:
        to = await followers_among(conn, event.account_id, event.mention_ids) if event.mention_ids else []
        await fan_out.push(conn, to, _delivery(event).entry)
        live.tell_of_new(conn, event)
    elif event.account_id in await celebrities.current(conn):
        live.tell_of_new(conn, event, famous=True)
    else:
        await deliver_batch(conn, services, FanOutBatch(event, after_id=0))


async def deliver_batch(conn: Connection, services: Services, batch: FanOutBatch) -> None:
    """One slice of followers: their homes, and a notification for those who asked for one; then the next slice.

    Whether the status still stands is not asked: who reads a home finds it gone.
    """
    event = batch.created
    delivered = await fan_out.deliver_to_followers(conn, services.settings, _delivery(event), batch.after_id)
    if event.reblog_of_id is None:
        await notify_many(conn, delivered.to_notify, "status", event.account_id, event.status_id)
    if delivered.next_id is not None:
        await defer(conn, FanOutBatch(event, delivered.next_id))
    live.tell_of_new(conn, event, first=batch.after_id == 0, last=delivered.next_id is None)


async def after_edited(conn: Connection, _services: Services, event: StatusEdited) -> None:
    """Whom it mentions now, and those who boosted it: they stand for words that have changed."""
    await notify_many(conn, event.newly_mentioned, "mention", event.account_id, event.status_id)
    boosts = await reblogged_by(conn, event.status_id, Page(limit=_TOLD_OF_EDIT_MAX))
    await notify_many(
        conn, [AccountId(each[1]) for each in boosts], "update", event.account_id, event.status_id
    )
    live.tell_of_edit(conn, event)


async def after_deleted(conn: Connection, services: Services, event: StatusDeleted) -> None:
    """Boosts, marks and notifications of what is gone."""
    live.tell_of_deletion(conn, event)
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
    """Boosts and marks of what is gone, a slice at a time."""
    more = await delete_boosts_of_gone(conn, services.pubsub, event.status_id)
    more |= await forget_favourites(conn, event.status_id, REBLOGS_PER_STEP)
    if more:
        await defer(conn, FinishDeletion(event))


def _delivery(event: StatusCreated) -> fan_out.Delivery:
    return fan_out.Delivery(
        TimelineEntry(event.status_id, event.account_id, event.reblog_of_id),
        language=event.language,
        reply_to_id=event.reply_to_id,
    )
