"""A member's conversations: the list, what stands in one, marking it read or unread, hiding it, counting."""

from parley.conversations import queries
from parley.conversations.live import Told
from parley.conversations.models import Conversation, ConversationId, Counts, State
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId, StatusId
from parley.kit.paging import Page

COUNTED_MAX = 100


async def conversations_page(
    conn: Connection, viewer: Viewer, page: Page, state: State = State.SHOWN
) -> list[Conversation]:
    """By last status, newest first."""
    found = await queries.conversations_page(
        conn, require_account(viewer), state, page.below, page.above, page.limit, ascending=page.ascending
    )
    return found[::-1] if page.ascending else found


async def conversations_told_of(conn: Connection, told: Told) -> dict[AccountId, Conversation]:
    """By owner, for those whose open streams are to hear of them."""
    if not told:
        return {}
    owners = {conversation_id: owner_id for owner_id, conversation_id in told}
    return {owners[each.id]: each for each in await queries.shown_by_ids(conn, list(owners))}


async def require_conversation(
    conn: Connection, viewer: Viewer, conversation_id: ConversationId
) -> Conversation:
    """One's own that is shown, or waits. Raises NotFound."""
    found = await queries.find_conversation(conn, require_account(viewer), conversation_id)
    if found is None or found.state in (State.HIDDEN, State.DECLINED):
        raise NotFound
    return found


async def find_conversation_with(
    conn: Connection, viewer: Viewer, other_id: AccountId
) -> Conversation | None:
    """The latest with nobody else, if it is shown or waits."""
    owner_id = require_account(viewer)
    participants = sorted({owner_id, other_id})
    return await queries.find_conversation_with(conn, owner_id, participants)


async def conversation_of_status(
    conn: Connection, viewer: Viewer, status_id: StatusId
) -> ConversationId | None:
    return await queries.find_conversation_of(conn, require_account(viewer), status_id)


async def statuses_page(
    conn: Connection, viewer: Viewer, conversation_id: ConversationId, page: Page
) -> list[StatusId]:
    """Newest first."""
    found = await queries.statuses_of(
        conn,
        require_account(viewer),
        conversation_id,
        page.below,
        page.above,
        page.limit,
        ascending=page.ascending,
    )
    return found[::-1] if page.ascending else found


async def direct_page(conn: Connection, viewer: Viewer, page: Page) -> list[StatusId]:
    """The statuses of all conversations that are shown, newest first."""
    found = await queries.shown_statuses(
        conn, require_account(viewer), page.below, page.above, page.limit, ascending=page.ascending
    )
    return found[::-1] if page.ascending else found


async def mark(
    conn: Connection, viewer: Viewer, conversation_id: ConversationId, *, read: bool
) -> Conversation:
    """Raises NotFound."""
    found = await queries.set_read(conn, require_account(viewer), conversation_id, read=read)
    if found is None:
        raise NotFound
    return found


async def hide(conn: Connection, viewer: Viewer, conversation_id: ConversationId) -> None:
    """Until the next message in it. Raises NotFound."""
    hidden = await queries.change_state(
        conn, require_account(viewer), conversation_id, State.SHOWN, State.HIDDEN
    )
    if hidden is None:
        raise NotFound


async def counts_of(conn: Connection, viewer: Viewer) -> Counts:
    """What is unread, and what waits; counting ends at COUNTED_MAX."""
    return await queries.count_conversations(conn, require_account(viewer), COUNTED_MAX)
