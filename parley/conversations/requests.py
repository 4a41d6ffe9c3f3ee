"""Conversations that strangers began: they wait until their owner accepts, answers or declines them."""

from collections.abc import Sequence

from parley.conversations import queries
from parley.conversations.events import SendersAccepted
from parley.conversations.models import Conversation, ConversationId, State
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId


async def accept(conn: Connection, viewer: Viewer, conversation_id: ConversationId) -> Conversation:
    """Lets its sender write from now on, and shows whatever else of theirs waits. Raises NotFound."""
    owner_id = require_account(viewer)
    accepted = await queries.change_state(conn, owner_id, conversation_id, State.WAITING, State.SHOWN)
    if accepted is None:
        raise NotFound
    if accepted.requested_by_id is not None:
        await accept_senders(conn, owner_id, [accepted.requested_by_id])
        await emit(conn, SendersAccepted(owner_id, (accepted.requested_by_id,)))
    return accepted


async def accept_senders(conn: Connection, owner_id: AccountId, account_ids: Sequence[AccountId]) -> None:
    await queries.insert_contacts(conn, owner_id, account_ids)
    await queries.show_waiting_of(conn, owner_id, account_ids)


async def decline(conn: Connection, viewer: Viewer, conversation_id: ConversationId) -> None:
    """For good: what strangers write in it later stays out, too. Raises NotFound."""
    declined = await queries.change_state(
        conn, require_account(viewer), conversation_id, State.WAITING, State.DECLINED
    )
    if declined is None:
        raise NotFound


async def forget_sender(conn: Connection, owner_id: AccountId, account_id: AccountId) -> None:
    """After a block: should it ever end, they ask again."""
    await queries.delete_contact(conn, owner_id, account_id)
