"""What processes with open streams are told about new notifications once all is committed."""

from collections.abc import Mapping
from itertools import islice

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, NotificationId, StatusId

LIVE_NOTIFICATIONS_TOPIC = "live_notifications"
# Two ids and what stands between them take 42 bytes, a message 2,000.
_TOLD_PER_MESSAGE = 40


class Notified(msgspec.Struct, frozen=True, array_like=True):
    """One event, and the members who were told of it, each with the id of their own notification."""

    type: str
    from_account_id: AccountId
    status_id: StatusId | None
    told: tuple[tuple[AccountId, NotificationId], ...]


def tell_streams(
    conn: Connection,
    type: str,
    from_account_id: AccountId,
    status_id: StatusId | None,
    made: Mapping[AccountId, NotificationId],
) -> None:
    rest = iter(made.items())
    while told := tuple(islice(rest, _TOLD_PER_MESSAGE)):
        message = Notified(type, from_account_id, status_id, told)
        conn.publish_after_commit(LIVE_NOTIFICATIONS_TOPIC, msgspec.json.encode(message).decode())


def read_notified(text: str) -> Notified:
    return msgspec.json.decode(text, type=Notified)
