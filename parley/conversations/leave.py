"""forget_owner: an account that is no more has no conversations; their messages go with its statuses."""

from parley.conversations import leave_queries
from parley.kit.db import Connection
from parley.kit.ids import AccountId


async def forget_owner(conn: Connection, account_id: AccountId) -> None:
    await leave_queries.delete_conversations(conn, account_id)
