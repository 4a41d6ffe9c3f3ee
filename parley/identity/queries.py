"""All SQL on accounts, their handles and counts, and what their users' statuses begin with.

Users and tokens are in login_queries.py and token_queries.py.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec

from parley.identity.cache import recent_account_counts
from parley.identity.models import Account, AccountCounts, Field, Picture, PostingDefaults
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of

OWNED_TABLES = (
    "handles", "accounts", "account_counts", "users", "email_addresses", "email_tokens", "applications",
    "access_tokens", "authorization_codes", "weekly_activity", "login_addresses", "sign_in_addresses", "email_domain_blocks",
    "email_domain_attempts", "canonical_email_blocks", "ip_blocks", "second_factors", "recovery_codes",
)  # fmt: skip

ACCOUNT_COLUMNS = """
    id, username, domain, display_name, note, note_html, fields, locked, bot, discoverable, indexable,
    hide_collections, uri, url, created_at, suspended_at, limited_at, sensitized_at, avatar, header,
    avatar_description, header_description, show_media, show_media_replies, show_featured, attribution_domains
"""
COUNTS_COLUMNS = (
    "account_id, version, statuses_count, followers_count, following_count, last_status_on, erased"
)
_FIELDS_AT = Account.__struct_fields__.index("fields")
_DOMAINS_AT = Account.__struct_fields__.index("attribution_domains")
_PICTURES_AT = (Account.__struct_fields__.index("avatar"), Account.__struct_fields__.index("header"))


def _account(*columns: Any) -> Account:
    values = list(columns)
    values[_FIELDS_AT] = msgspec.convert(columns[_FIELDS_AT], tuple[Field, ...])
    for place in _PICTURES_AT:
        if values[place] is not None:
            values[place] = msgspec.convert(values[place], Picture)
    values[_DOMAINS_AT] = tuple(values[_DOMAINS_AT])
    return Account(*values)


# Handles


async def claim_handle(conn: Connection, handle: str, account_id: AccountId) -> bool:
    """Whether the handle was free and is now this account's."""
    claimed = await conn.execute(
        "insert into handles (handle, account_id) values ($1, $2) on conflict (handle) do nothing",
        handle,
        account_id,
    )
    return claimed == 1


async def find_account_id_by_handle(conn: Connection, handle: str) -> AccountId | None:
    found: AccountId | None = await conn.fetch_value(
        "select account_id from handles where handle = $1", handle
    )
    return found


async def account_ids_by_handles(conn: Connection, handles: Collection[str]) -> dict[str, AccountId]:
    rows = await conn.fetch_rows(
        "select handle, account_id from handles where handle = any($1)", list(handles)
    )
    return {row[0]: row[1] for row in rows}


# Accounts


async def insert_account(conn: Connection, account: Account) -> None:
    await conn.execute(
        """
        insert into accounts (bucket, id, username, domain, display_name, note, note_html, fields, locked, bot,
            discoverable, indexable, hide_collections, uri, url, created_at, suspended_at, limited_at,
            sensitized_at, avatar, header, avatar_description, header_description, show_media, show_media_replies,
            show_featured, attribution_domains)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27)
        """,
        bucket_of(account.id),
        *msgspec.structs.astuple(account),
    )


async def find_account(conn: Connection, account_id: AccountId) -> Account | None:
    return await conn.fetch_one(
        _account,
        "select " + ACCOUNT_COLUMNS + " from accounts where bucket = $1 and id = $2",
        bucket_of(account_id),
        account_id,
    )


async def accounts_by_ids(conn: Connection, ids: Collection[AccountId]) -> list[Account]:
    """For hydration; in no order, without those that are gone."""
    return await conn.fetch_all(
        _account,
        "select " + ACCOUNT_COLUMNS + " from accounts where bucket = any($1) and id = any($2)",
        list({bucket_of(each) for each in ids}),
        list(ids),
    )


async def update_profile(conn: Connection, account: Account) -> None:
    """Writes what members may change about themselves."""
    await conn.execute(
        """
        update accounts set display_name = $3, note = $4, note_html = $5, fields = $6, locked = $7, bot = $8,
            discoverable = $9, indexable = $10, hide_collections = $11, avatar = $12, header = $13,
            avatar_description = $14, header_description = $15, show_media = $16, show_media_replies = $17,
            show_featured = $18, attribution_domains = $19
        where bucket = $1 and id = $2
        """,
        bucket_of(account.id),
        account.id,
        account.display_name,
        account.note,
        account.note_html,
        account.fields,
        account.locked,
        account.bot,
        account.discoverable,
        account.indexable,
        account.hide_collections,
        account.avatar,
        account.header,
        account.avatar_description,
        account.header_description,
        account.show_media,
        account.show_media_replies,
        account.show_featured,
        account.attribution_domains,
    )


# Counts


async def insert_account_counts(conn: Connection, account_id: AccountId) -> None:
    await conn.execute(
        """
        insert into account_counts (bucket, account_id, version, statuses_count, followers_count,
            following_count, last_status_on)
        values ($1, $2, 1, 0, 0, 0, null)
        """,
        bucket_of(account_id),
        account_id,
    )


