"""All SQL on what was kept for somebody who is no more to be notified."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of


async def delete_kept_for(conn: Connection, account_id: AccountId) -> None:
    bucket = bucket_of(account_id)
    await conn.execute("delete from notifications where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute(
        "delete from filtered_notifications where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from notification_policies where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from notification_permissions where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from notification_requests where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from push_subscriptions where bucket = $1 and account_id = $2", bucket, account_id
    )
