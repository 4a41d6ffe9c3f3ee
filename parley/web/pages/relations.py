"""Lists of accounts that only the member sees: follow requests, blocked, muted."""

from collections.abc import Awaitable, Callable

from litestar import Response

from parley.graph import related
from parley.graph.models import RelatedPage
from parley.hydration.accounts import listed_account_views
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.paging import Page
from parley.web.paging import ACCOUNTS_PER_PAGE, asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall


async def show_requests(call: PageCall) -> Response[bytes]:
    return await _show(call, "requests", related.requests)


async def show_blocked(call: PageCall) -> Response[bytes]:
    return await _show(call, "blocked", related.blocks)


async def show_muted(call: PageCall) -> Response[bytes]:
    return await _show(call, "muted", related.mutes)


async def _show(
    call: PageCall, kind: str, fetch: Callable[[Connection, Viewer, Page], Awaitable[RelatedPage]]
) -> Response[bytes]:
    asked = asked_page(call, ACCOUNTS_PER_PAGE)
    async with call.database.reading() as conn:
        found = await fetch(conn, call.viewer, asked)
        views = await listed_account_views(conn, [each.account_id for each in found.entries])
    ends = {each.account_id: each.mute_expires_at for each in found.entries}
    links = page_links(call, asked, found.oldest_id, found.newest_id, full=found.full)
    return await page(call, "relations", kind=kind, views=views, ends=ends, links=links)
