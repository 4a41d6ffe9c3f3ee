"""An account that is no more follows nobody, nobody follows it, and what it had chosen for itself is forgotten."""

from typing import Literal

from parley.graph import leave_queries, queries
from parley.graph.pair import lock_pair, save_pair, without_follow
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.paging import Page

_STEP = 100
_ACTS: tuple[Literal["follow_id", "followed_by_id", "requested_by_id"], ...] = (
    "follow_id",
    "followed_by_id",
    "requested_by_id",
)


async def end_some_relations(conn: Connection, account_id: AccountId) -> bool:
    """Some of its follows, followers and requests; whether there may be more."""
    more = False
    for act in _ACTS:
        related = await queries.related_page(conn, account_id, act, Page(limit=_STEP))
        # By account, the order in which whoever counts at several accounts goes.
        for other_id in sorted(each.account_id for each in related):
            before = await lock_pair(conn, account_id, other_id)
            await save_pair(conn, before, without_follow(without_follow(before).turned).turned)
        more = more or len(related) == _STEP
    return more


async def forget_choices(conn: Connection, account_id: AccountId) -> None:
    """Its lists, filters, notes on others, mutes, followed tags and domains."""
    await leave_queries.delete_choices(conn, account_id)
    await leave_queries.delete_followed_tags(conn, account_id)