async def counts_by_ids(conn: Connection, ids: Collection[AccountId]) -> list[AccountCounts]:
    """For hydration; in no order, without those that are gone."""
    return await conn.fetch_all(
        AccountCounts,
        "select " + COUNTS_COLUMNS + " from account_counts where bucket = any($1) and account_id = any($2)",
        list({bucket_of(each) for each in ids}),
        list(ids),
    )


# Who is there: not a local account whose user is not confirmed or approved yet.
_OPEN_COUNTS = """
    select c.account_id, c.version, c.statuses_count, c.followers_count, c.following_count, c.last_status_on,
        c.erased
    from account_counts c left join users u on u.bucket = c.bucket and u.account_id = c.account_id
    where (u.account_id is null or (u.confirmed_at is not null and u.approved_at is not null))
"""


async def find_open_counts(conn: Connection, account_id: AccountId) -> AccountCounts | None:
    return await conn.fetch_one(
        AccountCounts,
        _OPEN_COUNTS + " and c.bucket = $1 and c.account_id = $2",
        bucket_of(account_id),
        account_id,
    )


async def open_counts_by_ids(conn: Connection, ids: Collection[AccountId]) -> list[AccountCounts]:
    """For hydration of ids that came from outside; in no order."""
    return await conn.fetch_all(
        AccountCounts,
        _OPEN_COUNTS + " and c.bucket = any($1) and c.account_id = any($2)",
        list({bucket_of(each) for each in ids}),
        list(ids),
    )


async def update_counts(
    conn: Connection,
    account_id: AccountId,
    statuses: int,
    followers: int,
    following: int,
    last_status_on: date | None,
    *,
    begins: bool,
) -> AccountCounts | None:
    """Adds to the counts and tells them; a count never falls under nought, the day never goes back.

    None where there is no such account, and, if something `begins`, where it is erased: whoever erases an account holds
    this row first, so that nothing begun before comes after.

    What others keep of them (cache.recent_account_counts) is left to age: seconds, beside a status.
    """
    return await conn.fetch_one(
        AccountCounts,
        """
        update account_counts set statuses_count = greatest(statuses_count + $3, 0),
            followers_count = greatest(followers_count + $4, 0),
            following_count = greatest(following_count + $5, 0),
            last_status_on = greatest(last_status_on, $6)
        where bucket = $1 and account_id = $2 and not (erased and $7)
        returning account_id, version, statuses_count, followers_count, following_count, last_status_on, erased
        """,
        bucket_of(account_id),
        account_id,
        statuses,
        followers,
        following,
        last_status_on,
        begins,
    )


async def update_erased(conn: Connection, account_id: AccountId) -> None:
    """For good. Holds the row until the transaction ends."""
    recent_account_counts.changed(conn, account_id)
    await conn.execute(
        "update account_counts set erased = true where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )


async def lock_counts(conn: Connection, account_id: AccountId) -> None:
    await conn.execute(
        "select from account_counts where bucket = $1 and account_id = $2 for update",
        bucket_of(account_id),
        account_id,
    )


async def update_version(conn: Connection, account_id: AccountId, step: int) -> None:
    recent_account_counts.changed(conn, account_id)
    await conn.execute(
        "update account_counts set version = version + $3 where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
        step,
    )


async def update_listed(conn: Connection, account_id: AccountId) -> None:
    """Whether it stands in the directory: who wishes to be found, once they are in."""
    await conn.execute(
        """
        update account_counts c set listed = a.discoverable
        from accounts a left join users u on u.bucket = a.bucket and u.account_id = a.id
        where c.bucket = $1 and c.account_id = $2 and a.bucket = $1 and a.id = $2 and c.listed <> a.discoverable
            and (u.account_id is null or (u.bucket = $1 and u.confirmed_at is not null and u.approved_at is not null))
        """,
        bucket_of(account_id),
        account_id,
    )


async def list_members(conn: Connection, limit: int) -> int:
    """A number of those who ought to be listed and aren't; whether there was an event for them or not."""
    return await conn.execute(
        """
        update account_counts set listed = true where (bucket, account_id) in (
            select a.bucket, a.id from accounts a
            join account_counts c on c.bucket = a.bucket and c.account_id = a.id
            left join users u on u.bucket = a.bucket and u.account_id = a.id
            where a.discoverable and a.suspended_at is null and a.limited_at is null and not c.listed
                and (u.account_id is null or (u.confirmed_at is not null and u.approved_at is not null))
            limit $1)
        """,
        limit,
    )


# Posting defaults


async def find_posting_defaults(conn: Connection, account_id: AccountId) -> PostingDefaults | None:
    return await conn.fetch_one(
        PostingDefaults,
        """
        select default_visibility, default_sensitive, default_language, default_quote_policy
        from users where bucket = $1 and account_id = $2
        """,
        bucket_of(account_id),
        account_id,
    )


async def update_posting_defaults(conn: Connection, account_id: AccountId, defaults: PostingDefaults) -> None:
    await conn.execute(
        """
        update users set default_visibility = $3, default_sensitive = $4, default_language = $5,
            default_quote_policy = $6
        where bucket = $1 and account_id = $2
        """,
        bucket_of(account_id),
        account_id,
        defaults.visibility,
        defaults.sensitive,
        defaults.language,
        defaults.quote_policy,
    )
