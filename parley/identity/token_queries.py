"""All SQL on applications, access tokens (browser sessions among them) and authorization codes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from parley.identity.models import AccessToken, Application
from parley.kit.db import Connection
from parley.kit.ids import AccountId, ApplicationId, TokenId, bucket_of

APPLICATION_COLUMNS = "id, secret_hash, name, website, redirect_uris, scopes, created_at"
TOKEN_COLUMNS = """
    id, secret_hash, account_id, application_id, application_name, application_website, scopes, user_agent,
    created_at, last_used_at, expires_at, revoked_at
"""  # noqa: S105 - names of columns
CODE_COLUMNS = """
    id, secret_hash, account_id, application_id, redirect_uri, scopes, code_challenge, created_at, used_at, token_id
"""


class PresentedToken(msgspec.Struct, frozen=True):
    """A token as somebody shows it, with all that decides whether it is good, in one statement."""

    id: TokenId
    secret_hash: bytes
    account_id: AccountId | None
    application_id: ApplicationId | None
    application_name: str
    application_website: str | None
    scopes: list[str]
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    role: str | None
    confirmed: bool | None
    approved: bool | None
    disabled: bool | None
    last_active_on: date | None
    suspended: bool | None
    joined_at: datetime | None


class AuthorizationCode(msgspec.Struct, frozen=True):
    """The columns of `authorization_codes`: what a member granted, until the application fetches it."""

    id: int
    secret_hash: bytes
    account_id: AccountId
    application_id: ApplicationId
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str | None
    created_at: datetime
    used_at: datetime | None
    token_id: TokenId | None


_TOKEN_SCOPES_AT = AccessToken.__struct_fields__.index("scopes")
_CODE_SCOPES_AT = AuthorizationCode.__struct_fields__.index("scopes")


def _application(*columns: Any) -> Application:
    id_, secret_hash, name, website, redirect_uris, scopes, created_at = columns
    return Application(id_, secret_hash, name, website, tuple(redirect_uris), tuple(scopes), created_at)


def _token(*columns: Any) -> AccessToken:
    return AccessToken(*_with_tuple(columns, _TOKEN_SCOPES_AT))


def _code(*columns: Any) -> AuthorizationCode:
    return AuthorizationCode(*_with_tuple(columns, _CODE_SCOPES_AT))


def _with_tuple(columns: tuple[Any, ...], at: int) -> list[Any]:
    return [*columns[:at], tuple(columns[at]), *columns[at + 1 :]]


# Applications


async def insert_application(conn: Connection, application: Application) -> None:
    await conn.execute(
        """
        insert into applications (bucket, id, secret_hash, name, website, redirect_uris, scopes, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        bucket_of(application.id),
        *msgspec.structs.astuple(application),
    )


async def find_application(conn: Connection, application_id: int) -> Application | None:
    return await conn.fetch_one(
        _application,
        "select " + APPLICATION_COLUMNS + " from applications where bucket = $1 and id = $2",
        bucket_of(application_id),
        application_id,
    )


# Access tokens


