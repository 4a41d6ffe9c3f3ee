"""/api/v1/trends/*: hashtags, statuses and links that many people talk about.

https://docs.joinmastodon.org/methods/trends/
"""

from collections.abc import Sequence

from parley.discovery.models import Kind
from parley.discovery.tags import tag_views
from parley.discovery.trends import shown_trends, trending_tags
from parley.hydration.trends import ranked_links, ranked_statuses
from parley.kit.db import Connection
from parley.kit.languages import asked_languages
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.status import Status, statuses_json
from parley.mastodon_api.entities.tag import Tag, to_tag
from parley.mastodon_api.entities.trend import TrendsLink, link_json
from parley.mastodon_api.paging import OffsetPage, PageParams, offset_page


async def trending_tags_here(call: Call) -> Answer:
    page = offset_page(call, 10, 20)
    async with call.database.reading() as conn:
        ids, full = await _part(call, conn, Kind.TAG, page)
        views = await tag_views(conn, call.viewer, await trending_tags(conn, ids))
    found = [to_tag(view, call.settings.base_url) for view in views]
    return json_answer(found, headers=call.offset_header(page, full=full))


async def trending_statuses(call: Call) -> Answer:
    page = offset_page(call, 20, 40)
    async with call.database.reading() as conn:
        ids, full = await _part(call, conn, Kind.STATUS, page)
        views = await ranked_statuses(conn, call.viewer, ids)
    body = statuses_json(views, call.settings.base_url, call.viewer)
    return json_answer(body, headers=call.offset_header(page, full=full))


async def trending_links(call: Call) -> Answer:
    page = offset_page(call, 10, 20)
    async with call.database.reading() as conn:
        ids, full = await _part(call, conn, Kind.LINK, page)
        views = await ranked_links(conn, ids)
    body = b"[%b]" % b",".join([link_json(view, call.settings.base_url) for view in views])
    return json_answer(body, headers=call.offset_header(page, full=full))


async def _part(call: Call, conn: Connection, kind: Kind, page: OffsetPage) -> tuple[Sequence[int], bool]:
    """The ids of this part of the ranking, in the order for who asks, and whether more follow."""
    languages = asked_languages(call.header("accept-language") or "")
    ids = await shown_trends(conn, call.settings, kind, languages)
    return ids[page.offset : page.offset + page.limit], len(ids) > page.offset + page.limit


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/v1/trends/tags",
        trending_tags_here,
        who="anyone",
        scope="read",
        takes=PageParams,
        gives=list[Tag],
    ),
    Route(
        "GET",
        "/api/v1/trends",
        trending_tags_here,
        who="anyone",
        scope="read",
        takes=PageParams,
        gives=list[Tag],
    ),
    Route(
        "GET",
        "/api/v1/trends/statuses",
        trending_statuses,
        who="anyone",
        scope="read:statuses",
        takes=PageParams,
        gives=list[Status],
    ),
    Route(
        "GET",
        "/api/v1/trends/links",
        trending_links,
        who="anyone",
        scope="read",
        takes=PageParams,
        gives=list[TrendsLink],
    ),
)
