"""Conversations to ConversationViews, and pages of them: with their last status, and who else takes part."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.conversations.models import Conversation, State
from parley.conversations.read import conversations_page
from parley.hydration.models import ConversationView, StatusView
from parley.hydration.pages import REFILLS_MAX
from parley.hydration.rules import keep_in_thread
from parley.hydration.statuses import complete, complete_for_each
from parley.identity.models import AccountView
from parley.identity.viewer import ANONYMOUS, Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.publishing.visibility import RelatedAccount, visible_to_each, visible_with_accounts


class ConversationPage(msgspec.Struct, frozen=True):
    """`oldest` and `newest` are the last statuses of what was looked at, dropped ones included.

    `full`: whether there may be more in the direction of reading.
    """

    views: list[ConversationView]
    oldest: int | None
    newest: int | None
    full: bool


async def conversation_page(
    conn: Connection, viewer: Viewer, page: Page, state: State = State.SHOWN
) -> ConversationPage:
    """Three statements, and one for polls if there are any; refilled at most three times."""
    views: list[ConversationView] = []
    looked_at: list[int] = []
    question, full = page, True
    for _ in range(1 + REFILLS_MAX):
        rows = await conversations_page(conn, viewer, question, state)
        looked_at += [row.last_status_id for row in rows]
        fresh = await conversation_views(conn, viewer, rows)
        views = fresh + views if page.ascending else views + fresh
        full = len(rows) == question.limit
        if not full or len(views) == page.limit:
            break
        missing = page.limit - len(views)
        question = (
            page.continued_above(max(looked_at), missing)
            if page.ascending
            else page.continued_below(min(looked_at), missing)
        )
    if not looked_at:
        return ConversationPage([], None, None, full=False)
    return ConversationPage(views, min(looked_at), max(looked_at), full)


async def conversation_view(conn: Connection, viewer: Viewer, conversation: Conversation) -> ConversationView:
    """Raises NotFound for one that lists leave out."""
    for view in await conversation_views(conn, viewer, [conversation]):
        return view
    raise NotFound


async def conversation_views(
    conn: Connection, viewer: Viewer, rows: Sequence[Conversation]
) -> list[ConversationView]:
    """In the order given. Left out: those whose last status the viewer may not, or does not wish to see."""
    if not rows:
        return []
    viewer_id = require_account(viewer)
    status_ids = [row.last_status_id for row in rows]
    account_ids = list({each for row in rows for each in row.participant_ids})
    visible, related = await visible_with_accounts(conn, viewer, status_ids, account_ids)
    kept = [found for found in visible.values() if keep_in_thread(found, viewer)]
    statuses = {view.status.id: view for view in await complete(conn, viewer, kept)}
    found = (_view(row, viewer_id, statuses.get(row.last_status_id), related) for row in rows)
    return [each for each in found if each is not None]


async def conversation_views_for_each(
    conn: Connection, rows: Mapping[AccountId, Conversation]
) -> dict[AccountId, ConversationView]:
    """The conversation of one status as each of its owners has it: the same few statements for all of them."""
    status_ids = list({row.last_status_id for row in rows.values()})
    account_ids = list({each for row in rows.values() for each in row.participant_ids})
    seen = await visible_to_each(conn, list(rows), status_ids, account_ids)
    found = {
        owner_id: seen[owner_id].statuses[row.last_status_id]
        for owner_id, row in rows.items()
        if row.last_status_id in seen[owner_id].statuses
    }
    kept = {owner_id: each for owner_id, each in found.items() if keep_in_thread(each, ANONYMOUS)}
    completed = await complete_for_each(conn, kept)
    views = {}
    for owner_id, row in rows.items():
        view = _view(row, owner_id, completed.get(owner_id), seen[owner_id].accounts)
        if view is not None:
            views[owner_id] = view
    return views


def _view(
    row: Conversation,
    viewer_id: AccountId,
    last: StatusView | None,
    related: Mapping[AccountId, RelatedAccount],
) -> ConversationView | None:
    """Who talks to nobody else stands there alone, as clients take the first account for granted."""
    if last is None:
        return None
    others = [each for each in row.participant_ids if each != viewer_id] or [viewer_id]
    accounts: list[AccountView] = [
        related[each].view
        for each in others
        if each in related and related[each].view.account.suspended_at is None
    ]
    return ConversationView(row.id, row.unread, row.state == State.WAITING, accounts, last)
