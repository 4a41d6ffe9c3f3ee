"""Messages: one's conversations, one of them with a box to answer in, a new one, and what strangers wait with."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar import Response

from parley.conversations import read, requests
from parley.conversations.models import Conversation, ConversationId, State
from parley.conversations.place import place_fresh
from parley.hydration.accounts import account_views
from parley.hydration.conversations import conversation_page
from parley.hydration.models import MediaView, StatusView
from parley.hydration.pages import SkeletonItem, status_page
from parley.hydration.rules import keep_in_thread
from parley.identity.accounts import accounts_by_handles
from parley.identity.addresses import parse_handle
from parley.identity.models import Account
from parley.identity.viewer import Viewer
from parley.kit import crypto
from parley.kit.db import Connection
from parley.kit.errors import NotFound, ParleyError
from parley.kit.ids import StatusId
from parley.kit.paging import Page
from parley.publishing.create import DuplicateRequest, StatusDraft
from parley.publishing.errors import EmptyStatus
from parley.publishing.models import Visibility
from parley.timelines.publish import publish_status
from parley.web.attached import take_files, views_of
from parley.web.errors import BESIDE, beside, complaint_of
from parley.web.paging import PageLinks, asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall

_Act = Callable[[Connection, Viewer, ConversationId], Awaitable[object]]


class Letter(msgspec.Struct, frozen=True):
    """What stands in the box. `key` makes sure that a form sent twice says it once."""

    text: str = ""
    key: str = ""
    media: tuple[MediaView, ...] = ()


async def show_messages(call: PageCall) -> Response[bytes]:
    return await _show_list(call, State.SHOWN)


async def show_requests(call: PageCall) -> Response[bytes]:
    return await _show_list(call, State.WAITING)


async def _show_list(call: PageCall, state: State) -> Response[bytes]:
    asked = asked_page(call)
    async with call.database.reading() as conn:
        found = await conversation_page(conn, call.viewer, asked, state)
        counts = await read.counts_of(conn, call.viewer)
    links = page_links(call, asked, found.oldest, found.newest, full=found.full)
    return await page(
        call,
        "messages",
        views=found.views,
        links=links,
        waiting=state == State.WAITING,
        requests=counts.requests,
    )


# One conversation


async def show_conversation(call: PageCall) -> Response[bytes]:
    """Whoever looks at its newest messages has read them."""
    conversation_id = ConversationId(call.path_id())
    if not _is_begun(asked_page(call)):
        async with call.database.transaction() as conn:
            found = await read.require_conversation(conn, call.viewer, conversation_id)
            if found.unread:
                await read.mark(conn, call.viewer, conversation_id, read=True)
    return await _conversation(call, conversation_id, Letter(key=crypto.new_secret()))


def _is_begun(asked: Page) -> bool:
    return asked.max_id is not None or asked.min_id is not None


async def _conversation(
    call: PageCall, conversation_id: ConversationId, letter: Letter, refusal: ParleyError | None = None
) -> Response[bytes]:
    async with call.database.reading() as conn:
        conversation = await read.require_conversation(conn, call.viewer, conversation_id)
        people = await _people(call, conn, conversation)
        views, links = await _messages(call, conn, conversation_id)
    response = await page(
        call,
        "conversation",
        conversation=conversation,
        waiting=conversation.state == State.WAITING,
        people=people,
        views=views[::-1],
        links=links,
        letter=letter,
        complaint=complaint_of(refusal),
    )
    return beside(response, refusal)


async def _people(call: PageCall, conn: Connection, conversation: Conversation) -> list[Account]:
    """Who else takes part; oneself, if nobody does."""
    others = [each for each in conversation.participant_ids if each != call.account_id]
    views = await account_views(conn, others or [call.account_id])
    return [view.account for view in views.values()]


async def _messages(
    call: PageCall, conn: Connection, conversation_id: ConversationId
) -> tuple[list[StatusView], PageLinks]:
    asked = asked_page(call) if call.request.method == "GET" else Page(limit=20)

    async def skeleton(question: Page) -> list[SkeletonItem]:
        ids = await read.statuses_page(conn, call.viewer, conversation_id, question)
        return [SkeletonItem(each, each) for each in ids]

    found = await status_page(conn, call.viewer, asked, skeleton, keep_in_thread)
    return found.views, page_links(call, asked, found.oldest, found.newest, full=found.full)


async def answer(call: PageCall) -> Response[bytes]:
    """To all who take part, after its last message."""
    conversation_id = ConversationId(call.path_id())
    async with call.database.reading() as conn:
        conversation = await read.require_conversation(conn, call.viewer, conversation_id)
        people = await _people(call, conn, conversation)
    taken = await take_files(call, describe=True)
    if taken.refusal is not None or call.form.flag("describe"):
        letter = await _sent_letter(call, taken.media_ids)
        return await _conversation(call, conversation_id, letter, taken.refusal)
    try:
        await _send(call, people, conversation.last_status_id, taken.media_ids)
    except BESIDE as refusal:
        letter = await _sent_letter(call, taken.media_ids)
        return await _conversation(call, conversation_id, letter, refusal)
    return call.redirect(f"/messages/{conversation_id}#end")


async def _sent_letter(call: PageCall, media_ids: tuple[str, ...]) -> Letter:
    async with call.database.reading() as conn:
        media = await views_of(call, conn, media_ids)
    return Letter(call.form.text("text"), call.form.text("key")[:100], media)


async def _send(
    call: PageCall, people: list[Account], answered_id: StatusId | None, media_ids: tuple[str, ...]
) -> StatusId:
    """Whom it is for stands before the words."""
    text, key = call.form.text("text"), call.form.text("key")[:100] or None
    if not text.strip() and not media_ids:
        raise EmptyStatus
    await call.limiter.spend_post(call.database, call.account_id)
    names = "".join(f"@{each.acct} " for each in people if each.id != call.account_id)
    draft = StatusDraft(
        text=f"{names}{text}",
        visibility=Visibility.DIRECT,
        in_reply_to_id=answered_id,
        media_ids=list(media_ids),
    )
    try:
        return await _send_once(call, draft, key)
    except DuplicateRequest:
        return await _send_once(call, draft, key)


async def _send_once(call: PageCall, draft: StatusDraft, key: str | None) -> StatusId:
    async with call.database.transaction() as conn:
        created = await publish_status(conn, call.viewer, call.settings, draft, key)
        if created.fresh is not None:
            await place_fresh(conn, created.fresh.status)
        return created.status_id


ACTS: dict[str, tuple[_Act, str, bool]] = {
    "accept": (requests.accept, "accepted", True),
    "decline": (requests.decline, "message_declined", False),
    "hide": (read.hide, "conversation_hidden", False),
}


async def act_on_conversation(call: PageCall) -> Response[bytes]:
    """Each act, its notice, and whether the conversation is still there afterwards."""
    if call.path_text("act") == "unread":
        return await _mark_unread(call)
    if call.path_text("act") not in ACTS:
        raise NotFound
    act, notice, stays = ACTS[call.path_text("act")]
    conversation_id = ConversationId(call.path_id())
    async with call.database.transaction() as conn:
        await act(conn, call.viewer, conversation_id)
    return call.redirect(f"/messages/{conversation_id}" if stays else "/messages", notice)


async def _mark_unread(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await read.mark(conn, call.viewer, ConversationId(call.path_id()), read=False)
    return call.redirect("/messages")


# A new one


async def show_new(call: PageCall) -> Response[bytes]:
    """`to` names somebody; whoever one talks with already, that conversation goes on."""
    async with call.database.reading() as conn:
        to = await _addressee(call, conn, call.query.text("to"))
        found = await read.find_conversation_with(conn, call.viewer, to.id)
    if found is not None:
        return call.redirect(f"/messages/{found.id}#end")
    return await page(call, "new_message", to=to, letter=Letter(key=crypto.new_secret()), complaint="")


async def begin(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        to = await _addressee(call, conn, call.form.text("to"))
    taken = await take_files(call, describe=True)
    if taken.refusal is not None or call.form.flag("describe"):
        return await _begin_again(call, to, taken.media_ids, taken.refusal)
    try:
        status_id = await _send(call, [to], None, taken.media_ids)
    except BESIDE as refusal:
        return await _begin_again(call, to, taken.media_ids, refusal)
    async with call.database.reading() as conn:
        found = await read.conversation_of_status(conn, call.viewer, status_id)
    return call.redirect("/messages" if found is None else f"/messages/{found}#end")


async def _begin_again(
    call: PageCall, to: Account, media_ids: tuple[str, ...], refusal: ParleyError | None
) -> Response[bytes]:
    letter = await _sent_letter(call, media_ids)
    response = await page(call, "new_message", to=to, letter=letter, complaint=complaint_of(refusal))
    return beside(response, refusal)


async def _addressee(call: PageCall, conn: Connection, name: str) -> Account:
    """Raises NotFound for nobody."""
    handle = parse_handle(name, call.settings.domain)
    account = None if handle is None else (await accounts_by_handles(conn, [handle])).get(handle)
    if account is None or account.suspended_at is not None:
        raise NotFound
    return account
