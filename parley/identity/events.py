"""What happened to accounts."""

from parley.kit.events import DomainEvent
from parley.kit.ids import AccountId


class AccountCreated(DomainEvent, frozen=True):
    account_id: AccountId


class ProfileEdited(DomainEvent, frozen=True):
    account_id: AccountId
