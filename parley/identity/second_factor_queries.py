"""All SQL on second factors, their recovery codes, and the proof that a session gave of its member."""

from datetime import datetime

import msgspec

from parley.identity.models import SecondFactor
from parley.kit.db import Connection
from parley.kit.ids import AccountId, TokenId, bucket_of

_COLUMNS = "account_id, sealed_secret, created_at, confirmed_at, last_step, failed_at"


async def find_second_factor(conn: Connection, account_id: AccountId) -> SecondFactor | None:
    return await conn.fetch_one(
        SecondFactor,
        "select " + _COLUMNS + " from second_factors where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )


async def lock_second_factor(conn: Connection, account_id: AccountId) -> SecondFactor | None:
    """Held until the transaction ends, so that guesses come one after the other and a code serves once."""
    return await conn.fetch_one(
        SecondFactor,
        "select " + _COLUMNS + " from second_factors where bucket = $1 and account_id = $2 for update",
        bucket_of(account_id),
        account_id,
    )


async def put_second_factor(conn: Connection, factor: SecondFactor) -> bool:
    """Begun, or begun anew; whether that was so: one that is confirmed stays as it is."""
    touched = await conn.execute(
        """
        insert into second_factors (bucket, account_id, sealed_secret, created_at, confirmed_at, last_step, failed_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (bucket, account_id) do update set sealed_secret = $3, created_at = $4, last_step = $6
        where second_factors.confirmed_at is null
        """,
        bucket_of(factor.account_id),
        *msgspec.structs.astuple(factor),
    )
    return touched == 1


async def update_confirmed(conn: Connection, account_id: AccountId, at: datetime) -> None:
    await conn.execute(
        "update second_factors set confirmed_at = $3 where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
        at,
    )


async def update_last_step(conn: Connection, account_id: AccountId, step: int) -> None:
    await conn.execute(
        "update second_factors set last_step = $3 where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
        step,
    )


async def update_failed_at(conn: Connection, account_id: AccountId, failed_at: list[datetime]) -> None:
    await conn.execute(
        "update second_factors set failed_at = $3 where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
        failed_at,
    )


async def delete_second_factor(conn: Connection, account_id: AccountId) -> bool:
    """Whether there was one."""
    touched = await conn.execute(
        "delete from second_factors where bucket = $1 and account_id = $2", bucket_of(account_id), account_id
    )
    return touched == 1


# Recovery codes


async def insert_recovery_codes(conn: Connection, account_id: AccountId, hashes: list[bytes]) -> None:
    await conn.execute(
        """
        insert into recovery_codes (bucket, account_id, code_hash)
        select $1, $2, code_hash from unnest($3::bytea[]) as made (code_hash)
        """,
        bucket_of(account_id),
        account_id,
        hashes,
    )


async def use_recovery_code(
    conn: Connection, account_id: AccountId, code_hash: bytes, used_at: datetime
) -> bool:
    """Whether it was good until now."""
    touched = await conn.execute(
        """
        update recovery_codes set used_at = $4
        where bucket = $1 and account_id = $2 and code_hash = $3 and used_at is null
        """,
        bucket_of(account_id),
        account_id,
        code_hash,
        used_at,
    )
    return touched == 1


async def count_recovery_codes(conn: Connection, account_id: AccountId) -> int:
    """Those still good."""
    found: int = await conn.fetch_value(
        "select count(*) from recovery_codes where bucket = $1 and account_id = $2 and used_at is null",
        bucket_of(account_id),
        account_id,
    )
    return found


async def delete_recovery_codes(conn: Connection, account_id: AccountId) -> None:
    await conn.execute(
        "delete from recovery_codes where bucket = $1 and account_id = $2", bucket_of(account_id), account_id
    )


# What a session proved


async def find_proven_at(conn: Connection, token_id: TokenId) -> datetime | None:
    found: datetime | None = await conn.fetch_value(
        "select proven_at from access_tokens where bucket = $1 and id = $2", bucket_of(token_id), token_id
    )
    return found


async def update_proven_at(conn: Connection, token_id: TokenId, at: datetime) -> None:
    await conn.execute(
        "update access_tokens set proven_at = $3 where bucket = $1 and id = $2",
        bucket_of(token_id),
        token_id,
        at,
    )
