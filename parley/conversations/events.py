"""What happened to conversations."""

from parley.kit.events import DomainEvent
from parley.kit.ids import AccountId


class SendersAccepted(DomainEvent, frozen=True):
    """A member accepted what these strangers wrote, or answered it."""

    account_id: AccountId
    from_account_ids: tuple[AccountId, ...]
