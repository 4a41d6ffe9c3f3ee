"""An account that is no more has to do with nobody, nobody with it, and what it had chosen for itself is forgotten."""

from parley.graph import leave_queries
from parley.graph.follow import part
from parley.graph.pair import lock_pair, save_pair, without_block
from parley.kit.db import Connection
from parley.kit.ids import AccountId

_STEP = 100


async def forget_some_others(conn: Connection, account_id: AccountId) -> list[AccountId]:
    """All that was between the account and some of the others, on both sides; returns these, none once it is done.

    Follows and requests end as ever, so that homes and lists of the others hear of it.
    """
    # By account, the order in which whoever counts at several accounts goes.
    others = await leave_queries.others_of(conn, account_id, _STEP)
    for other_id in others:
        await part(conn, account_id, other_id)
        before = await lock_pair(conn, account_id, other_id)
        await save_pair(conn, before, without_block(without_block(before).turned).turned)
        await leave_queries.delete_pair(conn, account_id, other_id)
    return others


async def forget_choices(conn: Connection, account_id: AccountId) -> None:
    """Its lists, filters, followed tags and domains."""
    await leave_queries.delete_choices(conn, account_id)
    await leave_queries.delete_followed_tags(conn, account_id)
