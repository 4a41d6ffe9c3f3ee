"""All SQL on what staff see of members and decide about them: logins by id, lists by standing, standing itself."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from parley.identity.login_queries import USER_COLUMNS
from parley.identity.models import Standing, User
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of
from parley.kit.paging import Page

Sanction = Literal["suspended_at", "limited_at", "sensitized_at"]

# Each answered from an index of those few whom it concerns, or, for the many, from the newest of all.
_IN_STANDING: dict[Standing, str] = {
    "any": "",
    "active": """
        and a.suspended_at is null and (u.account_id is null
            or (u.confirmed_at is not null and u.approved_at is not null and u.disabled_at is null))
    """,
    "pending": " and u.approved_at is null and u.account_id is not null",
    "disabled": " and u.disabled_at is not null",
    "silenced": " and a.limited_at is not null",
    "suspended": " and a.suspended_at is not null",
}
_SELECTED = """
    select a.id from accounts a left join users u on u.bucket = a.bucket and u.account_id = a.id
    where a.id < $1 and a.id > $2
        and (a.domain is null) = any($3::boolean[])
        and ($4::text is null or a.domain = $4)
        and ($5::text is null or lower(a.username) like $5)
        and ($6::text is null or lower(a.display_name) like $6)
        and ($7::text[] is null or u.role = any($7))
        and ($8::inet is null or exists (select from sign_in_addresses s
            where s.bucket = a.bucket and s.account_id = a.id and s.network_hashes && $9)
        or exists (select from login_addresses l
            where l.bucket = a.bucket and l.account_id = a.id and l.address <<= $8))
"""
_ORDER = {"desc": " order by a.id desc limit $10", "asc": " order by a.id limit $10"}


async def users_by_ids(conn: Connection, ids: Collection[AccountId]) -> list[User]:
    """For hydration of what staff see; in no order, without those that have no login."""
    return await conn.fetch_all(
        User,
        "select " + USER_COLUMNS + " from users where bucket = any($1) and account_id = any($2)",
        list({bucket_of(each) for each in ids}),
        list(ids),
    )


async def account_ids_in_standing(
    conn: Connection,
    standing: Standing,
    page: Page,
    *,
    local: bool | None,
    domain: str | None,
    username: str | None,
    display_name: str | None,
    roles: Collection[str] | None,
    network: str | None,
    network_hashes: Collection[bytes],
) -> list[AccountId]:
    """Site-wide, for staff. `username` and `display_name` are patterns of `like` in lower case."""
    rows: list[AccountId] = await conn.fetch_column(
        _SELECTED + _IN_STANDING[standing] + _ORDER["asc" if page.ascending else "desc"],
        page.below,
        page.above,
        [True, False] if local is None else [local],
        domain,
        username,
        display_name,
        None if roles is None else list(roles),
        network,
        list(network_hashes),
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def account_ids_of_staff(conn: Connection, roles: Collection[str], limit: int) -> list[AccountId]:
    """Those who may act; site-wide, from an index of staff alone."""
    return await conn.fetch_column(
        """
        select u.account_id from users u join accounts a on a.bucket = u.bucket and a.id = u.account_id
        where u.role <> 'user' and u.role = any($1) and u.disabled_at is null and a.suspended_at is null
            and u.approved_at is not null and u.confirmed_at is not null
        order by u.account_id limit $2
        """,
        list(roles),
        limit,
    )


async def update_sanction(
    conn: Connection, sanction: Sanction, account_id: AccountId, at: datetime | None
) -> bool:
    """Whether the account stood otherwise until now."""
    touched = await conn.execute(
        f"""
        update accounts set {sanction} = $3
        where bucket = $1 and id = $2 and ({sanction} is null) <> ($3::timestamptz is null)
        """,
        bucket_of(account_id),
        account_id,
        at,
    )
    return touched == 1


async def update_disabled(conn: Connection, account_id: AccountId, at: datetime | None) -> bool:
    touched = await conn.execute(
        """
        update users set disabled_at = $3
        where bucket = $1 and account_id = $2 and (disabled_at is null) <> ($3::timestamptz is null)
        """,
        bucket_of(account_id),
        account_id,
        at,
    )
    return touched == 1


# What is left of a member whose data are erased: the account's row, its name and its standing


async def account_ids_after(conn: Connection, bucket: int, account_id: int, limit: int) -> list[AccountId]:
    """A slice of all who can sign in, bucket by bucket: for the ledger of deletions."""
    return await conn.fetch_column(
        "select account_id from users where (bucket, account_id) > ($1, $2) order by bucket, account_id limit $3",
        bucket,
        account_id,
        limit,
    )


async def erase_profile(conn: Connection, account_id: AccountId) -> None:
    await conn.execute(
        """
        update accounts set display_name = '', note = '', note_html = '', fields = '[]'::jsonb,
            discoverable = false, indexable = false, hide_collections = true, avatar = null, header = null,
            avatar_description = '', header_description = ''
        where bucket = $1 and id = $2
        """,
        bucket_of(account_id),
        account_id,
    )


async def delete_user(conn: Connection, account_id: AccountId) -> None:
    bucket = bucket_of(account_id)
    await conn.execute("delete from access_tokens where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute(
        "delete from authorization_codes where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute("delete from email_tokens where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute("delete from second_factors where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute("delete from recovery_codes where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute(
        "delete from login_addresses where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute(
        "delete from sign_in_addresses where bucket = $1 and account_id = $2", bucket, account_id
    )
    await conn.execute("delete from users where bucket = $1 and account_id = $2", bucket, account_id)
