"""forget_recipient: an account that is no more hears of nothing, and what it heard of is gone."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.notifications import leave_queries


async def forget_recipient(conn: Connection, account_id: AccountId) -> None:
    await leave_queries.delete_kept_for(conn, account_id)
