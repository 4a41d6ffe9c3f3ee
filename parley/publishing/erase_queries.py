"""All SQL on taking out whatever an account has posted."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, bucket_of


async def status_ids_after(conn: Connection, bucket: int, status_id: int, limit: int) -> list[StatusId]:
    """A slice of all statuses, bucket by bucket: for the ledger of deletions."""
    return await conn.fetch_column(
        "select id from statuses where (bucket, id) > ($1, $2) order by bucket, id limit $3",
        bucket,
        status_id,
        limit,
    )


async def status_ids_of(conn: Connection, account_id: AccountId, limit: int) -> list[StatusId]:
    """Newest first, boosts among them."""
    return await conn.fetch_column(
        "select id from statuses where bucket = $1 and account_id = $2 order by id desc limit $3",
        bucket_of(account_id),
        account_id,
        limit,
    )
