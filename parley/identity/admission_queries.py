"""All SQL on who is kept out: blocks of e-mail domains, of e-mail addresses and of networks; attempts; addresses seen.

Blocks are few, and every machine holds them all.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import msgspec

from parley.identity.models import (
    CanonicalEmailBlock,
    DayOfAttempts,
    EmailDomainBlock,
    IpBlock,
    LoginAddress,
)
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of
from parley.kit.paging import Page

_EMAIL_DOMAIN_BLOCKS = "select id, domain, allow_with_approval, created_at from email_domain_blocks"
_CANONICAL_EMAIL_BLOCKS = "select id, canonical_email_hash, created_at from canonical_email_blocks"
_IP_BLOCKS = "select id, ip, severity, comment, created_at, expires_at from ip_blocks"
_PAGE = {
    "desc": " where id < $1 and id > $2 order by id desc limit $3",
    "asc": " where id < $1 and id > $2 order by id limit $3",
}


# E-mail domains


async def insert_email_domain_block(conn: Connection, block: EmailDomainBlock) -> bool:
    """Whether the domain was free until now."""
    touched = await conn.execute(
        """
        insert into email_domain_blocks (id, domain, allow_with_approval, created_at) values ($1, $2, $3, $4)
        on conflict (domain) do nothing
        """,
        *msgspec.structs.astuple(block),
    )
    return touched == 1


async def find_email_domain_block(conn: Connection, block_id: int) -> EmailDomainBlock | None:
    return await conn.fetch_one(EmailDomainBlock, _EMAIL_DOMAIN_BLOCKS + " where id = $1", block_id)


async def email_domain_blocks_among(conn: Connection, domains: Collection[str]) -> list[EmailDomainBlock]:
    return await conn.fetch_all(
        EmailDomainBlock, _EMAIL_DOMAIN_BLOCKS + " where domain = any($1)", list(domains)
    )


async def email_domain_blocks_page(conn: Connection, page: Page) -> list[EmailDomainBlock]:
    rows = await conn.fetch_all(
        EmailDomainBlock,
        _EMAIL_DOMAIN_BLOCKS + _PAGE["asc" if page.ascending else "desc"],
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def delete_email_domain_block(conn: Connection, block_id: int) -> None:
    await conn.execute("delete from email_domain_blocks where id = $1", block_id)


async def note_attempt(conn: Connection, domain: str, day: date, visitor_hash: bytes) -> None:
    await conn.execute(
        """
        insert into email_domain_attempts as e (domain, day, visitor_hash, attempts) values ($1, $2, $3, 1)
        on conflict (domain, day, visitor_hash) do update set attempts = e.attempts + 1
        """,
        domain,
        day,
        visitor_hash,
    )


async def attempts_of_domains(conn: Connection, domains: Collection[str], since: date) -> list[DayOfAttempts]:
    return await conn.fetch_all(
        DayOfAttempts,
        """
        select domain, day, sum(attempts)::bigint, count(*) from email_domain_attempts
        where domain = any($1) and day >= $2 group by domain, day
        """,
        list(domains),
        since,
    )


async def delete_old_attempts(conn: Connection, before: date) -> None:
    await conn.execute("delete from email_domain_attempts where day < $1", before)


# E-mail addresses, by the hash of what is essential in them


async def insert_canonical_email_block(conn: Connection, block: CanonicalEmailBlock) -> bool:
    touched = await conn.execute(
        """
        insert into canonical_email_blocks (id, canonical_email_hash, created_at) values ($1, $2, $3)
        on conflict (canonical_email_hash) do nothing
        """,
        *msgspec.structs.astuple(block),
    )
    return touched == 1


async def find_canonical_email_block(conn: Connection, block_id: int) -> CanonicalEmailBlock | None:
    return await conn.fetch_one(CanonicalEmailBlock, _CANONICAL_EMAIL_BLOCKS + " where id = $1", block_id)


async def find_canonical_email_block_by_hash(conn: Connection, hashed: str) -> CanonicalEmailBlock | None:
    return await conn.fetch_one(
        CanonicalEmailBlock, _CANONICAL_EMAIL_BLOCKS + " where canonical_email_hash = $1", hashed
    )


async def canonical_email_blocks_page(conn: Connection, page: Page) -> list[CanonicalEmailBlock]:
    rows = await conn.fetch_all(
        CanonicalEmailBlock,
        _CANONICAL_EMAIL_BLOCKS + _PAGE["asc" if page.ascending else "desc"],
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def delete_canonical_email_block(conn: Connection, block_id: int) -> None:
    await conn.execute("delete from canonical_email_blocks where id = $1", block_id)


# Networks


async def insert_ip_block(conn: Connection, block: IpBlock) -> bool:
    touched = await conn.execute(
        """
        insert into ip_blocks (id, ip, severity, comment, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (ip) do nothing
        """,
        *msgspec.structs.astuple(block),
    )
    return touched == 1


async def update_ip_block(conn: Connection, block: IpBlock) -> None:
    await conn.execute(
        "update ip_blocks set ip = $2, severity = $3, comment = $4, expires_at = $5 where id = $1",
        block.id,
        block.ip,
        block.severity,
        block.comment,
        block.expires_at,
    )


async def find_ip_block(conn: Connection, block_id: int) -> IpBlock | None:
    return await conn.fetch_one(IpBlock, _IP_BLOCKS + " where id = $1", block_id)


async def find_ip_block_by_ip(conn: Connection, ip: str) -> IpBlock | None:
    return await conn.fetch_one(IpBlock, _IP_BLOCKS + " where ip = $1", ip)


async def ip_blocks_page(conn: Connection, page: Page) -> list[IpBlock]:
    rows = await conn.fetch_all(
        IpBlock,
        _IP_BLOCKS + _PAGE["asc" if page.ascending else "desc"],
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def ip_blocks_in_force(conn: Connection, now: datetime, limit: int) -> list[IpBlock]:
    return await conn.fetch_all(
        IpBlock,
        _IP_BLOCKS + " where expires_at is null or expires_at > $1 order by id limit $2",
        now,
        limit,
    )


async def count_ip_blocks(conn: Connection) -> int:
    count: int = await conn.fetch_value("select count(*) from ip_blocks")
    return count


async def delete_ip_block(conn: Connection, block_id: int) -> None:
    await conn.execute("delete from ip_blocks where id = $1", block_id)


async def delete_old_ip_blocks(conn: Connection, before: datetime) -> None:
    await conn.execute("delete from ip_blocks where expires_at < $1", before)


# Where members signed in from


class SealedAddress(msgspec.Struct, frozen=True):
    """`open_address`: of rows from before addresses were sealed."""

    account_id: AccountId
    used_at: datetime
    sealed: bytes | None
    open_address: str | None


async def put_sign_in_address(
    conn: Connection, account_id: AccountId, hashes: Sequence[bytes], sealed: bytes, at: datetime
) -> None:
    """`hashes`: of the address, and of the networks around it."""
    await conn.execute(
        """
        insert into sign_in_addresses (bucket, account_id, address_hash, network_hashes, sealed, used_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (bucket, account_id, address_hash)
        do update set used_at = greatest(sign_in_addresses.used_at, excluded.used_at)
        """,
        bucket_of(account_id),
        account_id,
        hashes[0],
        hashes,
        sealed,
        at,
    )


async def sign_in_addresses_of(conn: Connection, ids: Collection[AccountId]) -> list[SealedAddress]:
    """For hydration of what staff see; the latest first."""
    return await conn.fetch_all(
        SealedAddress,
        """
        select account_id, used_at, sealed, null as open_address from sign_in_addresses
        where bucket = any($1) and account_id = any($2)
        union all
        select account_id, used_at, null, host(address) from login_addresses
        where bucket = any($1) and account_id = any($2)
        order by used_at desc
        """,
        list({bucket_of(each) for each in ids}),
        list(ids),
    )


async def take_login_addresses(conn: Connection, limit: int) -> list[LoginAddress]:
    """From before addresses were sealed, out of their table: upkeep."""
    return await conn.fetch_all(
        LoginAddress,
        """
        delete from login_addresses where (bucket, account_id, address) in (
            select bucket, account_id, address from login_addresses limit $1)
        returning account_id, host(address), used_at
        """,
        limit,
    )


async def any_login_address(conn: Connection) -> bool:
    return bool(await conn.fetch_value("select exists (select from login_addresses)"))


async def delete_old_sign_in_addresses(conn: Connection, before: datetime, limit: int) -> int:
    return await conn.execute(
        """
        delete from sign_in_addresses where (bucket, account_id, address_hash) in (
            select bucket, account_id, address_hash from sign_in_addresses where used_at < $1 limit $2)
        """,
        before,
        limit,
    )


async def delete_old_login_addresses(conn: Connection, before: datetime, limit: int) -> int:
    return await conn.execute(
        """
        delete from login_addresses where (bucket, account_id, address) in (
            select bucket, account_id, address from login_addresses where used_at < $1 limit $2)
        """,
        before,
        limit,
    )
