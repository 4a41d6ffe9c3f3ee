"""All SQL on what was found for, or shown of, somebody who is no more."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, bucket_of


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
        "delete from library_entries where bucket = $1 and account_id = $2 and not voted", bucket, account_id
    )
    await conn.execute("delete from search_authors where bucket = $1 and account_id = $2", bucket, account_id)


async def take_voted(conn: Connection, account_id: AccountId, limit: int) -> list[StatusId]:
    return await conn.fetch_column(
        """
        delete from library_entries where bucket = $1 and account_id = $2 and status_id in (
            select status_id from library_entries where bucket = $1 and account_id = $2 and voted limit $3)
        returning status_id
        """,
        bucket_of(account_id),
        account_id,
        limit,
    )
