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
    account_id: AccountId
    target_id: AccountId


class Blocked(DomainEvent, frozen=True):
    account_id: AccountId
    target_id: AccountId


class Muted(DomainEvent, frozen=True):
    account_id: AccountId
    target_id: AccountId


class ListChanged(DomainEvent, frozen=True):
    """An account was put on a list (`added`) or taken off."""

    owner_id: AccountId
    list_id: int
    account_id: AccountId
    added: bool
