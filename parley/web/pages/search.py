"""Search: people, posts and tags, each with a tab of its own; a word with a # before it leads to its tag."""

from litestar import Response

from parley.discovery.models import TagView
from parley.discovery.search_accounts import search_accounts
from parley.discovery.search_statuses import make_search
from parley.discovery.search_tags import search_tags
from parley.discovery.tags import tag_views, tags_by_names
from parley.hydration.found_statuses import FoundPage, found_page
from parley.identity.models import AccountView
from parley.identity.reading import note_given
from parley.kit.db import Connection
from parley.kit.paging import Page
from parley.publishing.text import is_tag
from parley.web.paging import PageLinks, asked_page, page_links
from parley.web.render import page, tag_path
from parley.web.session import PageCall

TABS = (("all", "All"), ("people", "People"), ("posts", "Posts"), ("tags", "Tags"))
_RESULTS_MAX = 40
# Of each kind, where all are shown together.
_SHORT = 4
_QUERY_LENGTH_MAX = 500


async def search(call: PageCall) -> Response[bytes]:
    asked = call.query.text("q").strip()[:_QUERY_LENGTH_MAX]
    tab = call.query.text("type")
    if not tab and asked.startswith("#") and is_tag(asked[1:]):
        return call.redirect(tag_path(asked[1:]))
    if asked.startswith(f"{call.settings.base_url}/@"):
        return call.redirect(asked.removeprefix(call.settings.base_url))
    tab = tab if tab in dict(TABS) else "all"
    bounds = asked_page(call)
    async with call.database.reading() as conn:
        people = await _people(call, conn, asked, tab)
        tags = await _tags(call, conn, asked, tab)
        found = await _posts(call, conn, asked, tab, bounds)
    note_given(call.viewer, (each.account.id for each in people))
    return await page(
        call,
        "search",
        query=asked,
        tab=tab,
        tabs=TABS,
        people=people,
        tags=tags,
        posts=found.page.views,
        links=_links(call, bounds, found) if tab in {"all", "posts"} else PageLinks(),
        reached=found.reached,
    )


async def _people(call: PageCall, conn: Connection, asked: str, tab: str) -> list[AccountView]:
    if tab not in {"all", "people"}:
        return []
    limit = _SHORT if tab == "all" else _RESULTS_MAX
    return await search_accounts(conn, call.settings, call.viewer, asked, limit=limit)


async def _tags(call: PageCall, conn: Connection, asked: str, tab: str) -> list[TagView]:
    if tab not in {"all", "tags"}:
        return []
    names = await search_tags(conn, asked, limit=_SHORT if tab == "all" else _RESULTS_MAX)
    return await tag_views(conn, call.viewer, await tags_by_names(conn, names)) if names else []


async def _posts(call: PageCall, conn: Connection, asked: str, tab: str, bounds: Page) -> FoundPage:
    wanted = asked if tab in {"all", "posts"} else ""
    search = await make_search(conn, call.settings, call.viewer, wanted)
    # Only ever further back: whoever wants the newest asks anew.
    return await found_page(conn, call.viewer, search, Page(limit=bounds.limit, max_id=bounds.max_id))


def _links(call: PageCall, bounds: Page, found: FoundPage) -> PageLinks:
    """Older ones also where the search gave up before the page was full."""
    shown = found.page
    begun = Page(limit=bounds.limit, max_id=bounds.max_id)
    if found.reached is not None and not shown.full:
        return page_links(call, begun, found.reached, shown.newest or found.reached, full=True)
    return page_links(call, begun, shown.oldest, shown.newest, full=shown.full)
