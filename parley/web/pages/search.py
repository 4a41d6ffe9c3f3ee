"""Finding accounts; a word with a # before it leads to its tag."""

from litestar import Response

from parley.discovery.search_accounts import search_accounts
from parley.publishing.text import is_tag
from parley.web.render import page, tag_path
from parley.web.session import PageCall

_RESULTS_MAX = 40
_QUERY_LENGTH_MAX = 300


async def search(call: PageCall) -> Response[bytes]:
    asked = call.query.text("q").strip()[:_QUERY_LENGTH_MAX]
    if asked.startswith("#") and is_tag(asked[1:]):
        return call.redirect(tag_path(asked[1:]))
    async with call.database.reading() as conn:
        found = await search_accounts(conn, call.settings, call.viewer, asked, limit=_RESULTS_MAX)
    return await page(call, "search", query=asked, views=found)
