"""What belongs to a post: its earlier states, who liked it, who boosted it. To whoever may see the post itself."""

from collections.abc import Awaitable, Callable, Mapping

from litestar import Response
from litestar.exceptions import NotFoundException

from parley.hydration.media import media_of_edits
from parley.hydration.models import MediaView
from parley.hydration.statuses import note_shown
from parley.hydration.who_acted import PeoplePage, boosters_page, likers_page
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.kit.paging import Page
from parley.publishing.edit import history_of
from parley.publishing.models import StatusEdit
from parley.publishing.reblog import reblogged_visible
from parley.web.paging import ACCOUNTS_PER_PAGE, asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall


async def show_edits(call: PageCall) -> Response[bytes]:
    """Newest first, as readers wonder what changed last."""
    async with call.database.reading() as conn:
        found, edits = await history_of(conn, call.viewer, call.settings, _status_id(call))
        media = await media_of_edits(conn, found.status.id, edits)
    note_shown(call.viewer, [found])
    shown = [(each, _media_then(each, media)) for each in edits[::-1]]
    return await page(call, "edits", found=found, edits=shown)


def _media_then(edit: StatusEdit, media: Mapping[int, MediaView]) -> list[MediaView]:
    """With the descriptions that they had."""
    return [media[each.id].described(each.description) for each in edit.media if each.id in media]


async def show_likes(call: PageCall) -> Response[bytes]:
    return await _show_who(call, "likes", likers_page)


async def show_boosts(call: PageCall) -> Response[bytes]:
    return await _show_who(call, "boosts", boosters_page)


async def _show_who(
    call: PageCall,
    kind: str,
    people_page: Callable[[Connection, Viewer, StatusId, Page], Awaitable[PeoplePage]],
) -> Response[bytes]:
    asked = asked_page(call, ACCOUNTS_PER_PAGE)
    async with call.database.reading() as conn:
        found = await reblogged_visible(conn, call.viewer, _status_id(call))
        shown = await people_page(conn, call.viewer, found.status.id, asked)
    note_shown(call.viewer, [found])
    links = page_links(call, asked, shown.oldest, shown.newest, full=shown.full)
    return await page(call, "who", kind=kind, found=found, views=shown.views, links=links)


def _status_id(call: PageCall) -> StatusId:
    if not call.path_text("handle").startswith("@"):
        raise NotFoundException
    return StatusId(call.path_id("status_id"))
