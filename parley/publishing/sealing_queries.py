"""All SQL on statuses from before words were sealed."""

from collections.abc import Sequence

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import StatusId, bucket_of


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
