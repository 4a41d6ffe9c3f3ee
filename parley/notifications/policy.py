"""A member's policy on notifications from strangers: reading it, changing it, and how many wait because of it."""

import msgspec

from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId
from parley.notifications import policy_queries
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


async def summary_of(conn: Connection, account_id: AccountId) -> PolicySummary:
    return await policy_queries.summarise(conn, account_id)
