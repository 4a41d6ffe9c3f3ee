"""Who quotes a post; taking one's own post out of another's."""

from litestar import Response
from litestar.exceptions import NotFoundException

from parley.hydration.pages import SkeletonItem, status_page
from parley.hydration.rules import keep_all, keep_in_thread
from parley.hydration.statuses import note_shown
from parley.kit.ids import StatusId
from parley.kit.paging import Page
from parley.publishing.quote import quotes_page, revoke_quote
from parley.publishing.reblog import reblogged_visible
from parley.web.paging import asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall


async def show_quotes(call: PageCall) -> Response[bytes]:
    if not call.path_text("handle").startswith("@"):
        raise NotFoundException
    asked = asked_page(call)
    async with call.database.reading() as conn:
        found = await reblogged_visible(conn, call.viewer, StatusId(call.path_id("status_id")))

        async def skeleton(part: Page) -> list[SkeletonItem]:
            rows = await quotes_page(conn, found.status.id, part)
            return [SkeletonItem(quoting_id, quoting_id) for quoting_id, _ in rows]

        own = found.status.account_id == call.viewer.account_id
        shown = await status_page(conn, call.viewer, asked, skeleton, keep_all if own else keep_in_thread)
    note_shown(call.viewer, [found])
    links = page_links(call, asked, shown.oldest, shown.newest, full=shown.full)
    return await page(call, "quotes", found=found, views=shown.views, links=links, own=own)


async def revoke(call: PageCall) -> Response[bytes]:
    status_id, quoting_id = StatusId(call.path_id()), StatusId(call.path_id("quoting_id"))
    async with call.database.transaction() as conn:
        await revoke_quote(conn, call.viewer, status_id, quoting_id)
    return call.redirect(call.back, "quote_revoked")
