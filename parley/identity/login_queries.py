"""All SQL on users (the logins behind local accounts), their addresses, and the secrets sent to these."""

from datetime import date, datetime

import msgspec

from parley.identity.addresses import handle_key
from parley.identity.models import AccessToken, Account, User
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of

USER_COLUMNS = """
    account_id, email, password_hash, role, locale, sign_up_reason, default_visibility, default_sensitive,
    default_language, created_at, confirmed_at, approved_at, disabled_at, last_active_on, application_id,
    email_hash, sealed
"""
_USER_NAMES = tuple(each.strip() for each in USER_COLUMNS.split(","))
_MAILED = "id, account_id, purpose, secret_hash, email, created_at, used_at, email_hash, sealed"


class EmailToken(msgspec.Struct, frozen=True):
    """The columns of `email_tokens`: a secret sent to an address, good for one purpose, once.

    The address lies sealed where it is still needed; `open_email` is that of rows from before.
    """

    id: int
    account_id: AccountId
    purpose: str
    secret_hash: bytes
    open_email: str
    created_at: datetime
    used_at: datetime | None
    email_hash: bytes | None = None
    sealed: bytes | None = None


# Users


async def insert_user(conn: Connection, user: User) -> None:
    await conn.execute(
        """
        insert into users (bucket, account_id, email, password_hash, role, locale, sign_up_reason,
            default_visibility, default_sensitive, default_language, created_at, confirmed_at, approved_at,
            disabled_at, last_active_on, application_id, email_hash, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        """,
        bucket_of(user.account_id),
        *msgspec.structs.astuple(user),
    )


