"""All SQL that writes the index of posts and of tags, and how far what stood before it has come in."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from parley.discovery.search_models import Document, HeldDocument
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, bucket_of, bucket_of_text, id_at, milliseconds_of

OWNED_TABLES = (
    "search_documents", "search_words", "library_entries", "search_authors", "account_words", "account_typos",
    "search_progress", "tag_names",
)  # fmt: skip

# A tag that was used so shortly before is not noted again: it decides about an order only.
_TAG_NOTED_EVERY = timedelta(minutes=10)

WordOfStatus = tuple[str, StatusId]
MentionInStatus = tuple[StatusId, AccountId]


# Posts --------------------------------------------------------------------------------------------------


async def hold_documents(conn: Connection, status_ids: Sequence[StatusId]) -> list[HeldDocument]:
    """What the index holds of these, kept from others until this transaction ends; several buckets, in a job."""
    return await conn.fetch_all(
        HeldDocument,
        """
        select d.status_id, d.searchable, d.mention_ids, tsvector_to_array(d.words) as words
        from unnest($1::smallint[], $2::bigint[]) as o (bucket, status_id)
        join search_documents d on d.bucket = o.bucket and d.status_id = o.status_id
        order by d.status_id for update of d
        """,
        [bucket_of(each) for each in status_ids],
        list(status_ids),
    )


async def insert_documents(conn: Connection, documents: Sequence[Document]) -> None:
    """Fails when another transaction was quicker: the job comes again, and finds its row."""
    await conn.execute_many(
        """
        insert into search_documents (bucket, status_id, account_id, searchable, mention_ids, words)
        values ($1, $2, $3, $4, $5, $6::tsvector)
        """,
        [
            (
                bucket_of(each.status_id),
                each.status_id,
                each.account_id,
                each.searchable,
                each.mention_ids,
                each.vector,
            )
            for each in documents
        ],
    )


async def update_document(conn: Connection, document: Document) -> None:
    await conn.execute(
        """
        update search_documents set searchable = $3, mention_ids = $4, words = $5::tsvector
        where bucket = $1 and status_id = $2
        """,
        bucket_of(document.status_id),
        document.status_id,
        document.searchable,
        document.mention_ids,
        document.vector,
    )


async def delete_document(conn: Connection, status_id: StatusId) -> None:
    await conn.execute(
        "delete from search_documents where bucket = $1 and status_id = $2", bucket_of(status_id), status_id
    )


async def copy_words(conn: Connection, rows: Sequence[WordOfStatus]) -> None:
    """Of posts that the index did not hold."""
    if rows:
        await conn.copy_in(
            "search_words",
            ("bucket", "word", "status_id"),
            [(bucket_of(status_id), word, status_id) for word, status_id in rows],
        )


async def insert_words(conn: Connection, rows: Sequence[WordOfStatus]) -> None:
    await conn.execute_many(
        "insert into search_words (bucket, word, status_id) values ($1, $2, $3) on conflict do nothing",
        [(bucket_of(status_id), word, status_id) for word, status_id in rows],
    )


async def delete_words(conn: Connection, rows: Sequence[WordOfStatus]) -> None:
    await conn.execute_many(
        "delete from search_words where bucket = $1 and word = $2 and status_id = $3",
        [(bucket_of(status_id), word, status_id) for word, status_id in rows],
    )


async def document_ids_of(conn: Connection, account_id: AccountId, below: int, limit: int) -> list[StatusId]:
    return await conn.fetch_column(
        """
        select status_id from search_documents
        where bucket = $1 and account_id = $2 and status_id < $3 order by status_id desc limit $4
        """,
        bucket_of(account_id),
        account_id,
        below,
        limit,
    )


# Libraries ----------------------------------------------------------------------------------------------


async def add_mentioned(conn: Connection, rows: Sequence[MentionInStatus]) -> None:
    await conn.execute_many(
        """
        insert into library_entries (bucket, account_id, status_id, mentioned, voted)
        values ($1, $2, $3, true, false)
        on conflict (bucket, account_id, status_id) do update set mentioned = true
        """,
        [(bucket_of(account_id), account_id, status_id) for status_id, account_id in rows],
    )


async def add_voted(conn: Connection, account_id: AccountId, status_id: StatusId) -> None:
    await conn.execute(
        """
        insert into library_entries (bucket, account_id, status_id, mentioned, voted)
        values ($1, $2, $3, false, true)
        on conflict (bucket, account_id, status_id) do update set voted = true
        """,
        bucket_of(account_id),
        account_id,
        status_id,
    )


async def remove_mentioned(conn: Connection, rows: Sequence[MentionInStatus]) -> None:
    """Who voted keeps it."""
    keys = [(bucket_of(account_id), account_id, status_id) for status_id, account_id in rows]
    await conn.execute_many(
        """
        update library_entries set mentioned = false
        where bucket = $1 and account_id = $2 and status_id = $3 and voted
        """,
        keys,
    )
    await conn.execute_many(
        "delete from library_entries where bucket = $1 and account_id = $2 and status_id = $3 and not voted",
        keys,
    )


# Authors ------------------------------------------------------------------------------------------------


async def set_author_indexable(conn: Connection, account_id: AccountId, *, indexable: bool) -> bool:
    """Whether that is new. Who was never noted is taken for one who did not opt in."""
    changed = await conn.execute(
        """
        insert into search_authors (bucket, account_id, indexable) values ($1, $2, $3)
        on conflict (bucket, account_id) do update set indexable = $3
        where search_authors.indexable <> $3
        """,
        bucket_of(account_id),
        account_id,
        indexable,
    )
    return changed == 1


# Tags ---------------------------------------------------------------------------------------------------


async def note_tags(conn: Connection, used: Sequence[tuple[str, str, StatusId]]) -> None:
    """Rows of tag, tag folded, the public post that bears it."""
    margin = int(_TAG_NOTED_EVERY.total_seconds() * 1000)
    await conn.execute_many(
        """
        insert into tag_names (bucket, name, folded, used_id) values ($1, $2, $3, $4)
        on conflict (folded, name, bucket) do update set used_id = $4 where tag_names.used_id < $5
        """,
        [
            (bucket_of_text(name), name, folded, status_id, id_at(milliseconds_of(status_id) - margin))
            for name, folded, status_id in used
        ],
    )


async def delete_tag_name(conn: Connection, name: str, folded: str) -> None:
    await conn.execute(
        "delete from tag_names where bucket = $1 and folded = $2 and name = $3",
        bucket_of_text(name),
        folded,
        name,
    )


# What stood before --------------------------------------------------------------------------------------


async def begin_progress(conn: Connection, name: str, position: int) -> bool:
    """False when it was begun before."""
    begun = await conn.execute(
        "insert into search_progress (name, position, done) values ($1, $2, false) on conflict do nothing",
        name,
        position,
    )
    return begun == 1


async def note_progress(conn: Connection, name: str, position: int, *, done: bool) -> None:
    await conn.execute(
        "update search_progress set position = $2, done = $3 where name = $1", name, position, done
    )


async def status_ids_below(conn: Connection, below: int, limit: int) -> list[Any]:
    """Of the whole site, newest first, boosts left out: for the job that indexes what stood before."""
    return await conn.fetch_column(
        "select id from statuses where id < $1 and reblog_of_id is null order by id desc limit $2",
        below,
        limit,
    )


async def account_ids_above(conn: Connection, above: int, limit: int) -> list[Any]:
    """Of the whole site, likewise."""
    return await conn.fetch_column("select id from accounts where id > $1 order by id limit $2", above, limit)
