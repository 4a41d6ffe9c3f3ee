"""What is sealed of direct statuses (words, warning, tags, source), of their earlier states, and of their polls.

Others have nothing to seal or to open, and cost nothing here.
"""

from collections.abc import Sequence

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import PollId, ScheduledStatusId, StatusId
from parley.kit.owners_keys import (
    OwnersKey,
    Piece,
    known_key,
    open_all,
    open_one,
    release_key,
    seal,
    use_key,
)
from parley.kit.sealing import NoMasterKey
from parley.publishing import queries, sealing_queries
from parley.publishing.models import EditMedia, Poll, Status, StatusEdit, StatusSource, Visibility

_UPGRADED_AT_ONCE = 100


class WordsOfStatus(msgspec.Struct, frozen=True, array_like=True):
    text: str
    content: str
    spoiler_text: str
    tags: tuple[str, ...] = ()


class WordsOfEdit(msgspec.Struct, frozen=True, array_like=True):
    content: str
    spoiler_text: str
    poll_options: tuple[str, ...] | None = None
    descriptions: tuple[str, ...] = ()


class WordsOfPoll(msgspec.Struct, frozen=True, array_like=True):
    options: tuple[str, ...]


def _status_place(status_id: StatusId) -> str:
    return f"status {status_id}"


def _edit_place(status_id: StatusId, version: int) -> str:
    return f"edit {status_id} {version}"


def _poll_place(poll_id: PollId) -> str:
    return f"poll {poll_id}"


def _draft_place(scheduled_id: ScheduledStatusId) -> str:
    return f"draft {scheduled_id}"


# Sealing


async def key_for_new(conn: Connection, visibility: int, thread_id: StatusId) -> OwnersKey | None:
    """None for a status whose words need none. Before its other rows are written."""
    return await use_key(conn, thread_id) if visibility == Visibility.DIRECT else None


async def key_of(conn: Connection, status: Status) -> OwnersKey | None:
    """None for a status whose words are not sealed."""
    return None if status.sealed is None else await known_key(conn, status.thread_id)


def seal_status(key: OwnersKey | None, status: Status, text: str) -> Status:
    """With its words sealed, too, if they are to be; plain columns then stay empty."""
    if key is None:
        return status
    words = WordsOfStatus(text, status.content, status.spoiler_text, status.tags)
    return msgspec.structs.replace(status, sealed=seal(key, _status_place(status.id), words))


def seal_edit(key: OwnersKey | None, status_id: StatusId, edit: StatusEdit) -> StatusEdit:
    if key is None:
        return edit
    descriptions = tuple(each.description for each in edit.media)
    words = WordsOfEdit(edit.content, edit.spoiler_text, edit.poll_options, descriptions)
    return msgspec.structs.replace(edit, sealed=seal(key, _edit_place(status_id, edit.version), words))


def seal_poll(key: OwnersKey | None, poll: Poll) -> Poll:
    """What is to be stored: with as many empty options as there are."""
    if key is None:
        return poll
    sealed = seal(key, _poll_place(poll.id), WordsOfPoll(poll.options))
    return msgspec.structs.replace(poll, options=_blank(poll.options), sealed=sealed)


def _blank(options: Sequence[str]) -> tuple[str, ...]:
    return ("",) * len(options)


# Opening: what can't be opened is left out, as if it were not there.


async def read_statuses(conn: Connection, status_ids: Sequence[int]) -> list[Status]:
    statuses = await queries.statuses_by_ids(conn, status_ids)
    if all(each.sealed is None for each in statuses):
        return statuses
    pieces = [Piece(_status_place(each.id), each.sealed) for each in statuses if each.sealed is not None]
    words = iter(await open_all(conn, pieces, WordsOfStatus))
    found = (each if each.sealed is None else _opened(each, next(words)) for each in statuses)
    return [each for each in found if each is not None]


def _opened(status: Status, words: WordsOfStatus | None) -> Status | None:
    if words is None:
        return None
    return msgspec.structs.replace(
        status, content=words.content, spoiler_text=words.spoiler_text, tags=words.tags
    )


async def read_source(conn: Connection, status_id: StatusId) -> StatusSource | None:
    source = await queries.find_source(conn, status_id)
    if source is None or source.sealed is None:
        return source
    words = await open_one(conn, Piece(_status_place(status_id), source.sealed), WordsOfStatus)
    return None if words is None else StatusSource(status_id, words.text, words.spoiler_text)


