"""All SQL on push subscriptions. Token, member and relations are read along: they lie in the member's bucket."""

from collections.abc import Sequence
from datetime import datetime

from parley.kit.db import Connection
from parley.kit.ids import AccountId, NotificationId, TokenId, bucket_of
from parley.notifications.push_models import Listener, PushSubscription

OWNED_TABLES = ("push_subscriptions",)


async def find_subscription(
    conn: Connection, account_id: AccountId, token_id: TokenId
) -> PushSubscription | None:
    return await conn.fetch_one(
        PushSubscription,
        """
        select account_id, token_id, id, endpoint, p256dh, auth, standard, alerts, policy, sealed_bearer, created_at
        from push_subscriptions where bucket = $1 and account_id = $2 and token_id = $3
        """,
        bucket_of(account_id),
        account_id,
        token_id,
    )


async def put_subscription(conn: Connection, made: PushSubscription) -> None:
    """In place of what the token had before."""
    await conn.execute(
        """
        insert into push_subscriptions (bucket, account_id, token_id, id, endpoint, p256dh, auth, standard, alerts,
            policy, sealed_bearer, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (bucket, account_id, token_id) do update set id = $4, endpoint = $5, p256dh = $6, auth = $7,
            standard = $8, alerts = $9, policy = $10, sealed_bearer = $11, created_at = $12
        """,
        bucket_of(made.account_id),
        made.account_id,
        made.token_id,
        made.id,
        made.endpoint,
        made.p256dh,
        made.auth,
        made.standard,
        made.alerts,
        made.policy,
        made.sealed_bearer,
        made.created_at,
    )


async def update_subscription(
    conn: Connection, account_id: AccountId, token_id: TokenId, alerts: Sequence[str], policy: str
) -> None:
    await conn.execute(
        """
        update push_subscriptions set alerts = $4, policy = $5
        where bucket = $1 and account_id = $2 and token_id = $3
        """,
        bucket_of(account_id),
        account_id,
        token_id,
        alerts,
        policy,
    )


async def delete_subscription(conn: Connection, account_id: AccountId, token_id: TokenId) -> None:
    await conn.execute(
        "delete from push_subscriptions where bucket = $1 and account_id = $2 and token_id = $3",
        bucket_of(account_id),
        account_id,
        token_id,
    )


async def delete_endpoint(conn: Connection, account_id: AccountId, token_id: TokenId, endpoint: str) -> None:
    """Unless the device has told a new one meanwhile."""
    await conn.execute(
        """
        delete from push_subscriptions
        where bucket = $1 and account_id = $2 and token_id = $3 and endpoint = $4
        """,
        bucket_of(account_id),
        account_id,
        token_id,
        endpoint,
    )


async def delete_all_but_newest(conn: Connection, account_id: AccountId, kept: int) -> None:
    await conn.execute(
        """
        delete from push_subscriptions where bucket = $1 and account_id = $2 and token_id in (
            select token_id from push_subscriptions where bucket = $1 and account_id = $2
            order by created_at desc, token_id desc offset $3)
        """,
        bucket_of(account_id),
        account_id,
        kept,
    )


async def subscribed_among(conn: Connection, account_ids: Sequence[AccountId]) -> list[AccountId]:
    """Those of these members who have any. Several buckets at once, in a job."""
    return await conn.fetch_column(
        """
        select distinct account_id from push_subscriptions where bucket = any($1) and account_id = any($2)
        """,
        sorted({bucket_of(each) for each in account_ids}),
        account_ids,
    )


async def listeners_of(
    conn: Connection, account_ids: Sequence[AccountId], from_account_id: AccountId, now: datetime
) -> list[Listener]:
    """The subscriptions of these members whose token is good. Several buckets at once, each joined with itself."""
    return await conn.fetch_all(
        Listener,
        """
        select s.account_id, s.token_id, s.endpoint, s.p256dh, s.auth, s.standard, s.alerts, s.policy,
            s.sealed_bearer, u.locale, r.follow_id is not null, r.followed_by_id is not null
        from push_subscriptions s
        join access_tokens t on t.bucket = s.bucket and t.id = s.token_id and t.revoked_at is null
            and (t.expires_at is null or t.expires_at > $4)
        join users u on u.bucket = s.bucket and u.account_id = s.account_id and u.disabled_at is null
        left join relationships r
            on r.bucket = s.bucket and r.account_id = s.account_id and r.other_id = $3
        where s.bucket = any($1) and s.account_id = any($2)
        order by s.account_id, s.token_id
        """,
        sorted({bucket_of(each) for each in account_ids}),
        account_ids,
        from_account_id,
        now,
    )


async def standing_notifications(
    conn: Connection, told: Sequence[tuple[AccountId, NotificationId]]
) -> list[NotificationId]:
    """Those that nobody has taken back or dismissed meanwhile. Several buckets at once, in a job."""
    return await conn.fetch_column(
        """
        select n.id from unnest($1::smallint[], $2::bigint[], $3::bigint[]) as told (bucket, account_id, id)
        join notifications n on n.bucket = told.bucket and n.account_id = told.account_id and n.id = told.id
        """,
        [bucket_of(account_id) for account_id, _ in told],
        [account_id for account_id, _ in told],
        [notification_id for _, notification_id in told],
    )


async def delete_of_dead_tokens(conn: Connection, now: datetime, limit: int) -> int:
    """Upkeep, by a schedule: every bucket."""
    return await conn.execute(
        """
        delete from push_subscriptions where (bucket, account_id, token_id) in (
            select s.bucket, s.account_id, s.token_id from push_subscriptions s
            left join access_tokens t on t.bucket = s.bucket and t.id = s.token_id and t.revoked_at is null
                and (t.expires_at is null or t.expires_at > $1)
            where t.id is null limit $2)
        """,
        now,
        limit,
    )
