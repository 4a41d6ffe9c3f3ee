"""/api/v1/conversations: direct messages by whom they are with; and what of strangers waits for consent.

https://docs.joinmastodon.org/methods/conversations/
"""

from parley.conversations import read as read_acts
from parley.conversations import requests
from parley.conversations.models import ConversationId, State
from parley.hydration.conversations import conversation_page, conversation_view
from parley.hydration.pages import SkeletonItem, status_page
from parley.hydration.rules import keep_in_thread
from parley.kit.paging import Page
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.conversation import (
    Conversation,
    ConversationCounts,
    conversation_json,
    conversations_json,
)
from parley.mastodon_api.entities.status import Status, statuses_json
from parley.mastodon_api.paging import PageParams


async def list_conversations(call: Call) -> Answer:
    return await _list(call, State.SHOWN)


async def list_requests(call: Call) -> Answer:
    return await _list(call, State.WAITING)


async def _list(call: Call, state: State) -> Answer:
    async with call.database.reading() as conn:
        found = await conversation_page(conn, call.viewer, call.page(), state)
    body = conversations_json(found.views, call.settings.base_url, call.viewer)
    return json_answer(body, headers=call.link_header(found.oldest, found.newest, full=found.full))


async def direct_timeline(call: Call) -> Answer:
    """The messages themselves, as clients of before version 3 list them."""
    async with call.database.reading() as conn:

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [SkeletonItem(each, each) for each in await read_acts.direct_page(conn, call.viewer, page)]

        found = await status_page(conn, call.viewer, call.page(), skeleton, keep_in_thread)
    body = statuses_json(found.views, call.settings.base_url, call.viewer)
    return json_answer(body, headers=call.link_header(found.oldest, found.newest, full=found.full))


async def mark_read(call: Call) -> Answer:
    return await _mark(call, read=True)


async def mark_unread(call: Call) -> Answer:
    return await _mark(call, read=False)


async def _mark(call: Call, *, read: bool) -> Answer:
    async with call.database.transaction() as conn:
        found = await read_acts.mark(conn, call.viewer, _conversation_id(call), read=read)
        view = await conversation_view(conn, call.viewer, found)
    return json_answer(conversation_json(view, call.settings.base_url, call.viewer))


async def hide(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await read_acts.hide(conn, call.viewer, _conversation_id(call))
    return json_answer(b"{}")


async def accept_request(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        found = await requests.accept(conn, call.viewer, _conversation_id(call))
        view = await conversation_view(conn, call.viewer, found)
    return json_answer(conversation_json(view, call.settings.base_url, call.viewer))


async def decline_request(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await requests.decline(conn, call.viewer, _conversation_id(call))
    return json_answer(b"{}")


async def count(call: Call) -> Answer:
    async with call.database.reading() as conn:
        counts = await read_acts.counts_of(conn, call.viewer)
    return json_answer(ConversationCounts(counts.unread, counts.requests))


def _conversation_id(call: Call) -> ConversationId:
    return ConversationId(call.path_id())


_ALL = "/api/v1/conversations"
_OURS = "/api/parley/v1/conversations"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        _ALL,
        list_conversations,
        scope="read:statuses",
        own=True,
        takes=PageParams,
        gives=list[Conversation],
    ),
    Route(
        "GET",
        "/api/v1/timelines/direct",
        direct_timeline,
        scope="read:statuses",
        own=True,
        takes=PageParams,
        gives=list[Status],
    ),
    Route("DELETE", f"{_ALL}/{{id:str}}", hide, scope="write:conversations", gives=Nothing),
    Route("POST", f"{_ALL}/{{id:str}}/read", mark_read, scope="write:conversations", gives=Conversation),
    Route("POST", f"{_ALL}/{{id:str}}/unread", mark_unread, scope="write:conversations", gives=Conversation),
    Route("GET", f"{_OURS}/unread_count", count, scope="read:statuses", gives=ConversationCounts),
    Route(
        "GET",
        f"{_OURS}/requests",
        list_requests,
        scope="read:statuses",
        own=True,
        takes=PageParams,
        gives=list[Conversation],
    ),
    Route(
        "DELETE", f"{_OURS}/requests/{{id:str}}", decline_request, scope="write:conversations", gives=Nothing
    ),
    Route(
        "POST",
        f"{_OURS}/requests/{{id:str}}/accept",
        accept_request,
        scope="write:conversations",
        gives=Conversation,
    ),
    Route(
        "POST",
        f"{_OURS}/requests/{{id:str}}/decline",
        decline_request,
        scope="write:conversations",
        gives=Nothing,
    ),
)