async def read_edits(conn: Connection, status_id: StatusId) -> list[StatusEdit]:
    edits = await queries.edits_of(conn, status_id)
    pieces = [
        Piece(_edit_place(status_id, each.version), each.sealed) for each in edits if each.sealed is not None
    ]
    if not pieces:
        return edits
    words = iter(await open_all(conn, pieces, WordsOfEdit))
    found = (each if each.sealed is None else _opened_edit(each, next(words)) for each in edits)
    return [each for each in found if each is not None]


def _opened_edit(edit: StatusEdit, words: WordsOfEdit | None) -> StatusEdit | None:
    if words is None:
        return None
    pairs = zip(edit.media, words.descriptions, strict=False)
    return msgspec.structs.replace(
        edit,
        content=words.content,
        spoiler_text=words.spoiler_text,
        poll_options=words.poll_options,
        media=tuple(EditMedia(each.id, said) for each, said in pairs),
    )


async def opened_polls(conn: Connection, polls: Sequence[Poll]) -> list[Poll]:
    """All of them, in order: options that can't be opened stay empty, as votes belong to their places."""
    pieces = [Piece(_poll_place(each.id), each.sealed) for each in polls if each.sealed is not None]
    if not pieces:
        return list(polls)
    words = iter(await open_all(conn, pieces, WordsOfPoll))
    return [each if each.sealed is None else _opened_poll(each, next(words)) for each in polls]


def _opened_poll(poll: Poll, words: WordsOfPoll | None) -> Poll:
    return poll if words is None else msgspec.structs.replace(poll, options=words.options)


# What waits for its hour, with a key of its own


async def seal_draft(conn: Connection, scheduled_id: ScheduledStatusId, draft: bytes) -> bytes:
    """Of a direct status. Whoever takes its row away releases the key of `scheduled_id`."""
    return seal(await use_key(conn, scheduled_id), _draft_place(scheduled_id), draft)


async def open_draft(conn: Connection, scheduled_id: ScheduledStatusId, sealed: bytes) -> bytes:
    """Raises NoMasterKey."""
    draft = await open_one(conn, Piece(_draft_place(scheduled_id), sealed), bytes)
    if draft is None:
        raise NoMasterKey(logged=f"the scheduled status {scheduled_id} can't be opened")
    return draft


# From before words were sealed


def is_unsealed(status: Status) -> bool:
    return status.visibility == Visibility.DIRECT and status.sealed is None


async def seal_older(conn: Connection, status_id: StatusId) -> Status | None:
    """A direct status with its history and poll; as it is now, or None when it was sealed or deleted meanwhile."""
    thread_id = await sealing_queries.find_thread_of_unsealed(conn, status_id)
    if thread_id is None:
        return None
    # The key's row before the status's, as in every act.
    key = await use_key(conn, thread_id)
    older = await sealing_queries.lock_unsealed(conn, status_id)
    if older is None:
        await release_key(conn, thread_id)
        return None
    words = WordsOfStatus(older.text, older.content, older.spoiler_text, tuple(older.tags))
    await sealing_queries.set_sealed(conn, status_id, seal(key, _status_place(status_id), words))
    for edit in await sealing_queries.unsealed_edits(conn, status_id):
        options = None if edit.poll_options is None else tuple(edit.poll_options)
        of_edit = WordsOfEdit(edit.content, edit.spoiler_text, options)
        sealed = seal(key, _edit_place(status_id, edit.version), of_edit)
        await sealing_queries.set_edit_sealed(conn, status_id, edit.version, sealed)
    if older.poll_id is not None:
        await _seal_older_poll(conn, key, PollId(older.poll_id))
    return next(iter(await read_statuses(conn, [status_id])), None)


async def _seal_older_poll(conn: Connection, key: OwnersKey, poll_id: PollId) -> None:
    options = await sealing_queries.unsealed_options(conn, poll_id)
    if options is not None:
        sealed = seal(key, _poll_place(poll_id), WordsOfPoll(tuple(options)))
        await sealing_queries.set_poll_sealed(conn, poll_id, _blank(options), sealed)


class SealOlderStatuses(msgspec.Struct, frozen=True):
    """The payload of the job that seals what is older. `after`: the status after which the next slice begins."""

    after: int = 0


async def any_unsealed(conn: Connection) -> bool:
    return bool(await sealing_queries.unsealed_ids(conn, 0, 1))


async def seal_older_slice(conn: Connection, after: int) -> tuple[list[Status], int | None]:
    """The oldest after `after`, sealed, and where the next slice begins, if there may be one."""
    ids = await sealing_queries.unsealed_ids(conn, after, _UPGRADED_AT_ONCE)
    found = [await seal_older(conn, each) for each in ids]
    more = ids[-1] if len(ids) == _UPGRADED_AT_ONCE else None
    return [each for each in found if each is not None], more
