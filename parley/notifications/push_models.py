"""PushSubscription, where a device wants to hear of what; a pushing job's payload; what came of a message."""

from datetime import datetime
from enum import Enum

import msgspec

from parley.kit.ids import AccountId, NotificationId, StatusId, TokenId
from parley.notifications.models import TYPES

# What may be asked for; the others are pushed to nobody.
ALERTS = tuple(each for each in TYPES if each not in {"severed_relationships", "moderation_warning"})
POLICIES = ("all", "followed", "follower", "none")


class PushSubscription(msgspec.Struct, frozen=True):
    """The columns of `push_subscriptions`, in order. `id` is only shown."""

    account_id: AccountId
    token_id: TokenId
    id: int
    endpoint: str
    p256dh: bytes
    auth: bytes
    standard: bool
    alerts: tuple[str, ...]
    policy: str
    sealed_bearer: bytes
    created_at: datetime


class Listener(msgspec.Struct, frozen=True):
    """A subscription that is good just now, with what decides whether one event goes there."""

    account_id: AccountId
    token_id: TokenId
    endpoint: str
    p256dh: bytes
    auth: bytes
    standard: bool
    alerts: tuple[str, ...]
    policy: str
    sealed_bearer: bytes
    locale: str
    following: bool
    followed_by: bool

    def wants(self, type: str) -> bool:
        if type not in self.alerts:
            return False
        if self.policy == "followed":
            return self.following
        return self.followed_by if self.policy == "follower" else self.policy == "all"


class DeliverPushes(msgspec.Struct, frozen=True):
    """One event, and members with devices. Its words are looked up when it is sent: nothing of them stands here.

    `token_id`: only this device, when it is another `attempt`.
    """

    type: str
    from_account_id: AccountId
    status_id: StatusId | None
    told: tuple[tuple[AccountId, NotificationId], ...]
    token_id: TokenId | None = None
    attempt: int = 1


class Outcome(Enum):
    """What a push service made of a message."""

    TAKEN = "taken"
    REFUSED = "refused"
    GONE = "gone"
    LATER = "later"
