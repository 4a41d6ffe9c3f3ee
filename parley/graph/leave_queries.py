"""All SQL on what an account that is no more had chosen for itself."""

from parley.graph.marks import recent_marks
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of, bucket_of_text


async def others_of(conn: Connection, account_id: AccountId, limit: int) -> list[AccountId]:
    """Whoever it has anything to do with: whatever is between two stands on both sides."""
    return await conn.fetch_column(
        """
        select other_id from relationships where bucket = $1 and account_id = $2 order by other_id limit $3
        """,
        bucket_of(account_id),
        account_id,
        limit,
    )


async def delete_pair(conn: Connection, account_id: AccountId, other_id: AccountId) -> None:
    for mine, theirs in sorted(((account_id, other_id), (other_id, account_id))):
        recent_marks.changed(conn, mine)
        await conn.execute(
            "delete from relationships where bucket = $1 and account_id = $2 and other_id = $3",
            bucket_of(mine),
            mine,
            theirs,
        )


async def delete_choices(conn: Connection, account_id: AccountId) -> None:
    bucket = bucket_of(account_id)
    await conn.execute("delete from lists where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute("delete from list_accounts where bucket = $1 and owner_id = $2", bucket, account_id)
    await conn.execute("delete from filters where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute(
        "delete from filter_keywords where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from filter_statuses where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from account_domain_blocks where bucket = $1 and account_id = $2", bucket, account_id
    )


async def delete_followed_tags(conn: Connection, account_id: AccountId) -> None:
    """On both sides: the tags' buckets are others."""
    bucket = bucket_of(account_id)
    tags = await conn.fetch_column(
        "delete from followed_tags where bucket = $1 and account_id = $2 returning tag", bucket, account_id
    )
    await conn.execute_many(
        "delete from tag_followers where bucket = $1 and tag = $2 and account_id = $3",
        [(bucket_of_text(tag), tag, account_id) for tag in tags],
    )
