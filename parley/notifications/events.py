"""What happened to requests to be heard."""

from parley.kit.events import DomainEvent
from parley.kit.ids import AccountId


class SendersLetThrough(DomainEvent, frozen=True):
    """A member lets these accounts notify them from now on."""

    account_id: AccountId
    from_account_ids: tuple[AccountId, ...]
