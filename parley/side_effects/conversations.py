"""What follows for conversations after a direct status was made, edited or deleted, and when strangers are accepted."""

from collections.abc import Sequence

from parley.conversations.events import SendersAccepted
from parley.conversations.models import Message, Placed
from parley.conversations.place import heard, move, place, take_out
from parley.conversations.requests import accept_senders
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.services import Services
from parley.notifications.events import SendersLetThrough
from parley.notifications.notify import notify_many
from parley.notifications.policy import who_welcomes
from parley.notifications.requests import let_through
from parley.publishing.events import OlderStatusSealed, StatusCreated, StatusDeleted, StatusEdited
from parley.publishing.thread import thread_of


async def place_and_notify(conn: Connection, event: StatusCreated) -> None:
    """Where it waits for consent, the notification is held back, too; where it was declined, there is none."""
    thread_id = event.thread_id or await thread_of(conn, event.status_id)
    if thread_id is None:
        # Deleted meanwhile.
        return
    message = Message(event.status_id, event.account_id, thread_id, event.mention_ids)
    welcoming = await who_welcomes(conn, event.mention_ids, event.account_id)
    await _notify(conn, message, event.mention_ids, await place(conn, message, welcoming=welcoming))


async def _notify(
    conn: Connection, message: Message, to: Sequence[AccountId], placed: Sequence[Placed]
) -> None:
    waits = heard(placed)
    to = [each for each in to if each in waits]
    known_to = [each for each in to if not waits[each]]
    await notify_many(conn, to, "mention", message.account_id, message.status_id, known_to=known_to)


async def place_edited(conn: Connection, event: StatusEdited) -> None:
    """Whom it is for may have changed; whoever is new to it is told."""
    if event.thread_id is None:
        return
    message = Message(event.status_id, event.account_id, event.thread_id, event.mention_ids)
    if event.newly_mentioned or event.no_longer_mentioned:
        await _notify(
            conn, message, event.newly_mentioned, await move(conn, message, event.no_longer_mentioned)
        )


async def after_status_deleted(conn: Connection, event: StatusDeleted) -> None:
    if event.direct:
        await take_out(conn, event.status_id, event.told)


async def after_older_sealed(conn: Connection, _services: Services, event: OlderStatusSealed) -> None:
    message = Message(event.status_id, event.account_id, event.thread_id, event.mention_ids)
    if await thread_of(conn, event.status_id) is not None:
        await place(conn, message, older=True)


async def after_accepted(conn: Connection, _services: Services, event: SendersAccepted) -> None:
    """Their notifications wait no longer either."""
    await let_through(conn, event.account_id, event.from_account_ids)


async def after_let_through(conn: Connection, _services: Services, event: SendersLetThrough) -> None:
    """Nor do their messages."""
    await accept_senders(conn, event.account_id, event.from_account_ids)
