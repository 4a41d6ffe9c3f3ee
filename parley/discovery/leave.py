"""What an account that is no more featured, was shown, can search in, and is found by."""

from parley.discovery import leave_queries
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId

_STEP = 100


async def forget_searcher(conn: Connection, account_id: AccountId) -> None:
    await leave_queries.delete_kept_for(conn, account_id)


async def take_some_voted(conn: Connection, account_id: AccountId) -> list[StatusId]:
    """Posts in whose polls it voted, out of its library; none once all are taken."""
    return await leave_queries.take_voted(conn, account_id, _STEP)
