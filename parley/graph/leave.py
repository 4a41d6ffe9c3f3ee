"""end_some_relations: an account that is no more follows nobody, and nobody follows it."""

from typing import Literal

from parley.graph import queries
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
