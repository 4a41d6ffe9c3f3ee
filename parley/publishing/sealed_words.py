"""What is sealed of statuses (words, warning, source), of their earlier states, of their polls, and of drafts.

All of it with the key of its author's account; a direct one needs the key of its conversation, too, so that erasing
either makes it unreadable. What can't be opened is left out, as if it were not there.
"""

from collections.abc import Sequence

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, PollId, ScheduledStatusId, StatusId
from parley.kit.owners_keys import (
    OwnersKey,
    Piece,
    both,
    known_key,
    lasting_key,
    open_all,
    open_one,
    owners_of,
    seal,
    use_key,
)
from parley.publishing import queries
from parley.publishing.models import EditMedia, Poll, Status, StatusEdit, StatusSource, Visibility

# Sealed bytes of what was opened: that it is sealed matters on, the bytes would only fill the memory.
OPENED = b""


class WordsOfStatus(msgspec.Struct, frozen=True, array_like=True):
    """`tags` of direct ones alone: the others' stand in the open, where lists find them."""

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


def _edit_place(status_id: StatusId, edit: StatusEdit) -> str:
    # Not its version, which moves when the present state gets a link's preview.
    return f"edit {status_id} of {edit.created_at.isoformat()}"


def _place_of_edit(status_id: StatusId, thread_id: StatusId, edit: StatusEdit) -> str:
    """Messages that their conversation's key alone opens were bound to the version, which stays as they get no preview."""
    if edit.sealed is not None and owners_of(edit.sealed) == (thread_id,):
        return f"edit {status_id} {edit.version}"
    return _edit_place(status_id, edit)


def _poll_place(poll_id: PollId) -> str:
    return f"poll {poll_id}"


def draft_place(scheduled_id: ScheduledStatusId) -> str:
    return f"scheduled status {scheduled_id}"


# Keys


async def key_for_new(
    conn: Connection, account_id: AccountId, visibility: int, thread_id: StatusId
) -> OwnersKey:
    """Before its other rows are written. Raises OwnerErased or NoMasterKey."""
    key = await lasting_key(conn, account_id)
    return both(await use_key(conn, thread_id), key) if visibility == Visibility.DIRECT else key


async def key_of(conn: Connection, account_id: AccountId, visibility: int, thread_id: StatusId) -> OwnersKey:
    """Of a status that is sealed already. Raises OwnerErased or NoMasterKey."""
    key = await lasting_key(conn, account_id)
    return both(await known_key(conn, thread_id), key) if visibility == Visibility.DIRECT else key


async def key_for_draft(
    conn: Connection, account_id: AccountId, visibility: int | None, scheduled_id: ScheduledStatusId
) -> OwnersKey:
    """A message that waits has a key of its own beside its author's: whoever takes its row away releases it."""
    key = await lasting_key(conn, account_id)
    return both(await use_key(conn, scheduled_id), key) if visibility == Visibility.DIRECT else key


def has_own_key(scheduled_id: ScheduledStatusId, draft: bytes) -> bool:
    return scheduled_id in owners_of(draft)


# Sealing


def seal_status(key: OwnersKey, status: Status, text: str) -> Status:
    """With its words sealed, too; the columns for plain ones stay empty."""
    tags = status.tags if status.visibility == Visibility.DIRECT else ()
    words = WordsOfStatus(text, status.content, status.spoiler_text, tags)
    return msgspec.structs.replace(status, sealed=seal_words(key, status.id, words))


def seal_words(key: OwnersKey, status_id: StatusId, words: WordsOfStatus) -> bytes:
    return seal(key, _status_place(status_id), words)


def as_opened(status: Status) -> Status:
    """As memories keep it."""
    return msgspec.structs.replace(status, sealed=OPENED)


def seal_edit(key: OwnersKey, status_id: StatusId, edit: StatusEdit) -> StatusEdit:
    descriptions = tuple(each.description for each in edit.media)
    words = WordsOfEdit(edit.content, edit.spoiler_text, edit.poll_options, descriptions)
    return msgspec.structs.replace(edit, sealed=seal(key, _edit_place(status_id, edit), words))


def seal_poll(key: OwnersKey, poll: Poll) -> Poll:
    """What is to be stored: with as many empty options as there are."""
    sealed = seal(key, _poll_place(poll.id), WordsOfPoll(poll.options))
    return msgspec.structs.replace(poll, options=("",) * len(poll.options), sealed=sealed)


# Opening


async def read_statuses(conn: Connection, status_ids: Sequence[int]) -> list[Status]:
    """Two statements at most, and one when the keys are known."""
    statuses = await queries.statuses_by_ids(conn, status_ids)
    pieces = [Piece(_status_place(each.id), each.sealed) for each in statuses if each.sealed is not None]
    if not pieces:
        return statuses
    words = iter(await open_all(conn, pieces, WordsOfStatus))
    found = (each if each.sealed is None else _opened(each, next(words)) for each in statuses)
    return [each for each in found if each is not None]


def _opened(status: Status, words: WordsOfStatus | None) -> Status | None:
    if words is None:
        return None
    return msgspec.structs.replace(
        status,
        content=words.content,
        spoiler_text=words.spoiler_text,
        tags=words.tags or status.tags,
        sealed=OPENED,
    )


async def open_words(conn: Connection, status_id: StatusId, sealed: bytes) -> WordsOfStatus | None:
    return await open_one(conn, Piece(_status_place(status_id), sealed), WordsOfStatus)


async def read_source(conn: Connection, status_id: StatusId) -> StatusSource | None:
    source = await queries.find_source(conn, status_id)
    if source is None or source.sealed is None:
        return source
    words = await open_words(conn, status_id, source.sealed)
    return None if words is None else StatusSource(status_id, words.text, words.spoiler_text)


async def read_edits(conn: Connection, status_id: StatusId, thread_id: StatusId) -> list[StatusEdit]:
    edits = await queries.edits_of(conn, status_id)
    pieces = [
        Piece(_place_of_edit(status_id, thread_id, each), each.sealed)
        for each in edits
        if each.sealed is not None
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
