"""All SQL on what lies in the open from before words were sealed, and on messages that one key alone opens."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, PollId, ScheduledStatusId, StatusId, bucket_of
from parley.publishing.models import EditMedia, Poll, ScheduledStatus, StatusEdit

# As the index says it, which is empty once all are sealed. A first byte of 1: one key opens it.
_STATUS_TO_SEAL = """
    reblog_of_id is null and uri is null and (sealed is null or visibility = 3 and get_byte(sealed, 0) = 1)
"""
_DRAFT_TO_SEAL = """
    (not sealed or substring(draft from 1 for 9) = '\\x01'::bytea || int8send(id))
"""


class OlderStatus(msgspec.Struct, frozen=True):
    """One that is to be sealed, or sealed anew."""

    id: StatusId
    account_id: AccountId
    visibility: int
    thread_id: StatusId
    sealed: bytes | None = None


class OlderWords(msgspec.Struct, frozen=True):
    text: str
    content: str
    spoiler_text: str
    tags: list[str]
    poll_id: PollId | None
    edited_at: datetime | None
    sealed: bytes | None


async def older_statuses(conn: Connection, after: int, limit: int) -> list[OlderStatus]:
    """Upkeep: one index, which is empty once all are sealed."""
    return await conn.fetch_all(
        OlderStatus,
        "select id, account_id, visibility, thread_id, sealed from statuses where "
        + _STATUS_TO_SEAL
        + " and id > $1 order by id limit $2",
        after,
        limit,
    )


async def find_older_words(conn: Connection, status_id: StatusId) -> OlderWords | None:
    """None when it was sealed meanwhile."""
    return await conn.fetch_one(
        OlderWords,
        """
        select text, content, spoiler_text, tags, poll_id, edited_at, sealed from statuses
        where bucket = $1 and id = $2 and
        """
        + _STATUS_TO_SEAL,
        bucket_of(status_id),
        status_id,
    )


async def set_sealed(conn: Connection, status_id: StatusId, sealed: bytes, tags: Sequence[str]) -> None:
    await conn.execute(
        """
        update statuses set text = '', content = '', spoiler_text = '', tags = $4, sealed = $3
        where bucket = $1 and id = $2
        """,
        bucket_of(status_id),
        status_id,
        sealed,
        tags,
    )


async def set_edit_sealed(conn: Connection, status_id: StatusId, edit: StatusEdit) -> None:
    await conn.execute(
        """
        update status_edits set content = '', spoiler_text = '', poll_options = null, sealed = $4, media = $5
        where bucket = $1 and status_id = $2 and version = $3
        """,
        bucket_of(status_id),
        status_id,
        edit.version,
        edit.sealed,
        [EditMedia(each.id, "") for each in edit.media],
    )


async def set_poll_sealed(conn: Connection, poll: Poll) -> None:
    await conn.execute(
        "update polls set options = $3, sealed = $4 where bucket = $1 and id = $2",
        bucket_of(poll.id),
        poll.id,
        poll.options,
        poll.sealed,
    )


async def older_draft_ids(conn: Connection, after: int, limit: int) -> list[ScheduledStatusId]:
    """Upkeep: one index, which is empty once all are sealed."""
    return await conn.fetch_column(
        "select id from scheduled_statuses where " + _DRAFT_TO_SEAL + " and id > $1 order by id limit $2",
        after,
        limit,
    )


async def lock_older_draft(conn: Connection, scheduled_id: ScheduledStatusId) -> ScheduledStatus | None:
    """None when it was published or called off meanwhile."""
    return await conn.fetch_one(
        ScheduledStatus,
        """
        select id, account_id, scheduled_at, draft, sealed, application_id, application_name, application_website,
            failure
        from scheduled_statuses where bucket = $1 and id = $2 and
        """
        + _DRAFT_TO_SEAL
        + " for update",
        bucket_of(scheduled_id),
        scheduled_id,
    )


async def set_draft_sealed(conn: Connection, scheduled_id: ScheduledStatusId, draft: bytes) -> None:
    await conn.execute(
        "update scheduled_statuses set draft = $3, sealed = true where bucket = $1 and id = $2",
        bucket_of(scheduled_id),
        scheduled_id,
        draft,
    )
