"""/api/v2/search: accounts and hashtags by name, statuses by their words, either by its address here.

https://docs.joinmastodon.org/methods/search/
"""

import re

from parley.discovery.decisions import decisions_on
from parley.discovery.models import Decided, TagView
from parley.discovery.search_accounts import search_accounts
from parley.discovery.search_statuses import make_search
from parley.discovery.search_tags import search_tags
from parley.discovery.tags import tag_views, tags_by_names
from parley.hydration.found_statuses import found_page
from parley.hydration.statuses import status_views
from parley.identity.addresses import username_at
from parley.identity.models import AccountView
from parley.identity.reading import note_given
from parley.kit.db import Connection
from parley.kit.errors import Unauthorized
from parley.kit.ids import AccountId, parse_id
from parley.kit.paging import Page
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.account import accounts_json
from parley.mastodon_api.entities.search import Search, search_json
from parley.mastodon_api.entities.status import statuses_json
from parley.mastodon_api.paging import OffsetPage, PageParams, offset_page, page_from
from parley.mastodon_api.params import Id

STATUSES_OFFSET_MAX = 200
_STATUS_PATH = re.compile(r"/(?:@[^/]+|users/[^/]+/statuses)/(?P<id>[0-9]+)/?")


class SearchParams(PageParams, frozen=True, kw_only=True):
    """A `type` of which there is nothing to find finds nothing."""

    q: str = ""
    type: str = ""
    resolve: bool = False
    following: bool = False
    account_id: Id | None = None
    exclude_unreviewed: bool = False


async def search(call: Call) -> Answer:
    params = call.query(SearchParams)
    page = offset_page(params, 20, 40)
    if call.viewer.account_id is None:
        _refuse_anonymous(params, page)
    async with call.database.reading() as conn:
        accounts = await _accounts(call, conn, params, page) if params.type in {"", "accounts"} else []
        statuses = await _statuses(call, conn, params, page) if params.type in {"", "statuses"} else b"[]"
        tags = await _tags(call, conn, params, page) if params.type in {"", "hashtags"} else []
    note_given(call.viewer, (each.account.id for each in accounts))
    base_url = call.settings.base_url
    return json_answer(search_json(accounts_json(accounts, base_url), statuses, tags, base_url))


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


async def _statuses(call: Call, conn: Connection, params: SearchParams, page: OffsetPage) -> bytes:
    """The one at an address of ours; else by their words, which is for members."""
    base_url, text = call.settings.base_url, params.q.lstrip()
    if text.startswith(f"{base_url}/"):
        address = _STATUS_PATH.fullmatch(text.strip().removeprefix(base_url))
        status_id = None if address is None else parse_id(address["id"])
        views = [] if status_id is None else await status_views(conn, call.viewer, [status_id])
        return statuses_json(views, base_url, call.viewer)
    author_id = None if params.account_id is None else AccountId(params.account_id)
    search = await make_search(conn, call.settings, call.viewer, text, author_id)
    bounds = page_from(params, 20, 40)
    # Both bounds hold, and the newest between them are shown.
    asked = Page(limit=page.limit, max_id=bounds.max_id, since_id=bounds.min_id or bounds.since_id)
    if page.offset > STATUSES_OFFSET_MAX:
        return b"[]"
    found = await found_page(conn, call.viewer, search, asked, page.offset)
    return statuses_json(found.page.views, base_url, call.viewer)


async def _tags(call: Call, conn: Connection, params: SearchParams, page: OffsetPage) -> list[TagView]:
    names = await search_tags(conn, params.q, limit=page.limit, offset=page.offset)
    tags = await tags_by_names(conn, names)
    if params.exclude_unreviewed and tags:
        allowed = await decisions_on(conn, Decided.TAG, [each.id for each in tags])
        tags = [each for each in tags if allowed.get(each.id, False)]
    return await tag_views(conn, call.viewer, tags) if tags else []


ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/api/v2/search", search, who="anyone", scope="read:search", takes=SearchParams, gives=Search
    ),
)
