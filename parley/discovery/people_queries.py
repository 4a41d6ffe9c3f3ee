"""All SQL on whom to follow: what was worked out for each member, what they dismissed, and the directory."""

from collections.abc import Collection
from typing import Any, Literal

import msgspec

from parley.discovery.models import SuggestionList
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of

OWNED_TABLES = ("suggestion_lists", "dismissed_suggestions")


def _suggestion_list(*columns: Any) -> SuggestionList:
    return SuggestionList(tuple(columns[0]), tuple(columns[1]), columns[2])


# Suggestions --------------------------------------------------------------------------------------------


async def find_suggestion_list(conn: Connection, account_id: AccountId) -> SuggestionList | None:
    return await conn.fetch_one(
        _suggestion_list,
        """
        select account_ids, people, computed_at from suggestion_lists where bucket = $1 and account_id = $2
        """,
        bucket_of(account_id),
        account_id,
    )


async def upsert_suggestion_list(conn: Connection, account_id: AccountId, found: SuggestionList) -> None:
    await conn.execute(
        """
        insert into suggestion_lists (bucket, account_id, account_ids, people, computed_at)
        values ($1, $2, $3, $4, $5)
        on conflict (bucket, account_id) do update set account_ids = $3, people = $4, computed_at = $5
        """,
        bucket_of(account_id),
        account_id,
        *msgspec.structs.astuple(found),
    )


async def dismissed_among(
    conn: Connection, account_id: AccountId, other_ids: Collection[AccountId]
) -> list[AccountId]:
    return await conn.fetch_column(
        """
        select dismissed_id from dismissed_suggestions
        where bucket = $1 and account_id = $2 and dismissed_id = any($3)
        """,
        bucket_of(account_id),
        account_id,
        list(other_ids),
    )


async def insert_dismissed(
    conn: Connection, account_id: AccountId, dismissed_id: AccountId, act_id: int
) -> None:
    await conn.execute(
        """
        insert into dismissed_suggestions (bucket, account_id, dismissed_id, id) values ($1, $2, $3, $4)
        on conflict (bucket, account_id, dismissed_id) do nothing
        """,
        bucket_of(account_id),
        account_id,
        dismissed_id,
        act_id,
    )


async def count_dismissed(conn: Connection, account_id: AccountId) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from dismissed_suggestions where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )
    return count


async def delete_oldest_dismissed(conn: Connection, account_id: AccountId, number: int) -> int:
    return await conn.execute(
        """
        delete from dismissed_suggestions where bucket = $1 and account_id = $2 and dismissed_id in (
            select dismissed_id from dismissed_suggestions
            where bucket = $1 and account_id = $2 order by id limit $3)
        """,
        bucket_of(account_id),
        account_id,
        number,
    )


# The directory. Site-wide questions: each is answered from one index that holds only who may stand there.

_DIRECTORY = {
    "active": """
        select c.account_id from account_counts c
        where c.listed order by c.last_status_on desc nulls last, c.account_id desc limit $1 offset $2
        """,
    "new": """
        select a.id from accounts a join account_counts c on c.bucket = a.bucket and c.account_id = a.id
        where a.discoverable and a.suspended_at is null and a.limited_at is null and c.listed
        order by a.created_at desc, a.id desc limit $1 offset $2
        """,
}


async def directory_ids(
    conn: Connection, order: Literal["active", "new"], limit: int, offset: int
) -> list[AccountId]:
    return await conn.fetch_column(_DIRECTORY[order], limit, offset)
