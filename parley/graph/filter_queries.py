"""All SQL on filters, their keywords and their statuses. All lie in the bucket of the member."""

from collections.abc import Sequence
from typing import Any

import msgspec

from parley.graph.filter_matching import recent_filters
from parley.graph.models import Filter, FilterKeyword, FilterStatus
from parley.kit.db import Connection
from parley.kit.ids import AccountId, FilterId, FilterStatusId, KeywordId, bucket_of

OWNED_TABLES = ("filters", "filter_keywords", "filter_statuses")

_FILTER = "id, account_id, title, contexts, action, expires_at, created_at, sealed"
_KEYWORD = "id, filter_id, account_id, keyword, whole_word, sealed"
_STATUS = "id, filter_id, account_id, status_id"


def _filter(*columns: Any) -> Filter:
    row = Filter(*columns)
    return msgspec.structs.replace(row, contexts=tuple(row.contexts))


# All of some members: hydration


async def filters_of_members(conn: Connection, account_ids: Sequence[AccountId]) -> list[Filter]:
    """Oldest first. Of several members at once, for open streams."""
    return await conn.fetch_all(
        _filter,
        "select " + _FILTER + " from filters where bucket = any($1) and account_id = any($2) order by id",
        sorted({bucket_of(each) for each in account_ids}),
        account_ids,
    )


async def keywords_of_members(conn: Connection, account_ids: Sequence[AccountId]) -> list[FilterKeyword]:
    return await conn.fetch_all(
        FilterKeyword,
        "select "
        + _KEYWORD
        + " from filter_keywords where bucket = any($1) and account_id = any($2) order by id",
        sorted({bucket_of(each) for each in account_ids}),
        account_ids,
    )


async def statuses_of_members(conn: Connection, account_ids: Sequence[AccountId]) -> list[FilterStatus]:
    return await conn.fetch_all(
        FilterStatus,
        "select "
        + _STATUS
        + " from filter_statuses where bucket = any($1) and account_id = any($2) order by id",
        sorted({bucket_of(each) for each in account_ids}),
        account_ids,
    )


# Filters


async def lock_filter(conn: Connection, filter_id: FilterId) -> Filter | None:
    """Neither it nor what stands in it is changed by others before this transaction ends."""
    return await conn.fetch_one(
        _filter,
        "select " + _FILTER + " from filters where bucket = $1 and id = $2 for update",
        bucket_of(filter_id),
        filter_id,
    )


async def count_filters(conn: Connection, account_id: AccountId) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from filters where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )
    return count


async def insert_filter(conn: Connection, made: Filter) -> None:
    recent_filters.changed(conn, made.account_id)
    await conn.execute(
        """
        insert into filters (bucket, id, account_id, title, contexts, action, expires_at, created_at, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        bucket_of(made.id),
        *msgspec.structs.astuple(made),
    )


async def update_filter(conn: Connection, changed: Filter) -> None:
    recent_filters.changed(conn, changed.account_id)
    await conn.execute(
        """
        update filters set title = $3, contexts = $4, action = $5, expires_at = $6, sealed = $7
        where bucket = $1 and id = $2
        """,
        bucket_of(changed.id),
        changed.id,
        changed.title,
        changed.contexts,
        changed.action,
        changed.expires_at,
        changed.sealed,
    )


async def delete_filter(conn: Connection, found: Filter) -> None:
    """With all that stands in it: whoever adds to it holds its row, so nothing comes in between."""
    recent_filters.changed(conn, found.account_id)
    bucket = bucket_of(found.id)
    await conn.execute("delete from filters where bucket = $1 and id = $2", bucket, found.id)
    await conn.execute(
        "delete from filter_keywords where bucket = $1 and account_id = $2 and filter_id = $3",
        bucket,
        found.account_id,
        found.id,
    )
    await conn.execute("delete from filter_statuses where bucket = $1 and filter_id = $2", bucket, found.id)


# Keywords


async def find_keyword(conn: Connection, keyword_id: KeywordId) -> FilterKeyword | None:
    return await conn.fetch_one(
        FilterKeyword,
        "select " + _KEYWORD + " from filter_keywords where bucket = $1 and id = $2",
        bucket_of(keyword_id),
        keyword_id,
    )


async def count_keywords(conn: Connection, account_id: AccountId) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from filter_keywords where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )
    return count


async def insert_keyword(conn: Connection, made: FilterKeyword) -> None:
    recent_filters.changed(conn, made.account_id)
    await conn.execute(
        """
        insert into filter_keywords (bucket, id, filter_id, account_id, keyword, whole_word, sealed)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        bucket_of(made.id),
        *msgspec.structs.astuple(made),
    )


async def update_keyword(conn: Connection, changed: FilterKeyword) -> None:
    recent_filters.changed(conn, changed.account_id)
    await conn.execute(
        "update filter_keywords set keyword = $3, whole_word = $4, sealed = $5 where bucket = $1 and id = $2",
        bucket_of(changed.id),
        changed.id,
        changed.keyword,
        changed.whole_word,
        changed.sealed,
    )


async def delete_keyword(conn: Connection, found: FilterKeyword) -> None:
    recent_filters.changed(conn, found.account_id)
    await conn.execute(
        "delete from filter_keywords where bucket = $1 and id = $2", bucket_of(found.id), found.id
    )


# Statuses


async def find_status(conn: Connection, filter_status_id: FilterStatusId) -> FilterStatus | None:
    return await conn.fetch_one(
        FilterStatus,
        "select " + _STATUS + " from filter_statuses where bucket = $1 and id = $2",
        bucket_of(filter_status_id),
        filter_status_id,
    )


async def count_statuses(conn: Connection, account_id: AccountId) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from filter_statuses where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )
    return count


async def insert_status(conn: Connection, made: FilterStatus) -> bool:
    """False when the status stands in the filter already."""
    recent_filters.changed(conn, made.account_id)
    inserted = await conn.execute(
        """
        insert into filter_statuses (bucket, id, filter_id, account_id, status_id)
        values ($1, $2, $3, $4, $5) on conflict (bucket, filter_id, status_id) do nothing
        """,
        bucket_of(made.id),
        *msgspec.structs.astuple(made),
    )
    return inserted == 1


async def delete_status(conn: Connection, found: FilterStatus) -> None:
    recent_filters.changed(conn, found.account_id)
    await conn.execute(
        "delete from filter_statuses where bucket = $1 and id = $2", bucket_of(found.id), found.id
    )
