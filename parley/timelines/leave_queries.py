"""All SQL on what was kept for a reader who is no more."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of


async def delete_kept_for(conn: Connection, account_id: AccountId) -> None:
    bucket = bucket_of(account_id)
    await conn.execute("delete from home_entries where bucket = $1 and owner_id = $2", bucket, account_id)
    await conn.execute("delete from markers where bucket = $1 and account_id = $2", bucket, account_id)
