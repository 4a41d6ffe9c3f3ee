"""The process's cache of what never changes about a status within one version. Bounded; oldest out first.

Whoever reads it compares `version` with the database first, so a stale entry is never shown; a deleted status is
taken out at once in every process (topic `status_gone`), so that its text does not linger in memory.
"""

import secrets

import msgspec

from parley.identity.models import Account
from parley.kit.owners_keys import when_erased
from parley.kit.recent import Recent
from parley.publishing.models import Status, StatusCounts

ENTRIES_MAX = 20_000
GONE_TOPIC = "status_gone"
_VERSION_STEP_MAX = 10_000


class StaticStatus(msgspec.Struct, frozen=True):
    """A status's row beside the accounts it mentions."""

    status: Status
    mentions: tuple[Account, ...]


_entries: dict[int, StaticStatus] = {}

# By status id.
recent_counts: Recent[StatusCounts] = Recent("status_changed", entries_max=50_000)


def version_step() -> int:
    """By chance: what memories may hold of a change that was rolled back must not bear the next one's version."""
    return 1 + secrets.randbelow(_VERSION_STEP_MAX)


def find(status_id: int) -> StaticStatus | None:
    return _entries.get(status_id)


def keep(entry: StaticStatus) -> None:
    if len(_entries) >= ENTRIES_MAX:
        for oldest in list(_entries)[: ENTRIES_MAX // 10]:
            del _entries[oldest]
    _entries[entry.status.id] = entry


def forget(status_id: int) -> None:
    _entries.pop(status_id, None)


def forget_all_of(account_id: int) -> None:
    """Of an account that is no more, before jobs have deleted what it said."""
    for status_id in [each for each, entry in _entries.items() if entry.status.account_id == account_id]:
        forget(status_id)


def clear() -> None:
    _entries.clear()


when_erased(forget_all_of)
