"""Quotes of a status: who quotes it, taking one's own out of another's, and who may quote or answer it.

https://docs.joinmastodon.org/client/quotes/
"""

import msgspec

from parley.hydration.pages import SkeletonItem, status_page
from parley.hydration.rules import keep_all, keep_in_thread
from parley.hydration.statuses import status_view
from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.kit.paging import Page
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.status import Status, status_json, statuses_json
from parley.mastodon_api.paging import PageParams
from parley.mastodon_api.policies import quote_policy_named, reply_policy_named
from parley.publishing.interaction_policy import change_interaction_policy
from parley.publishing.quote import quotes_page, revoke_quote
from parley.publishing.reblog import reblogged_visible


class InteractionPolicyParams(msgspec.Struct, frozen=True):
    """`reply_policy` is an extension."""

    quote_approval_policy: str | None = None
    reply_policy: str | None = None


async def show_quotes(call: Call) -> Answer:
    """Whoever is quoted sees also those whom they muted."""
    async with call.database.reading() as conn:
        quoted = (await reblogged_visible(conn, call.viewer, StatusId(call.path_id()))).status

        async def skeleton(page: Page) -> list[SkeletonItem]:
            found = await quotes_page(conn, quoted.id, page)
            return [SkeletonItem(quoting_id, quoting_id) for quoting_id, _ in found]

        keep = keep_all if quoted.account_id == call.viewer.account_id else keep_in_thread
        shown = await status_page(conn, call.viewer, call.page(20, 40), skeleton, keep)
    body = statuses_json(shown.views, call.settings.base_url, call.viewer)
    headers = call.link_header(shown.oldest, shown.newest, full=shown.full)
    return json_answer(body, headers=headers)


async def revoke(call: Call) -> Answer:
    """The answer is what quoted it, as it is from now on."""
    status_id, quoting_id = StatusId(call.path_id()), StatusId(call.path_id("quoting_status_id"))
    async with call.database.transaction() as conn:
        return await _answer(call, conn, await revoke_quote(conn, call.viewer, status_id, quoting_id))


async def change_policy(call: Call) -> Answer:
    params = await call.params(InteractionPolicyParams)
    status_id = StatusId(call.path_id())
    quote_policy = quote_policy_named(params.quote_approval_policy)
    reply_policy = reply_policy_named(params.reply_policy)
    async with call.database.transaction() as conn:
        await change_interaction_policy(conn, call.viewer, status_id, quote_policy, reply_policy)
        return await _answer(call, conn, status_id)


async def _answer(call: Call, conn: Connection, status_id: StatusId) -> Answer:
    view = await status_view(conn, call.viewer, status_id)
    return json_answer(status_json(view, call.settings.base_url, call.viewer))


_ONE = "/api/v1/statuses/{id:str}"

ROUTES = (
    Route("GET", f"{_ONE}/quotes", show_quotes, scope="read:statuses", takes=PageParams, gives=list[Status]),
    Route(
        "POST",
        f"{_ONE}/quotes/{{quoting_status_id:str}}/revoke",
        revoke,
        scope="write:statuses",
        gives=Status,
    ),
    Route(
        "PUT",
        f"{_ONE}/interaction_policy",
        change_policy,
        scope="write:statuses",
        takes=InteractionPolicyParams,
        gives=Status,
    ),
)
