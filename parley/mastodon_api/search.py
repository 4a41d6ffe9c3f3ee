"""/api/v2/search: accounts by name, an account or a status by its address here.

https://docs.joinmastodon.org/methods/search/
"""

import re

from parley.discovery.search import search_accounts
from parley.hydration.statuses import status_views
from parley.identity.addresses import username_at
from parley.identity.models import AccountView
from parley.kit.db import Connection
from parley.kit.errors import Unauthorized
from parley.kit.ids import parse_id
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.account import accounts_json
from parley.mastodon_api.entities.search import Search, search_json
from parley.mastodon_api.entities.status import statuses_json
from parley.mastodon_api.paging import OffsetPage, PageParams, offset_page

_STATUS_PATH = re.compile(r"/(?:@[^/]+|users/[^/]+/statuses)/(?P<id>[0-9]+)/?")


class SearchParams(PageParams, frozen=True, kw_only=True):
    """A `type` of which there is nothing to find finds nothing."""

    q: str = ""
    type: str = ""
    resolve: bool = False
    following: bool = False


async def search(call: Call) -> Answer:
    params = call.query(SearchParams)
    page = offset_page(params, 20, 40)
    if call.viewer.account_id is None:
        _refuse_anonymous(params, page)
    async with call.database.reading() as conn:
        accounts = await _accounts(call, conn, params, page) if params.type in {"", "accounts"} else []
        statuses = await _statuses(call, conn, params.q.strip()) if params.type in {"", "statuses"} else b"[]"
    return json_answer(search_json(accounts_json(accounts, call.settings.base_url), statuses))


def _refuse_anonymous(params: SearchParams, page: OffsetPage) -> None:
    """What costs others something, or walks through all there is, is for members."""
    if params.resolve:
        raise Unauthorized("Asking other servers needs an access token of a member")
    if page.offset:
        raise Unauthorized("Paging through search results needs an access token of a member")


async def _accounts(
    call: Call, conn: Connection, params: SearchParams, page: OffsetPage
) -> list[AccountView]:
    text = params.q.strip()
    username = username_at(call.settings.base_url, text)
    return await search_accounts(
        conn,
        call.settings,
        call.viewer,
        # With the domain it means this one account.
        text if username is None else f"{username}@{call.settings.domain}",
        limit=page.limit,
        offset=page.offset,
        following=params.following,
    )


async def _statuses(call: Call, conn: Connection, text: str) -> bytes:
    """By its address here. Searching their words is not possible yet."""
    base_url = call.settings.base_url
    address = _STATUS_PATH.fullmatch(text.removeprefix(base_url)) if text.startswith(base_url) else None
    status_id = None if address is None else parse_id(address["id"])
    if status_id is None:
        return b"[]"
    return statuses_json(await status_views(conn, call.viewer, [status_id]), base_url, call.viewer)


ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/api/v2/search", search, who="anyone", scope="read:search", takes=SearchParams, gives=Search
    ),
)