async def insert_access_token(conn: Connection, token: AccessToken) -> None:
    await conn.execute(
        """
        insert into access_tokens (bucket, id, secret_hash, account_id, application_id, application_name,
            application_website, scopes, user_agent, created_at, last_used_at, expires_at, revoked_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        bucket_of(token.id),
        *msgspec.structs.astuple(token),
    )


async def find_presented_token(conn: Connection, token_id: int) -> PresentedToken | None:
    """The token lies in its member's bucket, so the joins stay within it."""
    return await conn.fetch_one(
        PresentedToken,
        """
        select t.id, t.secret_hash, t.account_id, t.application_id, t.application_name, t.application_website,
            t.scopes, t.last_used_at, t.expires_at, t.revoked_at, u.role, u.confirmed_at is not null,
            u.approved_at is not null, u.disabled_at is not null, u.last_active_on, a.suspended_at is not null,
            a.created_at
        from access_tokens t
        left join users u on u.bucket = $1 and u.account_id = t.account_id
        left join accounts a on a.bucket = $1 and a.id = t.account_id
        where t.bucket = $1 and t.id = $2
        """,
        bucket_of(token_id),
        token_id,
    )


async def find_access_token(conn: Connection, token_id: int) -> AccessToken | None:
    return await conn.fetch_one(
        _token,
        "select " + TOKEN_COLUMNS + " from access_tokens where bucket = $1 and id = $2",
        bucket_of(token_id),
        token_id,
    )


async def valid_tokens_by_account(
    conn: Connection, account_id: AccountId, now: datetime, limit: int
) -> list[AccessToken]:
    """Newest first."""
    return await conn.fetch_all(
        _token,
        "select "
        + TOKEN_COLUMNS
        + """
        from access_tokens
        where bucket = $1 and account_id = $2 and revoked_at is null and (expires_at is null or expires_at > $3)
        order by id desc limit $4
        """,
        bucket_of(account_id),
        account_id,
        now,
        limit,
    )


async def good_token_ids(conn: Connection, token_ids: Sequence[TokenId], now: datetime) -> list[TokenId]:
    """Those of these tokens that are neither revoked nor over, and whose member, if they have one, may act.

    Several buckets at once, each joined with itself only, now and then.
    """
    return await conn.fetch_column(
        """
        select t.id from unnest($1::smallint[], $2::bigint[]) as asked (bucket, id)
        join access_tokens t on t.bucket = asked.bucket and t.id = asked.id
        left join users u on u.bucket = t.bucket and u.account_id = t.account_id
        left join accounts a on a.bucket = t.bucket and a.id = t.account_id
        where t.revoked_at is null and (t.expires_at is null or t.expires_at > $3)
        and (t.account_id is null or (u.confirmed_at is not null and u.approved_at is not null
            and u.disabled_at is null and a.suspended_at is null))
        """,
        [bucket_of(each) for each in token_ids],
        token_ids,
        now,
    )


async def update_token_used(conn: Connection, token_id: TokenId, used_at: datetime) -> None:
    await conn.execute(
        "update access_tokens set last_used_at = $3 where bucket = $1 and id = $2",
        bucket_of(token_id),
        token_id,
        used_at,
    )


async def update_token_revoked(conn: Connection, token_id: TokenId, revoked_at: datetime) -> bool:
    """Whether it was valid until now."""
    touched = await conn.execute(
        "update access_tokens set revoked_at = $3 where bucket = $1 and id = $2 and revoked_at is null",
        bucket_of(token_id),
        token_id,
        revoked_at,
    )
    return touched == 1


async def update_tokens_revoked(
    conn: Connection, account_id: AccountId, revoked_at: datetime, spared: TokenId | None
) -> int:
    """All of an account's, but the spared one; returns how many there were."""
    return await conn.execute(
        """
        update access_tokens set revoked_at = $3
        where bucket = $1 and account_id = $2 and revoked_at is null and id <> coalesce($4::bigint, 0)
        """,
        bucket_of(account_id),
        account_id,
        revoked_at,
        spared,
    )


async def update_sessions_revoked(
    conn: Connection, account_id: AccountId, revoked_at: datetime, spared: TokenId | None
) -> int:
    """All browser sessions of an account, but the spared one; returns how many there were."""
    return await conn.execute(
        """
        update access_tokens set revoked_at = $3
        where bucket = $1 and account_id = $2 and application_id is null and revoked_at is null
        and id <> coalesce($4::bigint, 0)
        """,
        bucket_of(account_id),
        account_id,
        revoked_at,
        spared,
    )


# Authorization codes


async def insert_authorization_code(conn: Connection, code: AuthorizationCode) -> None:
    await conn.execute(
        """
        insert into authorization_codes (bucket, id, secret_hash, account_id, application_id, redirect_uri,
            scopes, code_challenge, created_at, used_at, token_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        bucket_of(code.id),
        *msgspec.structs.astuple(code),
    )


async def lock_authorization_code(conn: Connection, code_id: int) -> AuthorizationCode | None:
    """Held until the transaction ends, so that of two exchanges at once only one finds it unused."""
    return await conn.fetch_one(
        _code,
        "select " + CODE_COLUMNS + " from authorization_codes where bucket = $1 and id = $2 for update",
        bucket_of(code_id),
        code_id,
    )


async def update_code_used(conn: Connection, code_id: int, token_id: TokenId, used_at: datetime) -> None:
    await conn.execute(
        "update authorization_codes set used_at = $3, token_id = $4 where bucket = $1 and id = $2",
        bucket_of(code_id),
        code_id,
        used_at,
        token_id,
    )


async def update_codes_used(conn: Connection, account_id: AccountId, used_at: datetime) -> None:
    """Voids what was granted and not yet fetched."""
    await conn.execute(
        """
        update authorization_codes set used_at = $3 where bucket = $1 and account_id = $2 and used_at is null
        """,
        bucket_of(account_id),
        account_id,
        used_at,
    )


# Removing what is over: by age, so across all buckets; run by a schedule, a bounded number at a time


async def delete_old_codes(conn: Connection, before: datetime, limit: int) -> int:
    return await conn.execute(
        """
        delete from authorization_codes where (bucket, id) in (
            select bucket, id from authorization_codes where created_at < $1 limit $2)
        """,
        before,
        limit,
    )


async def delete_dead_tokens(conn: Connection, before: datetime, limit: int) -> int:
    return await conn.execute(
        """
        delete from access_tokens where (bucket, id) in (
            select bucket, id from access_tokens where revoked_at < $1 or expires_at < $1 limit $2)
        """,
        before,
        limit,
    )
