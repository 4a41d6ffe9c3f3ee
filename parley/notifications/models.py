"""Notification: one thing that happened to a member; which types there are; which ones a reader wants."""

from datetime import datetime

import msgspec

from parley.kit.ids import AccountId, NotificationId, StatusId, moment_of

TYPES = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.sign_up",
    "admin.report",
)  # fmt: skip
# Told to whom they happened, though nobody else did them.
OWN_TYPES = frozenset({"poll"})


class Notification(msgspec.Struct, frozen=True):
    """The columns of `notifications` that reading needs, in order. The id tells when."""

    id: NotificationId
    type: str
    from_account_id: AccountId
    status_id: StatusId | None

    @property
    def created_at(self) -> datetime:
        return moment_of(self.id)


class Wanted(msgspec.Struct, frozen=True):
    """What a reader asks for; everything by default. An unknown type matches nothing."""

    types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    from_account_id: AccountId | None = None


EVERYTHING = Wanted()
