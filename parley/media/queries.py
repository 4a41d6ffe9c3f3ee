"""All SQL on media files and what is doomed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, MediaId, StatusId, bucket_of
from parley.media.models import (
    FAILED,
    READY,
    WAITING,
    DoomedFile,
    Incoming,
    MediaFile,
    OpenDescription,
    Product,
    Purpose,
    Variant,
)

OWNED_TABLES = ("media_files", "doomed_files", "custom_emojis")

_COLUMNS = """
    id, account_id, purpose, kind, state, failure, variants, blurhash, focus_x, focus_y, description, status_id,
    guarded, created_at, incoming, sealed_description, kept_until
"""


def _media_file(*columns: Any) -> MediaFile:
    values = dict(zip(MediaFile.__struct_fields__, columns, strict=True))
    values["variants"] = msgspec.convert(values["variants"], list[Variant])
    return MediaFile(**values)


def _buckets(ids: Collection[int]) -> list[int]:
    return list({bucket_of(each) for each in ids})


# Reading


async def media_by_ids(conn: Connection, media_ids: Collection[MediaId]) -> list[MediaFile]:
    """For hydration: several buckets at once, allowed by name; in no order."""
    return await conn.fetch_all(
        _media_file,
        "select " + _COLUMNS + " from media_files where id = any($1) and bucket = any($2)",
        list(media_ids),
        _buckets(media_ids),
    )


async def find_media(conn: Connection, media_id: MediaId) -> MediaFile | None:
    return await conn.fetch_one(
        _media_file,
        "select " + _COLUMNS + " from media_files where bucket = $1 and id = $2",
        bucket_of(media_id),
        media_id,
    )


async def own_media_for_update(
    conn: Connection, account_id: AccountId, media_ids: Collection[MediaId]
) -> list[MediaFile]:
    return await conn.fetch_all(
        _media_file,
        "select "
        + _COLUMNS
        + " from media_files where bucket = $1 and account_id = $2 and id = any($3) order by id for update",
        bucket_of(account_id),
        account_id,
        list(media_ids),
    )


async def find_incoming(conn: Connection, media_id: MediaId) -> Incoming | None:
    return await conn.fetch_one(
        Incoming,
        """
        select account_id, purpose, incoming, incoming_key, incoming_bytes from media_files
        where bucket = $1 and id = $2 and state = $3 and incoming is not null
        """,
        bucket_of(media_id),
        media_id,
        WAITING,
    )


async def count_unused(conn: Connection, account_id: AccountId) -> int:
    """How many files a member has sent that no post bears."""
    count: int = await conn.fetch_value(
        """
        select count(*) from media_files
        where bucket = $1 and account_id = $2 and status_id is null and purpose = 'attachment'
        """,
        bucket_of(account_id),
        account_id,
    )
    return count


async def media_ids_after(conn: Connection, bucket: int, media_id: int, limit: int) -> list[MediaId]:
    """A slice of all files, bucket by bucket: for the ledger of deletions."""
    return await conn.fetch_column(
        "select id from media_files where (bucket, id) > ($1, $2) order by bucket, id limit $3",
        bucket,
        media_id,
        limit,
    )


async def media_ids_of(conn: Connection, account_id: AccountId, limit: int) -> list[MediaId]:
    return await conn.fetch_column(
        "select id from media_files where bucket = $1 and account_id = $2 limit $3",
        bucket_of(account_id),
        account_id,
        limit,
    )


async def unused_before(conn: Connection, moment: datetime, limit: int) -> list[MediaFile]:
    """Of all members: nothing bears them, and nobody will. In no bucket: a job, by an index of its own."""
    return await conn.fetch_all(
        _media_file,
        "select "
        + _COLUMNS
        + """
        from media_files
        where status_id is null and purpose = 'attachment' and kept_until < $1 order by kept_until limit $2
        """,
        moment,
        limit,
    )


async def media_above(conn: Connection, media_id: int, limit: int) -> list[MediaFile]:
    """A slice of all there are, by id, whosever they are: for the check of the store."""
    return await conn.fetch_all(
        _media_file,
        "select " + _COLUMNS + " from media_files where id > $1 order by id limit $2",
        media_id,
        limit,
    )


# Writing


async def insert_waiting(
    conn: Connection,
    media_id: MediaId,
    account_id: AccountId,
    kind: str,
    incoming: Incoming,
    now: datetime,
    kept_until: datetime,
) -> None:
    await conn.execute(
        """
        insert into media_files (bucket, id, account_id, purpose, kind, state, incoming, incoming_key, incoming_bytes,
            variants, created_at, kept_until)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '[]', $10, $11)
        """,
        bucket_of(media_id),
        media_id,
        account_id,
        incoming.purpose,
        kind,
        WAITING,
        incoming.name,
        incoming.key,
        incoming.size_bytes,
        now,
        kept_until,
    )


async def insert_ready(
    conn: Connection,
    media_id: MediaId,
    account_id: AccountId,
    purpose: Purpose,
    product: Product,
    now: datetime,
    kept_until: datetime,
    *,
    guarded: bool,
) -> None:
    await conn.execute(
        """
        insert into media_files (bucket, id, account_id, purpose, kind, state, variants, blurhash, guarded, created_at,
            kept_until)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        bucket_of(media_id),
        media_id,
        account_id,
        purpose,
        product.kind,
        READY,
        product.variants,
        product.blurhash,
        guarded,
        now,
        kept_until,
    )


