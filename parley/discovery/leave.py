"""forget_searcher: what an account that is no more featured, was shown, and can search in."""

from parley.discovery import leave_queries
from parley.kit.db import Connection
from parley.kit.ids import AccountId


async def forget_searcher(conn: Connection, account_id: AccountId) -> None:
    await leave_queries.delete_kept_for(conn, account_id)
