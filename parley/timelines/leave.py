"""forget_reader: the home and the places read to, of an account that is no more."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.timelines import leave_queries


async def forget_reader(conn: Connection, account_id: AccountId) -> None:
    await leave_queries.delete_kept_for(conn, account_id)
