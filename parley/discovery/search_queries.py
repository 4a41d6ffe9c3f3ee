"""All SQL of searching posts: bounded lists of ids out of an index, newest first, and the test of their words.

Searches of everybody's posts are site-wide, so they name no bucket: each reads a bounded number of entries of one
index. On several machines each would be asked, and their answers merged.
"""

from collections.abc import Sequence
from typing import Any

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of

# Behind every continuation of a prefix, in the order of bytes.
LAST_CHARACTER = "\U0010ffff"


async def newest_with_words(
    conn: Connection, words: Sequence[str], below: int, above: int, limit: int
) -> list[Any]:
    """(word, the newest `limit` searchable posts that hold it), for each word."""
    return await conn.fetch_rows(
        """
        select asked.word, array(
            select w.status_id from search_words w
            where w.word = asked.word and w.status_id < $2 and w.status_id > $3
            order by w.status_id desc limit $4)
        from unnest($1::text[]) as asked (word)
        """,
        words,
        below,
        above,
        limit,
        held=True,
    )


async def words_beginning(conn: Connection, prefix: str, limit: int) -> list[Any]:
    """In the order of bytes: from word to word, whatever number of posts holds each."""
    return await conn.fetch_column(
        """
        with recursive found (word, place) as (
            select (select min(w.word) from search_words w where w.word >= $1 and w.word < $2), 1
            union all
            select (select min(w.word) from search_words w where w.word > f.word and w.word < $2), f.place + 1
            from found f where f.word is not null and f.place < $3
        )
        select word from found where word is not null
        """,
        prefix,
        prefix + LAST_CHARACTER,
        limit,
    )


async def newest_searchable(conn: Connection, below: int, above: int, limit: int) -> list[Any]:
    return await conn.fetch_column(
        """
        select status_id from search_documents
        where searchable and status_id < $1 and status_id > $2 order by status_id desc limit $3
        """,
        below,
        above,
        limit,
    )


async def newest_by_author(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int
) -> list[Any]:
    return await conn.fetch_column(
        """
        select status_id from search_documents
        where bucket = $1 and account_id = $2 and status_id < $3 and status_id > $4
        order by status_id desc limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
    )


async def newest_in_library(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int
) -> list[Any]:
    """A member's own posts, those they favourited, bookmarked or boosted, those that mention them or that they voted in."""
    return await conn.fetch_column(
        """
        select status_id from (
            (select status_id from search_documents
            where bucket = $1 and account_id = $2 and status_id < $3 and status_id > $4
            order by status_id desc limit $5)
            union
            (select status_id from interactions
            where bucket = $1 and account_id = $2 and status_id < $3 and status_id > $4
                and (favourite_id is not null or bookmark_id is not null or reblog_id is not null)
            order by status_id desc limit $5)
            union
            (select status_id from library_entries
            where bucket = $1 and account_id = $2 and status_id < $3 and status_id > $4
            order by status_id desc limit $5)
        ) library
        order by status_id desc limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
    )


async def documents_that_match(
    conn: Connection,
    status_ids: Sequence[int],
    condition: str,
    author_ids: Sequence[int],
    without_author_ids: Sequence[int],
    limit: int,
    *,
    searchable: bool,
) -> list[Any]:
    """Those of these posts whose words fit, newest first: several buckets, each row joined with its own."""
    return await conn.fetch_column(
        """
        select d.status_id from unnest($1::smallint[], $2::bigint[]) as c (bucket, status_id)
        join search_documents d on d.bucket = c.bucket and d.status_id = c.status_id
        where (numnode($3::tsquery) = 0 or d.words @@ $3::tsquery) and (d.searchable or not $4)
            and (cardinality($5::bigint[]) = 0 or d.account_id = any($5)) and d.account_id <> all($6::bigint[])
        order by d.status_id desc limit $7
        """,
        [bucket_of(each) for each in status_ids],
        status_ids,
        condition,
        searchable,
        author_ids,
        without_author_ids,
        limit,
    )
