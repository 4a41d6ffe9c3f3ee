"""Pages of posts that a search has found: as every list, with the predicate and the rules over what the index says."""

import msgspec

from parley.discovery.search_statuses import Search, find_statuses
from parley.hydration.pages import SkeletonItem, StatusPage, status_page
from parley.hydration.rules import keep_in_search
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.paging import Page
from parley.publishing.visibility import VisibleStatus


class FoundPage(msgspec.Struct, frozen=True):
    """`reached`: how far back was looked, where that did not fill the page and older posts may fit; else None."""

    page: StatusPage
    reached: int | None


async def found_page(
    conn: Connection, viewer: Viewer, search: Search | None, page: Page, offset: int = 0
) -> FoundPage:
    """Without a search nothing. `offset` counts what the index found, so no post comes twice."""
    if search is None:
        return FoundPage(StatusPage([], None, None, full=False), None)
    library: set[int] = set()
    skipped, reached = offset, None

    async def skeleton(question: Page) -> list[SkeletonItem]:
        nonlocal skipped, reached
        wanted = msgspec.structs.replace(question, limit=question.limit + skipped)
        found = await find_statuses(conn, viewer, search, wanted)
        library.update(found.in_library)
        reached = found.reached if len(found.ids) < wanted.limit else None
        items = [SkeletonItem(each, each) for each in found.ids[skipped:]]
        skipped = 0
        return items

    def keep(found: VisibleStatus, viewer: Viewer) -> bool:
        return keep_in_search(found, viewer, in_library=found.status.id in library)

    return FoundPage(await status_page(conn, viewer, page, skeleton, keep), reached)
