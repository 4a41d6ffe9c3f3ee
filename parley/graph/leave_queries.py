"""All SQL on what an account that is no more had chosen for itself."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of, bucket_of_text


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
    await conn.execute(
        """
        update relationships set note = '', mute_id = null, mute_notifications = false, mute_expires_at = null,
            endorsement_id = null
        where bucket = $1 and account_id = $2
        """,
        bucket,
        account_id,
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
