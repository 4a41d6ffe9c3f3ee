"""What happened at the moderation desk."""

from parley.kit.events import DomainEvent
from parley.kit.ids import AccountId


class ReportFiled(DomainEvent, frozen=True):
    report_id: int
    account_id: AccountId
    target_account_id: AccountId


class AccountWarned(DomainEvent, frozen=True):
    """Staff decided something about a member, and gave the reason."""

    warning_id: int
    account_id: AccountId
