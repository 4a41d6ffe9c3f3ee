"""What follows after a status is made, edited or deleted, in order; each line safe to repeat."""

from parley.graph.relationships import followers_among
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId
from parley.kit.jobs import defer
from parley.kit.paging import Page
from parley.kit.services import Services
from parley.notifications.jobs import PurgeNotificationsOfStatus
from parley.notifications.notify import notify, notify_many, withdraw
from parley.publishing.delete import REBLOGS_PER_STEP, delete_boosts_of_gone
from parley.publishing.events import StatusCreated, StatusDeleted, StatusEdited
from parley.publishing.interactions import forget_favourites, reblogged_by
from parley.publishing.models import Visibility
from parley.publishing.visibility import VisibleStatus, visible_statuses
from parley.side_effects.payloads import FanOutBatch, FinishDeletion
from parley.timelines import celebrities, fan_out
from parley.timelines.models import TimelineEntry

_TOLD_OF_EDIT_MAX = 500


async def after_created(conn: Connection, services: Services, event: StatusCreated) -> None:
    found = await _as_author(conn, event.status_id, event.account_id)
    if found is None:
        return
    status = found.status
    if found.reblog is not None:
        await notify(
            conn, found.reblog.status.account_id, "reblog", status.account_id, found.reblog.status.id
        )
    await notify_many(conn, status.mention_ids, "mention", status.account_id, status.id)
    if status.visibility == Visibility.DIRECT:
        to = await followers_among(conn, status.account_id, status.mention_ids)
        await fan_out.push(conn, to, _delivery(found).entry)
    elif status.account_id not in await celebrities.current(conn):
        await deliver_batch(conn, services, found, after_id=0)


async def deliver_batch(conn: Connection, services: Services, found: VisibleStatus, after_id: int) -> None:
    """One slice of followers: their homes, and a notification for those who asked for one; then the next slice."""
    status = found.status
    delivered = await fan_out.deliver_to_followers(conn, services.settings, _delivery(found), after_id)
    if status.reblog_of_id is None:
        await notify_many(conn, delivered.to_notify, "status", status.account_id, status.id)
    if delivered.next_id is not None:
        await defer(conn, FanOutBatch(status.id, status.account_id, delivered.next_id))


async def continue_delivery(conn: Connection, services: Services, batch: FanOutBatch) -> None:
    found = await _as_author(conn, batch.status_id, batch.account_id)
    if found is not None:
        await deliver_batch(conn, services, found, batch.after_id)


async def after_edited(conn: Connection, _services: Services, event: StatusEdited) -> None:
    """Whom it mentions now, and those who boosted it: they stand for words that have changed."""
    await notify_many(conn, event.newly_mentioned, "mention", event.account_id, event.status_id)
    boosts = await reblogged_by(conn, event.status_id, Page(limit=_TOLD_OF_EDIT_MAX))
    await notify_many(
        conn, [AccountId(each[1]) for each in boosts], "update", event.account_id, event.status_id
    )


async def after_deleted(conn: Connection, services: Services, event: StatusDeleted) -> None:
    """Boosts, marks and notifications of what is gone, a slice at a time."""
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
    more = await delete_boosts_of_gone(conn, services.pubsub, event.status_id)
    more |= await forget_favourites(conn, event.status_id, REBLOGS_PER_STEP)
    if more:
        await defer(conn, FinishDeletion(event))


async def _as_author(conn: Connection, status_id: StatusId, account_id: AccountId) -> VisibleStatus | None:
    """What happened is looked at with its author's eyes; None when it is gone already."""
    viewer = Viewer(account_id=account_id)
    return (await visible_statuses(conn, viewer, [status_id])).get(status_id)


def _delivery(found: VisibleStatus) -> fan_out.Delivery:
    status = found.status
    answered = status.in_reply_to_account_id
    return fan_out.Delivery(
        TimelineEntry(status.id, status.account_id, status.reblog_of_id),
        language=status.language,
        reply_to_id=answered if answered != status.account_id else None,
    )
