"""What happened to accounts."""

from parley.kit.events import DomainEvent
from parley.kit.ids import AccountId


class AccountCreated(DomainEvent, frozen=True):
    account_id: AccountId


class ProfileEdited(DomainEvent, frozen=True):
    account_id: AccountId


class AccountErased(DomainEvent, frozen=True):
    """The login and the profile are gone; emitted again for as long as there is something left elsewhere."""

    account_id: AccountId


class MemberReturned(DomainEvent, frozen=True):
    """The first sign of a member for longer than homes are kept up for (settings.active_days), or the very first."""

    account_id: AccountId
