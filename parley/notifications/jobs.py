"""Jobs of notifications: pushes to devices; those of deleted statuses, of senders let through, of requests nobody answered."""

from datetime import timedelta

import msgspec

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId
from parley.kit.jobs import job, scheduled
from parley.kit.services import Services
from parley.notifications import announcements, requests
from parley.notifications.notify import withdraw_status
from parley.notifications.policy_queries import delete_old_requests
from parley.notifications.push_delivery import deliver
from parley.notifications.push_models import DeliverPushes
from parley.notifications.push_queries import delete_of_dead_tokens

# As long as what is held back is kept (kit/partitions.py), at most.
_REQUESTS_KEPT = timedelta(days=182)
_REQUESTS_AT_ONCE_MAX = 10_000
_SUBSCRIPTIONS_AT_ONCE_MAX = 10_000


class PurgeNotificationsOfStatus(msgspec.Struct, frozen=True):
    """A status is gone, and these members may have been told of it."""

    status_id: StatusId
    account_ids: list[AccountId]


@job(PurgeNotificationsOfStatus, lane="upkeep")
async def purge_notifications_of_status(
    conn: Connection, _services: Services, payload: PurgeNotificationsOfStatus
) -> None:
    await withdraw_status(conn, payload.status_id, payload.account_ids)


@job(requests.MergeNotifications, lane="upkeep")
async def merge_notifications(
    conn: Connection, _services: Services, payload: requests.MergeNotifications
) -> None:
    await requests.merge(conn, payload)


@job(DeliverPushes, lane="pushes")
async def deliver_pushes(conn: Connection, services: Services, payload: DeliverPushes) -> None:
    await deliver(conn, services.settings, payload)


@scheduled(timedelta(hours=1))
async def prune_push_subscriptions(conn: Connection, _services: Services) -> None:
    await delete_of_dead_tokens(conn, clock.now(), _SUBSCRIPTIONS_AT_ONCE_MAX)


@job(announcements.TellOfAnnouncement, lane="events")
async def tell_of_announcement(
    conn: Connection, _services: Services, payload: announcements.TellOfAnnouncement
) -> None:
    await announcements.tell_of_announcement(conn, payload.announcement_id)


@scheduled(timedelta(hours=24))
async def prune_notification_requests(conn: Connection, _services: Services) -> None:
    await delete_old_requests(conn, clock.now() - _REQUESTS_KEPT, _REQUESTS_AT_ONCE_MAX)
