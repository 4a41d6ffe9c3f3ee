"""All SQL on lists and their members. Both lie in the bucket of the list's owner."""

from collections.abc import Collection

import msgspec

from parley.graph.models import List, Related
from parley.kit.db import Connection
from parley.kit.ids import AccountId, ListId, bucket_of
from parley.kit.paging import Page

_COLUMNS = "id, account_id, title, replies_policy, exclusive, created_at, sealed"
_MEMBERS = """
    select account_id, id from list_accounts
    where bucket = $1 and list_id = $2 and id < $3 and id > $4
"""
_MEMBERS_DOWNWARDS = _MEMBERS + " order by id desc limit $5"
_MEMBERS_UPWARDS = _MEMBERS + " order by id limit $5"


# Lists


async def find_list(conn: Connection, list_id: ListId) -> List | None:
    return await conn.fetch_one(
        List,
        "select " + _COLUMNS + " from lists where bucket = $1 and id = $2",
        bucket_of(list_id),
        list_id,
    )


async def lock_list(conn: Connection, list_id: ListId) -> List | None:
    """As find_list; it is neither changed nor deleted by others before this transaction ends."""
    return await conn.fetch_one(
        List,
        "select " + _COLUMNS + " from lists where bucket = $1 and id = $2 for update",
        bucket_of(list_id),
        list_id,
    )


async def lists_of(conn: Connection, owner_id: AccountId, limit: int) -> list[List]:
    """Oldest first."""
    return await conn.fetch_all(
        List,
        "select " + _COLUMNS + " from lists where bucket = $1 and account_id = $2 order by id limit $3",
        bucket_of(owner_id),
        owner_id,
        limit,
    )


async def lists_with(conn: Connection, owner_id: AccountId, account_id: AccountId) -> list[List]:
    """The owner's lists that the account stands on, oldest first."""
    return await conn.fetch_all(
        List,
        """
        select l.id, l.account_id, l.title, l.replies_policy, l.exclusive, l.created_at, l.sealed
        from list_accounts m join lists l on l.bucket = m.bucket and l.id = m.list_id
        where m.bucket = $1 and m.owner_id = $2 and m.account_id = $3 order by l.id
        """,
        bucket_of(owner_id),
        owner_id,
        account_id,
    )


async def exclusive_members(conn: Connection, owner_id: AccountId) -> list[AccountId]:
    """Who stands on a list of the owner's that takes its members out of their home."""
    return await conn.fetch_column(
        """
        select distinct m.account_id from lists l join list_accounts m on m.bucket = l.bucket and m.list_id = l.id
        where l.bucket = $1 and l.account_id = $2 and l.exclusive
        """,
        bucket_of(owner_id),
        owner_id,
    )


async def lists_with_policy(conn: Connection, list_ids: Collection[ListId], policy: str) -> list[ListId]:
    """Those of these lists; of several owners at once, for open streams."""
    return await conn.fetch_column(
        "select id from lists where bucket = any($1) and id = any($2) and replies_policy = $3",
        sorted({bucket_of(each) for each in list_ids}),
        list(list_ids),
        policy,
    )


async def insert_list(conn: Connection, made: List) -> None:
    await conn.execute(
        """
        insert into lists (bucket, id, account_id, title, replies_policy, exclusive, created_at, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        bucket_of(made.id),
        *msgspec.structs.astuple(made),
    )


async def update_list(conn: Connection, changed: List) -> None:
    await conn.execute(
        """
        update lists set title = $3, replies_policy = $4, exclusive = $5, sealed = $6 where bucket = $1 and id = $2
        """,
        bucket_of(changed.id),
        changed.id,
        changed.title,
        changed.replies_policy,
        changed.exclusive,
        changed.sealed,
    )


async def delete_list(conn: Connection, list_id: ListId) -> None:
    """The list, then its members: whoever adds one holds the list's row, so none comes in between."""
    await conn.execute("delete from lists where bucket = $1 and id = $2", bucket_of(list_id), list_id)
    await conn.execute(
        "delete from list_accounts where bucket = $1 and list_id = $2", bucket_of(list_id), list_id
    )


# Members


async def members_page(conn: Connection, list_id: ListId, page: Page) -> list[Related]:
    """Last put on first."""
    rows = await conn.fetch_all(
        Related,
        _MEMBERS_UPWARDS if page.ascending else _MEMBERS_DOWNWARDS,
        bucket_of(list_id),
        list_id,
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def members_among(
    conn: Connection, list_id: ListId, account_ids: Collection[AccountId]
) -> list[AccountId]:
    return await conn.fetch_column(
        "select account_id from list_accounts where bucket = $1 and list_id = $2 and account_id = any($3)",
        bucket_of(list_id),
        list_id,
        list(account_ids),
    )


async def count_members(conn: Connection, list_id: ListId) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from list_accounts where bucket = $1 and list_id = $2", bucket_of(list_id), list_id
    )
    return count


async def insert_member(
    conn: Connection, list_id: ListId, owner_id: AccountId, account_id: AccountId, act_id: int
) -> bool:
    """False when the account stands on the list already."""
    inserted = await conn.execute(
        """
        insert into list_accounts (bucket, list_id, account_id, owner_id, id) values ($1, $2, $3, $4, $5)
        on conflict (bucket, list_id, account_id) do nothing
        """,
        bucket_of(list_id),
        list_id,
        account_id,
        owner_id,
        act_id,
    )
    return inserted == 1


async def delete_members(
    conn: Connection, list_id: ListId, account_ids: Collection[AccountId]
) -> list[AccountId]:
    """Those that were on the list."""
    return await conn.fetch_column(
        """
        delete from list_accounts where bucket = $1 and list_id = $2 and account_id = any($3)
        returning account_id
        """,
        bucket_of(list_id),
        list_id,
        list(account_ids),
    )


async def delete_places(conn: Connection, owner_id: AccountId, account_id: AccountId) -> list[ListId]:
    """Takes an account off all lists of an owner; returns which these were."""
    return await conn.fetch_column(
        """
        delete from list_accounts where bucket = $1 and owner_id = $2 and account_id = $3 returning list_id
        """,
        bucket_of(owner_id),
        owner_id,
        account_id,
    )
