"""Jobs of notifications: purge_notifications_of_status."""

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId
from parley.kit.jobs import job
from parley.kit.services import Services
from parley.notifications.notify import withdraw_status


class PurgeNotificationsOfStatus(msgspec.Struct, frozen=True):
    """A status is gone, and these members may have been told of it."""

    status_id: StatusId
    account_ids: list[AccountId]


@job(PurgeNotificationsOfStatus, lane="upkeep")
async def purge_notifications_of_status(
    conn: Connection, _services: Services, payload: PurgeNotificationsOfStatus
) -> None:
    await withdraw_status(conn, payload.status_id, payload.account_ids)
