"""All SQL on the keys that seal words, and on statuses from before words were sealed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import StatusId, bucket_of


class WrappedKey(msgspec.Struct, frozen=True):
    owner_id: int
    wrapped: bytes


class UnsealedStatus(msgspec.Struct, frozen=True):
    """One from before words were sealed, with all that is to be sealed of it."""

    id: StatusId
    thread_id: StatusId
    poll_id: int | None
    text: str
    content: str
    spoiler_text: str
    tags: list[str]


class UnsealedEdit(msgspec.Struct, frozen=True):
    version: int
    content: str
    spoiler_text: str
    poll_options: list[str] | None


# Keys ---------------------------------------------------------------------------------------------------


async def keys_by_owners(conn: Connection, owner_ids: Sequence[int]) -> list[WrappedKey]:
    """Hydration: several buckets at once, allowed by name."""
    return await conn.fetch_all(
        WrappedKey,
        "select owner_id, wrapped from sealing_keys where owner_id = any($1) and bucket = any($2)",
        owner_ids,
        [bucket_of(each) for each in owner_ids],
    )


async def use_key(conn: Connection, owner_id: int, fresh: bytes, now: datetime) -> bytes:
    """Counts one use, and holds the row; returns the key that stands there, which is `fresh` if none did."""
    wrapped: bytes = await conn.fetch_value(
        """
        insert into sealing_keys (bucket, owner_id, wrapped, uses, created_at) values ($1, $2, $3, 1, $4)
        on conflict (owner_id, bucket) do update set uses = sealing_keys.uses + 1
        returning wrapped
        """,
        bucket_of(owner_id),
        owner_id,
        fresh,
        now,
    )
    return wrapped


async def lock_key(conn: Connection, owner_id: int) -> int | None:
    """How many uses it has, which nobody changes before this transaction ends."""
    uses: int | None = await conn.fetch_value(
        "select uses from sealing_keys where bucket = $1 and owner_id = $2 for update",
        bucket_of(owner_id),
        owner_id,
    )
    return uses


async def release_key(conn: Connection, owner_id: int) -> None:
    await conn.execute(
        "update sealing_keys set uses = uses - 1 where bucket = $1 and owner_id = $2",
        bucket_of(owner_id),
        owner_id,
    )


async def delete_key(conn: Connection, owner_id: int) -> None:
    await conn.execute(
        "delete from sealing_keys where bucket = $1 and owner_id = $2", bucket_of(owner_id), owner_id
    )


async def keys_after(conn: Connection, after: int, limit: int) -> list[WrappedKey]:
    """The operator changes the master key: all of them, in slices."""
    return await conn.fetch_all(
        WrappedKey,
        "select owner_id, wrapped from sealing_keys where owner_id > $1 order by owner_id limit $2",
        after,
        limit,
    )


async def update_wrapped(conn: Connection, owner_id: int, before: bytes, wrapped: bytes) -> bool:
    touched = await conn.execute(
        "update sealing_keys set wrapped = $4 where bucket = $1 and owner_id = $2 and wrapped = $3",
        bucket_of(owner_id),
        owner_id,
        before,
        wrapped,
    )
    return touched == 1


async def count_by_master_key(conn: Connection, name_bytes: int) -> list[Any]:
    """(name of the master key, how many keys it wraps): the operator asks, now and then."""
    return await conn.fetch_rows(
        "select substring(wrapped from 1 for $1) as name, count(*) from sealing_keys group by 1", name_bytes
    )


# From before words were sealed --------------------------------------------------------------------------


async def unsealed_ids(conn: Connection, after: int, limit: int) -> list[StatusId]:
    """Upkeep: one index, which is empty once all are sealed."""
    return await conn.fetch_column(
        """
        select id from statuses where visibility = 3 and sealed is null and id > $1 order by id limit $2
        """,
        after,
        limit,
    )


async def find_thread_of_unsealed(conn: Connection, status_id: StatusId) -> StatusId | None:
    thread_id: StatusId | None = await conn.fetch_value(
        """
        select thread_id from statuses where bucket = $1 and id = $2 and visibility = 3 and sealed is null
        """,
        bucket_of(status_id),
        status_id,
    )
    return thread_id


async def lock_unsealed(conn: Connection, status_id: StatusId) -> UnsealedStatus | None:
    return await conn.fetch_one(
        UnsealedStatus,
        """
        select id, thread_id, poll_id, text, content, spoiler_text, tags from statuses
        where bucket = $1 and id = $2 and visibility = 3 and sealed is null for update
        """,
        bucket_of(status_id),
        status_id,
    )


async def unsealed_edits(conn: Connection, status_id: StatusId) -> list[UnsealedEdit]:
    return await conn.fetch_all(
        UnsealedEdit,
        """
        select version, content, spoiler_text, poll_options from status_edits
        where bucket = $1 and status_id = $2 and sealed is null
        """,
        bucket_of(status_id),
        status_id,
    )


async def unsealed_options(conn: Connection, poll_id: int) -> list[str] | None:
    options: list[str] | None = await conn.fetch_value(
        "select options from polls where bucket = $1 and id = $2 and sealed is null",
        bucket_of(poll_id),
        poll_id,
    )
    return options


async def set_sealed(conn: Connection, status_id: StatusId, sealed: bytes) -> None:
    await conn.execute(
        """
        update statuses set text = '', content = '', spoiler_text = '', tags = '{}', sealed = $3
        where bucket = $1 and id = $2
        """,
        bucket_of(status_id),
        status_id,
        sealed,
    )


async def set_edit_sealed(conn: Connection, status_id: StatusId, version: int, sealed: bytes) -> None:
    await conn.execute(
        """
        update status_edits set content = '', spoiler_text = '', poll_options = null, sealed = $4
        where bucket = $1 and status_id = $2 and version = $3
        """,
        bucket_of(status_id),
        status_id,
        version,
        sealed,
    )


async def set_poll_sealed(conn: Connection, poll_id: int, blank: Sequence[str], sealed: bytes) -> None:
    await conn.execute(
        "update polls set options = $3, sealed = $4 where bucket = $1 and id = $2 and sealed is null",
        bucket_of(poll_id),
        poll_id,
        blank,
        sealed,
    )
