"""SQL on policies, on who is let through, and on who waits for it with what."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of, new_id
from parley.kit.paging import Page
from parley.notifications.models import Notification, Policy, PolicySummary, Request

COUNTED_MAX = 100

# With what is held back of each, which may be gone though the row is not.
_REQUESTS = """
    select r.id, r.from_account_id, r.updated_at,
        (select count(*) from (select from filtered_notifications f
            where f.bucket = $1 and f.account_id = $2 and f.from_account_id = r.from_account_id
            limit $3) as counted) as count,
        (select f.status_id from filtered_notifications f
            where f.bucket = $1 and f.account_id = $2 and f.from_account_id = r.from_account_id
            and f.status_id is not null order by f.id desc limit 1) as last_status_id
    from notification_requests r
    where r.bucket = $1 and r.account_id = $2 and exists (select from filtered_notifications f
        where f.bucket = $1 and f.account_id = $2 and f.from_account_id = r.from_account_id)
"""


# Policies -----------------------------------------------------------------------------------------------


async def find_policy(conn: Connection, account_id: AccountId) -> Policy | None:
    return await conn.fetch_one(
        Policy,
        """
        select for_not_following, for_not_followers, for_new_accounts, for_private_mentions,
            for_limited_accounts
        from notification_policies where bucket = $1 and account_id = $2
        """,
        bucket_of(account_id),
        account_id,
    )


async def upsert_policy(conn: Connection, account_id: AccountId, policy: Policy) -> None:
    await conn.execute(
        """
        insert into notification_policies (bucket, account_id, for_not_following, for_not_followers,
            for_new_accounts, for_private_mentions, for_limited_accounts)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (bucket, account_id) do update set for_not_following = $3, for_not_followers = $4,
            for_new_accounts = $5, for_private_mentions = $6, for_limited_accounts = $7
        """,
        bucket_of(account_id),
        account_id,
        *msgspec.structs.astuple(policy),
    )


async def summarise(conn: Connection, account_id: AccountId) -> PolicySummary:
    found = await conn.fetch_one(
        PolicySummary,
        "select count(*) as requests, coalesce(sum(count), 0)::bigint as notifications from ("
        + _REQUESTS
        + " order by r.id desc limit $3) as waiting",
        bucket_of(account_id),
        account_id,
        COUNTED_MAX,
    )
    return found or PolicySummary(0, 0)


async def who_welcomes(
    conn: Connection, account_ids: Sequence[AccountId], from_account_id: AccountId
) -> list[AccountId]:
    """Those who let strangers write to them, or this one: several buckets at once, allowed by name."""
    return await conn.fetch_column(
        """
        select account_id from notification_policies
        where bucket = any($1) and account_id = any($2) and for_private_mentions = 'accept'
        union
        select account_id from notification_permissions
        where bucket = any($1) and account_id = any($2) and from_account_id = $3
        """,
        sorted({bucket_of(each) for each in account_ids}),
        account_ids,
        from_account_id,
    )


# Permissions --------------------------------------------------------------------------------------------


async def insert_permissions(
    conn: Connection, account_id: AccountId, from_account_ids: Sequence[AccountId]
) -> None:
    await conn.execute_many(
        """
        insert into notification_permissions (bucket, account_id, from_account_id)
        values ($1, $2, $3) on conflict do nothing
        """,
        [(bucket_of(account_id), account_id, each) for each in from_account_ids],
    )


async def delete_permission(conn: Connection, account_id: AccountId, from_account_id: AccountId) -> None:
    await conn.execute(
        """
        delete from notification_permissions
        where bucket = $1 and account_id = $2 and from_account_id = $3
        """,
        bucket_of(account_id),
        account_id,
        from_account_id,
    )


async def any_unmerged(conn: Connection, account_id: AccountId) -> bool:
    """Whether something still lies apart of somebody who is let through."""
    found: bool = await conn.fetch_value(
        """
        select exists (select from notification_permissions p
            join filtered_notifications f on f.bucket = $1 and f.account_id = $2
            and f.from_account_id = p.from_account_id
            where p.bucket = $1 and p.account_id = $2)
        """,
        bucket_of(account_id),
        account_id,
    )
    return found


# Requests -----------------------------------------------------------------------------------------------


async def upsert_requests(
    conn: Connection, account_ids: Sequence[AccountId], from_account_id: AccountId, now: datetime
) -> None:
    """One sender waits at many members' doors."""
    await conn.execute_many(
        """
        insert into notification_requests (bucket, account_id, from_account_id, id, updated_at)
        values ($1, $2, $3, $4, $5)
        on conflict (bucket, account_id, from_account_id) do update set updated_at = excluded.updated_at
        """,
        [(bucket_of(each), each, from_account_id, new_id(each), now) for each in account_ids],
    )


async def newest_requests(conn: Connection, account_id: AccountId, page: Page) -> list[Request]:
    return await conn.fetch_all(
        Request,
        _REQUESTS + " and r.id < $4 and r.id > $5 order by r.id desc limit $6",
        bucket_of(account_id),
        account_id,
        COUNTED_MAX,
        page.below,
        page.above,
        page.limit,
    )


async def oldest_requests(conn: Connection, account_id: AccountId, page: Page) -> list[Request]:
    """Those immediately above a bound, oldest first."""
    return await conn.fetch_all(
        Request,
        _REQUESTS + " and r.id < $4 and r.id > $5 order by r.id limit $6",
        bucket_of(account_id),
        account_id,
        COUNTED_MAX,
        page.below,
        page.above,
        page.limit,
    )


async def requests_by_ids(conn: Connection, account_id: AccountId, ids: Sequence[int]) -> list[Request]:
    return await conn.fetch_all(
        Request,
        _REQUESTS + " and r.id = any($4)",
        bucket_of(account_id),
        account_id,
        COUNTED_MAX,
        ids,
    )


async def delete_requests(
    conn: Connection, account_id: AccountId, from_account_ids: Sequence[AccountId]
) -> None:
    await conn.execute(
        """
        delete from notification_requests
        where bucket = $1 and account_id = $2 and from_account_id = any($3)
        """,
        bucket_of(account_id),
        account_id,
        from_account_ids,
    )


async def delete_old_requests(conn: Connection, before: datetime, limit: int) -> int:
    """Upkeep, by a schedule: every bucket."""
    return await conn.execute(
        """
        delete from notification_requests where (bucket, account_id, from_account_id) in (
            select bucket, account_id, from_account_id from notification_requests
            where updated_at < $1 limit $2)
        """,
        before,
        limit,
    )


# What is held back --------------------------------------------------------------------------------------


async def delete_filtered(
    conn: Connection, account_id: AccountId, from_account_ids: Sequence[AccountId]
) -> int:
    return await conn.execute(
        """
        delete from filtered_notifications
        where bucket = $1 and account_id = $2 and from_account_id = any($3)
        """,
        bucket_of(account_id),
        account_id,
        from_account_ids,
    )


async def take_filtered(
    conn: Connection, account_id: AccountId, from_account_ids: Sequence[AccountId], limit: int
) -> list[Notification]:
    """Deletes the oldest of these senders', and returns them."""
    return await conn.fetch_all(
        Notification,
        """
        delete from filtered_notifications
        where bucket = $1 and account_id = $2 and id = any(array(
            select f.id from filtered_notifications f
            where f.bucket = $1 and f.account_id = $2 and f.from_account_id = any($3)
            order by f.id limit $4))
        returning id, type, from_account_id, status_id, about_id
        """,
        bucket_of(account_id),
        account_id,
        from_account_ids,
        limit,
    )
