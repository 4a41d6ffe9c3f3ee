"""The front page and what this server says of itself."""

from litestar import Response

from parley.identity.statistics import site_counts
from parley.kit.paging import Page
from parley.publishing.poll import OPTION_LENGTH_MAX
from parley.web.pages.timelines import local_page
from parley.web.render import page
from parley.web.session import PageCall

_PREVIEW_LENGTH = 10


async def landing(call: PageCall) -> Response[bytes]:
    """Members have a home; visitors see what this is and what is being said."""
    if call.viewer.account_id is not None:
        return call.redirect("/home")
    async with call.database.reading() as conn:
        preview = await local_page(conn, call.viewer, Page(limit=_PREVIEW_LENGTH))
    return await page(call, "landing", views=preview.views)


async def about(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        counts = await site_counts(conn)
    return await page(call, "about", counts=counts, option_length_max=OPTION_LENGTH_MAX)
