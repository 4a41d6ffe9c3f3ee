"""Complete views for one viewer: StatusView, PollView, MentionView, NotificationView."""

from datetime import datetime

import msgspec

from parley.identity.models import Account, AccountView
from parley.kit.ids import NotificationId, PollId, moment_of
from parley.publishing.models import Poll, Status, StatusCounts, StatusFlags


class PollView(msgspec.Struct, frozen=True):
    """`own_votes` is None for an anonymous viewer or one who has not voted."""

    poll: Poll
    own_votes: tuple[int, ...] | None
    own: bool
    expired: bool

    @property
    def id(self) -> PollId:
        return self.poll.id


class StatusView(msgspec.Struct, frozen=True):
    """A status as its viewer may see it. `mentions` are the accounts that still exist."""

    status: Status
    counts: StatusCounts
    author: AccountView
    flags: StatusFlags
    mentions: tuple[Account, ...]
    poll: PollView | None
    reblog: "StatusView | None"


class NotificationView(msgspec.Struct, frozen=True):
    id: NotificationId
    type: str
    account: AccountView
    status: StatusView | None

    @property
    def created_at(self) -> datetime:
        return moment_of(self.id)
