"""Lists of posts: home, local, a list, likes, bookmarks."""

from collections.abc import Sequence
from typing import Any

from litestar import Response

from parley.graph.lists import require_list
from parley.hydration import rules
from parley.hydration.announcements import unread_announcements
from parley.hydration.pages import SkeletonItem, StatusPage, status_page
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import ListId
from parley.kit.paging import Page
from parley.publishing.interactions import bookmarks_page, favourites_page
from parley.timelines.home import home_entries_page, list_entries_page
from parley.timelines.models import TimelineEntry
from parley.timelines.public import public_page
from parley.web.pages.compose import blank_draft
from parley.web.paging import asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall


async def home(call: PageCall) -> Response[bytes]:
    asked = asked_page(call)

    async with call.database.reading() as conn:
        draft = await blank_draft(call, conn)

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return _entries(await home_entries_page(conn, call.account_id, page))

        found = await status_page(conn, call.viewer, asked, skeleton, rules.keep_in_home, "home")
        announcements = await unread_announcements(conn, call.viewer)
    return await _show(call, "home", asked, found, draft=draft, announcements=announcements)


async def local(call: PageCall) -> Response[bytes]:
    asked = asked_page(call)
    async with call.database.reading() as conn:
        found = await local_page(conn, call.viewer, asked)
    return await _show(call, "local", asked, found)


async def local_page(conn: Connection, viewer: Viewer, asked: Page) -> StatusPage:
    async def skeleton(page: Page) -> list[SkeletonItem]:
        return _plain(await public_page(conn, page))

    return await status_page(conn, viewer, asked, skeleton, rules.keep_in_public, "public")


async def list_timeline(call: PageCall) -> Response[bytes]:
    asked = asked_page(call)
    async with call.database.reading() as conn:
        shown = await require_list(conn, call.viewer, ListId(call.path_id()))

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return _entries(await list_entries_page(conn, shown.id, page))

        rule = rules.keep_in_list_without_replies if shown.replies_policy == "none" else rules.keep_in_list
        found = await status_page(conn, call.viewer, asked, skeleton, rule, "home")
    return await _show(call, "list", asked, found, list=shown)


async def favourites(call: PageCall) -> Response[bytes]:
    asked = asked_page(call)
    async with call.database.reading() as conn:

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [SkeletonItem(*row) for row in await favourites_page(conn, call.account_id, page)]

        found = await status_page(conn, call.viewer, asked, skeleton, rules.keep_all)
    return await _show(call, "favourites", asked, found)


async def bookmarks(call: PageCall) -> Response[bytes]:
    asked = asked_page(call)
    async with call.database.reading() as conn:

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [SkeletonItem(*row) for row in await bookmarks_page(conn, call.account_id, page)]

        found = await status_page(conn, call.viewer, asked, skeleton, rules.keep_all)
    return await _show(call, "bookmarks", asked, found)


def _entries(found: Sequence[TimelineEntry]) -> list[SkeletonItem]:
    return [SkeletonItem(each.status_id, each.status_id, each.reblog_of_id) for each in found]


def _plain(ids: Sequence[int]) -> list[SkeletonItem]:
    return [SkeletonItem(each, each) for each in ids]


async def _show(
    call: PageCall, template: str, asked: Page, found: StatusPage, **values: Any
) -> Response[bytes]:
    links = page_links(call, asked, found.oldest, found.newest, full=found.full)
    return await page(call, template, views=found.views, links=links, **values)
