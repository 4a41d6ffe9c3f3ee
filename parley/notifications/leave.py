"""An account that is no more hears of nothing, nobody hears of it, and what it did with announcements is taken back."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.notifications import leave_queries
from parley.notifications.announcements import forget_reader_of_announcements


async def forget_recipient(conn: Connection, account_id: AccountId) -> None:
    await leave_queries.delete_kept_for(conn, account_id)
    await forget_reader_of_announcements(conn, account_id)
