"""What happened to statuses."""

from parley.kit.events import DomainEvent
from parley.kit.ids import AccountId, PollId, StatusId


class StatusCreated(DomainEvent, frozen=True):
    """A status or a reblog's wrapper came to be; with what delivery must know of it, so that it need not ask.

    `reply_to_id`: whom it answers, if another than its author.
    """

    status_id: StatusId
    account_id: AccountId
    visibility: int
    language: str | None = None
    reply_to_id: AccountId | None = None
    mention_ids: tuple[AccountId, ...] = ()
    reblog_of_id: StatusId | None = None
    reblog_of_account_id: AccountId | None = None


class StatusEdited(DomainEvent, frozen=True):
    """`newly_mentioned`: whom the earlier text did not mention."""

    status_id: StatusId
    account_id: AccountId
    newly_mentioned: tuple[AccountId, ...] = ()


class StatusDeleted(DomainEvent, frozen=True):
    """The row is gone already; what must be known of it stands here. `told`: who may have a notification of it.

    `everybody`: public lists showed it, and those of its `tags`.
    """

    status_id: StatusId
    account_id: AccountId
    told: tuple[AccountId, ...] = ()
    reblog_of_id: StatusId | None = None
    reblog_of_account_id: AccountId | None = None
    everybody: bool = False
    tags: tuple[str, ...] = ()


class Favourited(DomainEvent, frozen=True):
    account_id: AccountId
    status_id: StatusId
    author_id: AccountId


class Unfavourited(DomainEvent, frozen=True):
    account_id: AccountId
    status_id: StatusId
    author_id: AccountId


class PollClosed(DomainEvent, frozen=True):
    poll_id: PollId
    status_id: StatusId
    account_id: AccountId
