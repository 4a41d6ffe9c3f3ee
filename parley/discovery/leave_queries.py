"""All SQL on what was found for, or shown of, somebody who is no more."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of


async def delete_kept_for(conn: Connection, account_id: AccountId) -> None:
    bucket = bucket_of(account_id)
    await conn.execute("delete from featured_tags where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute(
        "delete from suggestion_lists where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from dismissed_suggestions where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from library_entries where bucket = $1 and account_id = $2", bucket, account_id
    )
