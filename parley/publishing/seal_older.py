"""Sealing what lies in the open from before words were sealed, and messages that opened with one key alone: in slices.

Whatever comes meanwhile (readers, an edit, a deletion) finds it as it is, sealed or not.
"""

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import PollId
from parley.kit.owners_keys import (
    OwnerErased,
    OwnersKey,
    Piece,
    both,
    known_key,
    lasting_key,
    open_one,
    release_key,
    seal,
    use_key,
)
from parley.kit.sealing import NoMasterKey
from parley.publishing import poll_queries, queries, sealing_queries
from parley.publishing.create import StatusDraft
from parley.publishing.models import ScheduledStatus, Status, Visibility
from parley.publishing.sealed_words import (
    WordsOfStatus,
    draft_place,
    key_for_new,
    key_of,
    open_words,
    opened_polls,
    read_edits,
    read_statuses,
    seal_edit,
    seal_poll,
    seal_words,
)
from parley.publishing.sealing_queries import OlderStatus, OlderWords

_AT_ONCE = 100


class SealOlderStatuses(msgspec.Struct, frozen=True):
    """The payload of the job that seals what is older. `after`: the status after which the next slice begins."""

    after: int = 0


class SealOlderDrafts(msgspec.Struct, frozen=True):
    """The payload of the job that seals drafts which wait for their hour. `after`, as above."""

    after: int = 0


async def any_unsealed(conn: Connection) -> bool:
    return bool(await sealing_queries.older_statuses(conn, 0, 1))


async def any_unsealed_draft(conn: Connection) -> bool:
    return bool(await sealing_queries.older_draft_ids(conn, 0, 1))


def lies_open(status: Status) -> bool:
    """Boosts have no words, and others' servers keep their own."""
    return status.sealed is None and status.reblog_of_id is None and status.uri is None


async def seal_own(conn: Connection, status: Status) -> None:
    """Before its author changes it. Raises OwnerErased or NoMasterKey."""
    older = OlderStatus(status.id, status.account_id, status.visibility, status.thread_id)
    await _seal_status(conn, older)


async def seal_slice(conn: Connection, after: int) -> tuple[list[Status], int | None]:
    """The oldest after `after`: those messages that lay in the open, and where the next slice begins, if there may be one."""
    older = await sealing_queries.older_statuses(conn, after, _AT_ONCE)
    messages = []
    for each in older:
        try:
            sealed = await _seal_status(conn, each)
        except OwnerErased:
            # Jobs are deleting it.
            continue
        except NoMasterKey:
            if each.sealed is None:
                raise
            # Its conversation is gone, and it opens for nobody.
            continue
        if sealed and each.visibility == Visibility.DIRECT and each.sealed is None:
            messages.append(each.id)
    more = older[-1].id if len(older) == _AT_ONCE else None
    return await read_statuses(conn, messages) if messages else [], more


async def _seal_status(conn: Connection, older: OlderStatus) -> bool:
    """With its history and poll. False when it was sealed, or deleted, meanwhile."""
    key_made = key_for_new if older.sealed is None else key_of
    key = await key_made(conn, older.account_id, older.visibility, older.thread_id)
    words = None
    # Keys before counts, and counts before the status, as in every act.
    if await queries.lock_status(conn, older.id) is not None:
        words = await sealing_queries.find_older_words(conn, older.id)
    found = None if words is None else await _words_of(conn, words, older)
    if words is None or found is None:
        if older.sealed is None and older.visibility == Visibility.DIRECT:
            await release_key(conn, older.thread_id)
        return False
    tags = () if older.visibility == Visibility.DIRECT else words.tags
    await sealing_queries.set_sealed(conn, older.id, seal_words(key, older.id, found), tags)
    if words.edited_at is not None:
        for edit in await read_edits(conn, older.id, older.thread_id):
            await sealing_queries.set_edit_sealed(conn, older.id, seal_edit(key, older.id, edit))
    if words.poll_id is not None:
        await _seal_poll(conn, key, words.poll_id)
    return True


async def _words_of(conn: Connection, words: OlderWords, older: OlderStatus) -> WordsOfStatus | None:
    if words.sealed is not None:
        return await open_words(conn, older.id, words.sealed)
    tags = tuple(words.tags) if older.visibility == Visibility.DIRECT else ()
    return WordsOfStatus(words.text, words.content, words.spoiler_text, tags)


async def _seal_poll(conn: Connection, key: OwnersKey, poll_id: PollId) -> None:
    poll = await poll_queries.find_poll(conn, poll_id)
    if poll is not None:
        [opened] = await opened_polls(conn, [poll])
        await sealing_queries.set_poll_sealed(conn, seal_poll(key, opened))


# Drafts


async def seal_slice_of_drafts(conn: Connection, after: int) -> int | None:
    """Where the next slice begins, if there may be one."""
    ids = await sealing_queries.older_draft_ids(conn, after, _AT_ONCE)
    for each in ids:
        waiting = await sealing_queries.lock_older_draft(conn, each)
        if waiting is not None:
            await _seal_draft(conn, waiting)
    return ids[-1] if len(ids) == _AT_ONCE else None


async def _seal_draft(conn: Connection, waiting: ScheduledStatus) -> None:
    place = draft_place(waiting.id)
    if waiting.sealed:
        draft = await open_one(conn, Piece(place, waiting.draft), StatusDraft)
    else:
        draft = msgspec.msgpack.decode(waiting.draft, type=StatusDraft)
    if draft is None:
        return
    try:
        key = await lasting_key(conn, waiting.account_id)
    except OwnerErased:
        return
    if waiting.sealed:
        key = both(await known_key(conn, waiting.id), key)
    elif draft.visibility == Visibility.DIRECT:
        key = both(await use_key(conn, waiting.id), key)
    await sealing_queries.set_draft_sealed(conn, waiting.id, seal(key, place, draft))
