"""All SQL of finding accounts by name. Those without a bucket are site-wide: a bounded part of one index each."""

from collections.abc import Collection, Sequence
from typing import Any

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of

# Behind every continuation of a prefix, in the order of bytes.
LAST_CHARACTER = "\U0010ffff"


async def account_ids_by_beginning(conn: Connection, beginning: str, limit: int) -> list[Any]:
    """Who has a word in their names that begins so, the shortest such words first."""
    return await conn.fetch_column(
        "select account_id from account_words where word >= $1 and word < $2 order by word, account_id limit $3",
        beginning,
        beginning + LAST_CHARACTER,
        limit,
        held=True,
    )


async def account_ids_by_spellings(conn: Connection, spellings: Collection[str], limit: int) -> list[Any]:
    return await conn.fetch_column(
        "select account_id from account_typos where spelling = any($1) limit $2", list(spellings), limit
    )


async def words_among(conn: Connection, account_ids: Sequence[AccountId]) -> list[Any]:
    """(account_id, word): the names of these; several buckets, each row joined with its own."""
    return await conn.fetch_rows(
        """
        select w.account_id, w.word from unnest($1::smallint[], $2::bigint[]) as o (bucket, account_id)
        join account_words w on w.bucket = o.bucket and w.account_id = o.account_id
        """,
        [bucket_of(each) for each in account_ids],
        list(account_ids),
    )


async def account_ids_among(conn: Connection, account_ids: Sequence[AccountId], beginning: str) -> list[Any]:
    """Those of these who have a word that begins so; likewise."""
    return await conn.fetch_column(
        """
        select distinct w.account_id from unnest($1::smallint[], $2::bigint[]) as o (bucket, account_id)
        join account_words w on w.bucket = o.bucket and w.account_id = o.account_id
        where w.word >= $3 and w.word < $4
        """,
        [bucket_of(each) for each in account_ids],
        list(account_ids),
        beginning,
        beginning + LAST_CHARACTER,
    )


async def tags_by_beginning(conn: Connection, beginning: str, limit: int) -> list[Any]:
    """(name, id of a post that used it lately), the shortest names first."""
    return await conn.fetch_rows(
        "select name, used_id from tag_names where folded >= $1 and folded < $2 order by folded, name limit $3",
        beginning,
        beginning + LAST_CHARACTER,
        limit,
    )


# Writing ------------------------------------------------------------------------------------------------


async def delete_names(conn: Connection, account_ids: Sequence[AccountId]) -> None:
    keys = [(bucket_of(each), each) for each in account_ids]
    await conn.execute_many("delete from account_words where bucket = $1 and account_id = $2", keys)
    await conn.execute_many("delete from account_typos where bucket = $1 and account_id = $2", keys)


async def insert_words(conn: Connection, rows: Sequence[tuple[AccountId, str]]) -> None:
    await conn.execute_many(
        "insert into account_words (bucket, account_id, word) values ($1, $2, $3) on conflict do nothing",
        [(bucket_of(account_id), account_id, word) for account_id, word in rows],
    )


async def insert_typos(conn: Connection, rows: Sequence[tuple[AccountId, str]]) -> None:
    await conn.execute_many(
        "insert into account_typos (bucket, account_id, spelling) values ($1, $2, $3) on conflict do nothing",
        [(bucket_of(account_id), account_id, spelling) for account_id, spelling in rows],
    )
