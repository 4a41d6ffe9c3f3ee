"""What happened to statuses."""

from parley.kit.events import DomainEvent
from parley.kit.ids import AccountId, CardId, PollId, StatusId


class StatusCreated(DomainEvent, frozen=True):
    """A status or a reblog's wrapper came to be; with what delivery must know of it, so that it need not ask.

    `reply_to_id`: whom it answers, if another than its author; `quoted_id`: whose status it quotes, likewise. `tags`: those
    under which everybody finds it. `linked`: it may hold a link. `thread_id`: of a direct one.
    """

    status_id: StatusId
    account_id: AccountId
    visibility: int
    language: str | None = None
    reply_to_id: AccountId | None = None
    mention_ids: tuple[AccountId, ...] = ()
    reblog_of_id: StatusId | None = None
    reblog_of_account_id: AccountId | None = None
    tags: tuple[str, ...] = ()
    quoted_id: AccountId | None = None
    linked: bool = False
    thread_id: StatusId | None = None


class StatusEdited(DomainEvent, frozen=True):
    """`newly_mentioned`: whom the earlier text did not mention. Tags: of those under which everybody finds it.

    `linked`: it may hold a link, or bears the card of one. `thread_id` and `mention_ids` are of a direct one alone,
    `no_longer_mentioned` of those for followers, too.
    """

    status_id: StatusId
    account_id: AccountId
    newly_mentioned: tuple[AccountId, ...] = ()
    new_tags: tuple[str, ...] = ()
    gone_tags: tuple[str, ...] = ()
    linked: bool = False
    thread_id: StatusId | None = None
    mention_ids: tuple[AccountId, ...] = ()
    no_longer_mentioned: tuple[AccountId, ...] = ()


class StatusDeleted(DomainEvent, frozen=True):
    """The row is gone already; what must be known of it stands here. `told`: who may have a notification of it.

    `everybody`: public lists showed it, and those of its `tags`. `direct`: it stood in conversations.
    """

    status_id: StatusId
    account_id: AccountId
    told: tuple[AccountId, ...] = ()
    reblog_of_id: StatusId | None = None
    reblog_of_account_id: AccountId | None = None
    everybody: bool = False
    tags: tuple[str, ...] = ()
    direct: bool = False


class OlderStatusSealed(DomainEvent, frozen=True):
    """A direct status from before words were sealed, and before conversations were kept."""

    status_id: StatusId
    account_id: AccountId
    thread_id: StatusId
    mention_ids: tuple[AccountId, ...] = ()


class QuoteRevoked(DomainEvent, frozen=True):
    """The author of a status took it out of another that quoted it."""

    status_id: StatusId
    account_id: AccountId
    quoting_id: StatusId


class CardAttached(DomainEvent, frozen=True):
    """A status has got the card of its first link."""

    status_id: StatusId
    card_id: CardId
    account_id: AccountId


class Favourited(DomainEvent, frozen=True):
    account_id: AccountId
    status_id: StatusId
    author_id: AccountId


class Unfavourited(DomainEvent, frozen=True):
    account_id: AccountId
    status_id: StatusId
    author_id: AccountId


class Voted(DomainEvent, frozen=True):
    account_id: AccountId
    status_id: StatusId


class PollClosed(DomainEvent, frozen=True):
    poll_id: PollId
    status_id: StatusId
    account_id: AccountId
