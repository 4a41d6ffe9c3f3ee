"""Who liked a status, and who boosted it, newest first."""

import msgspec

from parley.hydration.accounts import listed_account_views
from parley.hydration.pages import SkeletonItem, visible_page
from parley.hydration.rules import keep_all
from parley.identity.models import AccountView
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId
from parley.kit.paging import Page
from parley.publishing.interactions import favourited_by, reblogged_by


class PeoplePage(msgspec.Struct, frozen=True):
    """As StatusPage, of the people who did something with a status."""

    views: list[AccountView]
    oldest: int | None
    newest: int | None
    full: bool


async def boosters_page(conn: Connection, viewer: Viewer, status_id: StatusId, page: Page) -> PeoplePage:
    """A boost for followers alone is theirs to know of: neither its maker nor its id is told to others."""

    async def skeleton(page: Page) -> list[SkeletonItem]:
        rows = await reblogged_by(conn, status_id, page)
        return [SkeletonItem(wrapper_id, wrapper_id, status_id) for wrapper_id, _ in rows]

    boosts = await visible_page(conn, viewer, page, skeleton, keep_all, boosts_apart=True)
    views = await listed_account_views(conn, [each.status.account_id for each in boosts.found], viewer)
    return PeoplePage(views, boosts.oldest, boosts.newest, boosts.full)


async def likers_page(conn: Connection, viewer: Viewer, status_id: StatusId, page: Page) -> PeoplePage:
    """To whoever may see the status."""
    rows = await favourited_by(conn, status_id, page)
    views = await listed_account_views(conn, [AccountId(each[1]) for each in rows], viewer)
    oldest, newest = (rows[-1][0], rows[0][0]) if rows else (None, None)
    return PeoplePage(views, oldest, newest, len(rows) >= page.limit)
