"""place: a direct status takes its place in the conversations of all it is for; take_out: it leaves them again."""

from collections.abc import Collection, Sequence

from parley.conversations import live, queries
from parley.conversations.events import SendersAccepted
from parley.conversations.models import Message, Placed, State
from parley.graph.relationships import relationships_of
from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.ids import AccountId, StatusId
from parley.publishing.models import Status, Visibility


async def place_own(conn: Connection, message: Message) -> Placed:
    """For its author, who thereby accepts what those it is for had to wait with. Safe to repeat."""
    author_id = message.account_id
    others = [each for each in message.participant_ids if each != author_id]
    await queries.insert_contacts(conn, author_id, others)
    accepted = await queries.show_waiting_of(conn, author_id, others)
    if accepted:
        await emit(conn, SendersAccepted(author_id, tuple(dict.fromkeys(accepted))))
    return await queries.place_message(conn, author_id, message, known=True, read=True)


async def place_fresh(conn: Connection, status: Status) -> None:
    """What a member has just said stands in their own list at once, if it is a direct status."""
    if status.visibility == Visibility.DIRECT:
        message = Message(status.id, status.account_id, status.thread_id, status.mention_ids)
        await place_own(conn, message)


async def place(
    conn: Connection, message: Message, *, welcoming: Collection[AccountId] = (), older: bool = False
) -> list[Placed]:
    """For everybody it is for but those who blocked its author, in a job; from strangers it waits for consent.

    `welcoming`: who lets anybody write. An `older` one was seen long ago, by all, and is told of to nobody.
    """
    placed = [await place_own(conn, message)]
    relations = await relationships_of(
        conn, message.account_id, [each for each in message.mention_ids if each != message.account_id]
    )
    owner_ids = sorted(each for each, relation in relations.items() if relation.blocked_by_id is None)
    known = {each for each in owner_ids if relations[each].followed_by_id is not None}
    known.update(await queries.owners_knowing(conn, owner_ids, message.account_id), welcoming)
    placed += [
        await queries.place_message(conn, each, message, known=older or each in known, read=older)
        for each in owner_ids
    ]
    if not older:
        live.tell_streams(conn, placed)
    return placed


async def take_out(conn: Connection, status_id: StatusId, owner_ids: Sequence[AccountId]) -> None:
    """Of a status that is gone, or no longer for these owners: each conversation falls back to the one before."""
    for owner_id in sorted(set(owner_ids)):
        conversation_id = await queries.take_out(conn, owner_id, status_id)
        if conversation_id is not None:
            await queries.lock_conversation(conn, owner_id, conversation_id)
            await queries.fall_back(conn, owner_id, conversation_id)


async def move(conn: Connection, message: Message, no_longer: Sequence[AccountId]) -> list[Placed]:
    """After an edit that changed whom it is for: it leaves its conversations, and enters the ones of the new circle."""
    await take_out(conn, message.status_id, [*message.participant_ids, *no_longer])
    return await place(conn, message)


def heard(placed: Sequence[Placed]) -> dict[AccountId, bool]:
    """Who may be told of the message, and whether it waits for their consent."""
    return {each.owner_id: each.state == State.WAITING for each in placed if each.state != State.DECLINED}
