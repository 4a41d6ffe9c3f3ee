"""All SQL on the conversations of somebody who is no more."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of


async def delete_conversations(conn: Connection, account_id: AccountId) -> None:
    """The others keep theirs."""
    bucket = bucket_of(account_id)
    await conn.execute(
        "delete from conversation_statuses where bucket = $1 and owner_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from conversation_contacts where bucket = $1 and owner_id = $2", bucket, account_id
    )
    await conn.execute("delete from conversations where bucket = $1 and owner_id = $2", bucket, account_id)