async def find_user(conn: Connection, account_id: AccountId) -> User | None:
    return await conn.fetch_one(
        User,
        "select " + USER_COLUMNS + " from users where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )


async def lock_user(conn: Connection, account_id: AccountId) -> User | None:
    """As it is now, and stays until this transaction ends."""
    return await conn.fetch_one(
        User,
        "select " + USER_COLUMNS + " from users where bucket = $1 and account_id = $2 for update",
        bucket_of(account_id),
        account_id,
    )


async def update_active_on(conn: Connection, account_id: AccountId, day: date) -> bool:
    """Whether this was the first that the day heard of the member."""
    touched = await conn.execute(
        """
        update users set last_active_on = $3
        where bucket = $1 and account_id = $2 and (last_active_on is null or last_active_on < $3)
        """,
        bucket_of(account_id),
        account_id,
        day,
    )
    return touched == 1


async def update_password(conn: Connection, account_id: AccountId, password_hash: str) -> None:
    await conn.execute(
        "update users set password_hash = $3 where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
        password_hash,
    )


async def update_words(conn: Connection, user: User) -> None:
    await conn.execute(
        """
        update users set email = '', sign_up_reason = '', email_hash = $3, sealed = $4
        where bucket = $1 and account_id = $2
        """,
        bucket_of(user.account_id),
        user.account_id,
        user.email_hash,
        user.sealed,
    )


async def seal_words(conn: Connection, before: User, sealed: User) -> bool:
    """Of a row from before, unless it has changed meanwhile."""
    touched = await conn.execute(
        """
        update users set email = '', sign_up_reason = '', email_hash = $3, sealed = $4
        where bucket = $1 and account_id = $2 and sealed is null and email = $5 and sign_up_reason = $6
        """,
        bucket_of(before.account_id),
        before.account_id,
        sealed.email_hash,
        sealed.sealed,
        before.open_email,
        before.open_reason,
    )
    return touched == 1


async def unsealed_users(conn: Connection, after: int, limit: int) -> list[User]:
    """Upkeep: one index, which is empty once all are sealed."""
    return await conn.fetch_all(
        User,
        "select "
        + USER_COLUMNS
        + """
        from users where sealed is null and (email <> '' or sign_up_reason <> '') and account_id > $1
        order by account_id limit $2
        """,
        after,
        limit,
    )


async def update_confirmed(conn: Connection, account_id: AccountId, at: datetime) -> bool:
    """Whether the address was unconfirmed until now."""
    touched = await conn.execute(
        """
        update users set confirmed_at = $3 where bucket = $1 and account_id = $2 and confirmed_at is null
        """,
        bucket_of(account_id),
        account_id,
        at,
    )
    return touched == 1


async def update_approved(conn: Connection, account_id: AccountId, at: datetime) -> bool:
    """Whether the member waited for it until now."""
    touched = await conn.execute(
        "update users set approved_at = $3 where bucket = $1 and account_id = $2 and approved_at is null",
        bucket_of(account_id),
        account_id,
        at,
    )
    return touched == 1


async def update_role(conn: Connection, account_id: AccountId, role: str) -> None:
    await conn.execute(
        "update users set role = $3 where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
        role,
    )


# Addresses: one account each, firmly once that account has confirmed it


async def find_account_id_by_email(conn: Connection, email_hash: bytes, older: bytes) -> AccountId | None:
    """`older`: how it may still lie there, from before hashes were keyed."""
    found: AccountId | None = await conn.fetch_value(
        "select account_id from email_addresses where email_hash in ($1, $2)", email_hash, older
    )
    return found


async def unkeyed_hashes(conn: Connection, limit: int) -> list[bytes]:
    """By an index that is empty once all are keyed."""
    return await conn.fetch_column(
        "select email_hash from email_addresses where octet_length(email_hash) = 32 limit $1", limit
    )


async def replace_email_hash(conn: Connection, older: bytes, email_hash: bytes) -> None:
    await conn.execute("update email_addresses set email_hash = $2 where email_hash = $1", older, email_hash)


async def claim_email(conn: Connection, email_hash: bytes, account_id: AccountId) -> None:
    """For the account, if nobody holds it."""
    await conn.execute(
        """
        insert into email_addresses (email_hash, account_id) values ($1, $2)
        on conflict (email_hash) do nothing
        """,
        email_hash,
        account_id,
    )


async def lock_email(conn: Connection, email_hash: bytes) -> AccountId | None:
    """Who holds the address, held until the transaction ends: of two who confirm it at once, one waits."""
    found: AccountId | None = await conn.fetch_value(
        "select account_id from email_addresses where email_hash = $1 for update", email_hash
    )
    return found


async def update_email_holder(conn: Connection, email_hash: bytes, account_id: AccountId) -> None:
    await conn.execute(
        "update email_addresses set account_id = $2 where email_hash = $1", email_hash, account_id
    )


async def release_email(conn: Connection, email_hash: bytes, account_id: AccountId) -> None:
    await conn.execute(
        "delete from email_addresses where email_hash = $1 and account_id = $2", email_hash, account_id
    )


# Removing an account that never opened: nothing but these rows can exist of it


async def delete_handle(conn: Connection, handle: str, account_id: AccountId) -> None:
    await conn.execute("delete from handles where handle = $1 and account_id = $2", handle, account_id)


async def delete_login(conn: Connection, account_id: AccountId) -> None:
    bucket = bucket_of(account_id)
    await conn.execute("delete from access_tokens where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute("delete from email_tokens where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute("delete from users where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute("delete from account_counts where bucket = $1 and account_id = $2", bucket, account_id)
    await conn.execute("delete from accounts where bucket = $1 and id = $2", bucket, account_id)


# Secrets sent by mail


async def insert_email_token(conn: Connection, token: EmailToken) -> None:
    await conn.execute(
        """
        insert into email_tokens (bucket, id, account_id, purpose, secret_hash, email, created_at, used_at,
            email_hash, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        bucket_of(token.id),
        *msgspec.structs.astuple(token),
    )


async def lock_email_token(conn: Connection, token_id: int) -> EmailToken | None:
    """Held until the transaction ends, so that a secret serves once."""
    return await conn.fetch_one(
        EmailToken,
        "select " + _MAILED + " from email_tokens where bucket = $1 and id = $2 for update",
        bucket_of(token_id),
        token_id,
    )


async def update_email_tokens_used(
    conn: Connection, account_id: AccountId, purpose: str, used_at: datetime
) -> None:
    """All of an account's for this purpose: having served, none of them serves again."""
    await conn.execute(
        """
        update email_tokens set used_at = $4
        where bucket = $1 and account_id = $2 and purpose = $3 and used_at is null
        """,
        bucket_of(account_id),
        account_id,
        purpose,
        used_at,
    )


# Site-wide, across all buckets: the operator's lists, and what schedules remove, a bounded number at a time


async def pending_users(conn: Connection, limit: int) -> list[User]:
    """Oldest first."""
    return await conn.fetch_all(
        User,
        "select " + USER_COLUMNS + " from users where approved_at is null order by created_at limit $1",
        limit,
    )


async def unconfirmed_account_ids(conn: Connection, before: datetime, limit: int) -> list[AccountId]:
    return await conn.fetch_column(
        "select account_id from users where confirmed_at is null and created_at < $1 limit $2", before, limit
    )


async def delete_old_email_tokens(conn: Connection, before: datetime, limit: int) -> int:
    return await conn.execute(
        """
        delete from email_tokens where (bucket, id) in (
            select bucket, id from email_tokens where created_at < $1 limit $2)
        """,
        before,
        limit,
    )


# Many at once, by COPY


async def copy_members(conn: Connection, accounts: list[Account], users: list[User]) -> None:
    """With their handles and counts; refused as a whole when a handle was taken meanwhile."""
    await conn.copy_in(
        "handles", ("handle", "account_id"), [(handle_key(each.username), each.id) for each in accounts]
    )
    await conn.copy_in(
        "accounts",
        ("bucket", *Account.__struct_fields__),
        [(bucket_of(each.id), *msgspec.structs.astuple(each)) for each in accounts],
    )
    await conn.copy_in(
        "account_counts",
        ("bucket", "account_id", "version", "statuses_count", "followers_count", "following_count"),
        [(bucket_of(each.id), each.id, 1, 0, 0, 0) for each in accounts],
    )
    await conn.copy_in(
        "users",
        ("bucket", *_USER_NAMES),
        [(bucket_of(each.account_id), *msgspec.structs.astuple(each)) for each in users],
    )


async def copy_tokens(conn: Connection, tokens: list[AccessToken]) -> None:
    await conn.copy_in(
        "access_tokens",
        ("bucket", *AccessToken.__struct_fields__),
        [(bucket_of(each.id), *msgspec.structs.astuple(each)) for each in tokens],
    )
