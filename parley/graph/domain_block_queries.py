"""All SQL on members' blocks of whole domains. They lie in the bucket of the member."""

from collections.abc import Sequence

from parley.graph.models import DomainBlock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of
from parley.kit.paging import Page
from parley.kit.recent import Recent

OWNED_TABLES = ("account_domain_blocks",)

_PAGE = """
    select id, domain from account_domain_blocks
    where bucket = $1 and account_id = $2 and id < $3 and id > $4
"""
_DOWNWARDS = _PAGE + " order by id desc limit $5"
_UPWARDS = _PAGE + " order by id limit $5"

# By account id; only asked for where somebody of another server is seen.
recent_blocked_domains: Recent[frozenset[str]] = Recent("domain_blocks_changed", entries_max=20_000)


async def domain_blocks_page(conn: Connection, account_id: AccountId, page: Page) -> list[DomainBlock]:
    """Newest first."""
    rows = await conn.fetch_all(
        DomainBlock,
        _UPWARDS if page.ascending else _DOWNWARDS,
        bucket_of(account_id),
        account_id,
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def domains_blocked_by(
    conn: Connection, account_ids: Sequence[AccountId]
) -> list[tuple[AccountId, str]]:
    """Of several members at once, for open streams."""
    rows = await conn.fetch_rows(
        "select account_id, domain from account_domain_blocks where bucket = any($1) and account_id = any($2)",
        sorted({bucket_of(each) for each in account_ids}),
        account_ids,
    )
    return [(AccountId(account_id), domain) for account_id, domain in rows]


async def count_domain_blocks(conn: Connection, account_id: AccountId) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from account_domain_blocks where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )
    return count


async def insert_domain_block(conn: Connection, account_id: AccountId, domain: str, act_id: int) -> bool:
    """False when it is blocked already."""
    recent_blocked_domains.changed(conn, account_id)
    inserted = await conn.execute(
        """
        insert into account_domain_blocks (bucket, account_id, domain, id) values ($1, $2, $3, $4)
        on conflict (account_id, domain, bucket) do nothing
        """,
        bucket_of(account_id),
        account_id,
        domain,
        act_id,
    )
    return inserted == 1


async def delete_domain_block(conn: Connection, account_id: AccountId, domain: str) -> None:
    recent_blocked_domains.changed(conn, account_id)
    await conn.execute(
        "delete from account_domain_blocks where bucket = $1 and account_id = $2 and domain = $3",
        bucket_of(account_id),
        account_id,
        domain,
    )
