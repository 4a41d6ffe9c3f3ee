"""What happened between two accounts."""

from parley.kit.events import DomainEvent
from parley.kit.ids import AccountId


class FollowRequested(DomainEvent, frozen=True):
    account_id: AccountId
    target_id: AccountId


class Followed(DomainEvent, frozen=True):
    """`accepted`: it was a request first, so the target knows already."""

    account_id: AccountId
    target_id: AccountId
    accepted: bool = False


class Unfollowed(DomainEvent, frozen=True):
    """A follow ended, or a request (withdrawn or rejected), through either of the two."""

    account_id: AccountId
    target_id: AccountId


class Blocked(DomainEvent, frozen=True):
    """Follows and requests both ways ended with it, without events of their own; places on lists told theirs."""

    account_id: AccountId
    target_id: AccountId


class Muted(DomainEvent, frozen=True):
    """Also when only its end or its hold on notifications changed."""

    account_id: AccountId
    target_id: AccountId


class ListDeleted(DomainEvent, frozen=True):
    owner_id: AccountId
    list_id: int


class ListChanged(DomainEvent, frozen=True):
    """An account was put on a list (`added`) or taken off."""

    owner_id: AccountId
    list_id: int
    account_id: AccountId
    added: bool


class TagFollowed(DomainEvent, frozen=True):
    """`tag` in normal form."""

    account_id: AccountId
    tag: str


class TagUnfollowed(DomainEvent, frozen=True):
    account_id: AccountId
    tag: str
