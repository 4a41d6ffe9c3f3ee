"""A member's policy on notifications from strangers: reading it, changing it, and how many wait because of it."""

from collections.abc import Sequence

import msgspec

from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId
from parley.notifications import policy_queries, queries
from parley.notifications.models import CHOICES, DEFAULT_POLICY, Policy, PolicySummary


async def policy_of(conn: Connection, account_id: AccountId) -> Policy:
    return await policy_queries.find_policy(conn, account_id) or DEFAULT_POLICY


async def change_policy(conn: Connection, account_id: AccountId, changes: dict[str, str]) -> Policy:
    """`changes` by the fields of Policy; what is held back already stays so. Raises Invalid."""
    for name, choice in changes.items():
        if choice not in CHOICES:
            raise Invalid(f"Validation failed: {name} is not included in the list")
    policy = msgspec.structs.replace(await policy_of(conn, account_id), **changes)
    await policy_queries.upsert_policy(conn, account_id, policy)
    return policy


async def who_welcomes(
    conn: Connection, account_ids: Sequence[AccountId], from_account_id: AccountId
) -> frozenset[AccountId]:
    """Those whom this sender may write to though they may not know them: two statements at most."""
    if not account_ids:
        return frozenset()
    sender = await queries.find_sender(conn, from_account_id)
    if sender is not None and sender.staff:
        return frozenset(account_ids)
    return frozenset(await policy_queries.who_welcomes(conn, account_ids, from_account_id))


async def summary_of(conn: Connection, account_id: AccountId) -> PolicySummary:
    return await policy_queries.summarise(conn, account_id)