async def update_ready(conn: Connection, media_id: MediaId, product: Product) -> bool:
    """Whether it was still waiting, so that what was made is wanted."""
    updated = await conn.execute(
        """
        update media_files set state = $3, kind = $4, variants = $5, blurhash = $6, incoming = null,
            incoming_key = null, incoming_bytes = null
        where bucket = $1 and id = $2 and state = $7
        """,
        bucket_of(media_id),
        media_id,
        READY,
        product.kind,
        product.variants,
        product.blurhash,
        WAITING,
    )
    return updated == 1


async def update_failed(conn: Connection, media_id: MediaId, reason: str) -> None:
    await conn.execute(
        """
        update media_files set state = $3, failure = $4, incoming = null, incoming_key = null, incoming_bytes = null
        where bucket = $1 and id = $2 and state = $5
        """,
        bucket_of(media_id),
        media_id,
        FAILED,
        reason,
        WAITING,
    )


async def update_wording(
    conn: Connection,
    media_id: MediaId,
    sealed_description: bytes | None,
    focus: tuple[float, float] | None,
    variants: Sequence[Variant],
    blurhash: str | None,
) -> None:
    await conn.execute(
        """
        update media_files set description = '', sealed_description = $3, focus_x = $4, focus_y = $5, variants = $6,
            blurhash = $7
        where bucket = $1 and id = $2
        """,
        bucket_of(media_id),
        media_id,
        sealed_description,
        None if focus is None else focus[0],
        None if focus is None else focus[1],
        list(variants),
        blurhash,
    )


async def open_descriptions(conn: Connection, after: int, limit: int) -> list[OpenDescription]:
    """Upkeep: one index, which is empty once all are sealed."""
    return await conn.fetch_all(
        OpenDescription,
        """
        select id, account_id, description from media_files
        where description <> '' and id > $1 order by id limit $2
        """,
        after,
        limit,
    )


async def seal_open_description(conn: Connection, found: OpenDescription, sealed: bytes | None) -> None:
    """Unless it was changed meanwhile, and sealed with that."""
    await conn.execute(
        """
        update media_files set description = '', sealed_description = $3
        where bucket = $1 and id = $2 and description = $4
        """,
        bucket_of(found.id),
        found.id,
        sealed,
        found.description,
    )


async def update_attached(
    conn: Connection,
    account_id: AccountId,
    media_ids: Collection[MediaId],
    status_id: StatusId,
    *,
    guarded: bool,
) -> None:
    await conn.execute(
        """
        update media_files set status_id = $4, guarded = $5
        where bucket = $1 and account_id = $2 and id = any($3)
        """,
        bucket_of(account_id),
        account_id,
        list(media_ids),
        status_id,
        guarded,
    )


async def detach_media(
    conn: Connection, account_id: AccountId, media_ids: Collection[MediaId], kept_until: datetime
) -> None:
    """They can be attached again, until they go."""
    await conn.execute(
        """
        update media_files set status_id = null, guarded = true, kept_until = $4
        where bucket = $1 and account_id = $2 and id = any($3)
        """,
        bucket_of(account_id),
        account_id,
        list(media_ids),
        kept_until,
    )


async def keep_until(
    conn: Connection, account_id: AccountId, media_ids: Collection[MediaId], kept_until: datetime
) -> None:
    await conn.execute(
        "update media_files set kept_until = $4 where bucket = $1 and account_id = $2 and id = any($3)",
        bucket_of(account_id),
        account_id,
        list(media_ids),
        kept_until,
    )


async def delete_media(conn: Connection, media_id: MediaId) -> MediaFile | None:
    return await conn.fetch_one(
        _media_file,
        "delete from media_files where bucket = $1 and id = $2 returning " + _COLUMNS,
        bucket_of(media_id),
        media_id,
    )


async def delete_unused_media(conn: Connection, media_id: MediaId) -> MediaFile | None:
    """None when a post has come to bear it meanwhile."""
    return await conn.fetch_one(
        _media_file,
        "delete from media_files where bucket = $1 and id = $2 and status_id is null returning " + _COLUMNS,
        bucket_of(media_id),
        media_id,
    )


# Bytes that nothing refers to


async def insert_doomed(conn: Connection, doomed: Sequence[DoomedFile], now: datetime) -> None:
    await conn.execute_many(
        "insert into doomed_files (bucket, id, name, created_at) values ($1, $2, $3, $4)",
        [(bucket_of(each.id), each.id, each.name, now) for each in doomed],
    )


async def doomed_files(conn: Connection, limit: int) -> list[DoomedFile]:
    """Of every bucket: a job's."""
    return await conn.fetch_all(
        DoomedFile, "select id, name from doomed_files order by created_at limit $1", limit
    )


async def delete_doomed(conn: Connection, ids: Collection[int]) -> None:
    await conn.execute(
        "delete from doomed_files where bucket = any($1) and id = any($2)", _buckets(ids), list(ids)
    )
