"""Accounts kept in the process, each good for one version of its counts row."""

from parley.identity.models import Account, AccountCounts
from parley.kit.ids import AccountId
from parley.kit.recent import Recent

ACCOUNTS_MAX = 20_000

# By account id.
recent_account_counts: Recent[AccountCounts] = Recent("account_changed", entries_max=50_000)

_kept: dict[AccountId, tuple[int, Account]] = {}


def find_kept(account_id: AccountId, version: int) -> Account | None:
    kept = _kept.get(account_id)
    return kept[1] if kept is not None and kept[0] == version else None


def keep(account: Account, version: int) -> None:
    """`account` must have been read after `version` was, so that it is never older than that."""
    if account.id not in _kept and len(_kept) >= ACCOUNTS_MAX:
        # The one kept longest goes; whoever is still read comes back with the next reader.
        del _kept[next(iter(_kept))]
    _kept[account.id] = (version, account)


def clear() -> None:
    """For tests: what is rolled back would otherwise be remembered."""
    _kept.clear()
