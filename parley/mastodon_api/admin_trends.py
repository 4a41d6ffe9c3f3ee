"""/api/v1/admin/trends/*: what is ranked, allowed or not, and what staff decide about it.

https://docs.joinmastodon.org/methods/admin/trends/
"""

from collections.abc import Sequence

import msgspec

from parley.discovery.decisions import decide_as_staff, decisions_on
from parley.discovery.links import publisher_id_of, publisher_of
from parley.discovery.models import Decided, Kind, Trend
from parley.discovery.tags import require_tag_by_id
from parley.discovery.trends import all_trends, is_shown, trending_tags
from parley.hydration.models import StatusView
from parley.hydration.statuses import status_view, status_views
from parley.hydration.trends import ranked_links
from parley.identity.staff import Permission
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import TagId
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.account import spliced
from parley.mastodon_api.entities.status import status_json
from parley.mastodon_api.entities.tag import AdminTag, to_admin_tag
from parley.mastodon_api.entities.trend import (
    AdminPublisher,
    AdminTrendsLink,
    AdminTrendsStatus,
    admin_link_json,
)
from parley.mastodon_api.paging import OffsetPage, PageParams, offset_page
from parley.moderation.audit import note_decision_on_trend

_DEFAULT_LIMIT = 20
_LIMIT_MAX = 100


async def _ranked(call: Call, conn: Connection, kind: Kind) -> tuple[Sequence[Trend], dict[str, str]]:
    """The part of the whole ranking that is asked for, and the header that leads to the others."""
    page: OffsetPage = offset_page(call, _DEFAULT_LIMIT, _LIMIT_MAX)
    found = await all_trends(conn, kind)
    end = page.offset + page.limit
    return found[page.offset : end], call.offset_header(page, full=len(found) > end)


async def _decide(
    call: Call, conn: Connection, on: Decided, subject_id: int, name: str, *, allowed: bool
) -> None:
    await decide_as_staff(conn, call.viewer, on, subject_id, allowed=allowed)
    staff_id = call.viewer.account_id
    await note_decision_on_trend(conn, staff_id, on.name.lower(), name, subject_id, allowed=allowed)


def _name_of(view: StatusView) -> str:
    return f"@{view.author.account.acct}/{view.status.id}"


# Tags


async def show_tags(call: Call) -> Answer:
    async with call.database.reading() as conn:
        ranked, link = await _ranked(call, conn, Kind.TAG)
        tags = await trending_tags(conn, [each.subject_id for each in ranked])
    by_id = {each.subject_id: each for each in ranked}
    base_url = call.settings.base_url
    shown = [
        to_admin_tag(
            tag, base_url, allowed=by_id[tag.id].allowed, shown=is_shown(call.settings, by_id[tag.id])
        )
        for tag in tags
    ]
    return json_answer(shown, headers=link)


async def approve_tag(call: Call) -> Answer:
    return await _decide_tag(call, allowed=True)


async def reject_tag(call: Call) -> Answer:
    return await _decide_tag(call, allowed=False)


async def _decide_tag(call: Call, *, allowed: bool) -> Answer:
    async with call.database.transaction() as conn:
        tag = await require_tag_by_id(conn, TagId(call.path_id()))
        await _decide(call, conn, Decided.TAG, tag.id, f"#{tag.display_name}", allowed=allowed)
    return json_answer(to_admin_tag(tag, call.settings.base_url, allowed=allowed, shown=allowed))


# Statuses


async def show_statuses(call: Call) -> Answer:
    async with call.database.reading() as conn:
        ranked, link = await _ranked(call, conn, Kind.STATUS)
        views = await status_views(conn, call.viewer, [each.subject_id for each in ranked])
    undecided = {each.subject_id for each in ranked if each.allowed is None}
    shown = [
        spliced(
            status_json(view, call.settings.base_url, call.viewer),
            {"requires_review": view.status.id in undecided},
        )
        for view in views
    ]
    return json_answer(b"[%b]" % b",".join(shown), headers=link)


async def approve_status(call: Call) -> Answer:
    return await _decide_status(call, allowed=True)


async def reject_status(call: Call) -> Answer:
    return await _decide_status(call, allowed=False)


async def _decide_status(call: Call, *, allowed: bool) -> Answer:
    async with call.database.transaction() as conn:
        view = await status_view(conn, call.viewer, call.path_id())
        await _decide(call, conn, Decided.STATUS, view.status.id, _name_of(view), allowed=allowed)
    body = status_json(view, call.settings.base_url, call.viewer)
    return json_answer(spliced(body, {"requires_review": False}))


# Links and their publishers


async def show_links(call: Call) -> Answer:
    async with call.database.reading() as conn:
        ranked, link = await _ranked(call, conn, Kind.LINK)
        views = await ranked_links(conn, [each.subject_id for each in ranked])
    undecided = {each.subject_id for each in ranked if each.allowed is None}
    shown = [
        admin_link_json(view, call.settings.base_url, requires_review=int(view.card.card.id) in undecided)
        for view in views
    ]
    return json_answer(b"[%b]" % b",".join(shown), headers=link)


async def approve_link(call: Call) -> Answer:
    return await _decide_link(call, allowed=True)


async def reject_link(call: Call) -> Answer:
    return await _decide_link(call, allowed=False)


async def _decide_link(call: Call, *, allowed: bool) -> Answer:
    async with call.database.transaction() as conn:
        views = await ranked_links(conn, [call.path_id()])
        if not views:
            raise NotFound
        card_id = int(views[0].card.card.id)
        await _decide(call, conn, Decided.LINK, card_id, views[0].card.card.url, allowed=allowed)
    return json_answer(admin_link_json(views[0], call.settings.base_url, requires_review=False))


async def show_publishers(call: Call) -> Answer:
    """Those of the links that are ranked."""
    async with call.database.reading() as conn:
        found = list((await _publishers(conn)).items())
        decided = await decisions_on(conn, Decided.PUBLISHER, [each for each, _ in found])
    return json_answer([_publisher(call, each, host, decided.get(each)) for each, host in found])


async def _publishers(conn: Connection) -> dict[int, str]:
    ranked = await all_trends(conn, Kind.LINK)
    views = await ranked_links(conn, [each.subject_id for each in ranked])
    urls = [view.card.card.url for view in views]
    return {publisher_id_of(url): publisher_of(url) for url in urls}


def _publisher(call: Call, publisher_id: int, host: str, allowed: bool | None) -> AdminPublisher:
    trendable = not call.settings.trends_need_approval if allowed is None else allowed
    return AdminPublisher(
        id=str(publisher_id), domain=host, trendable=trendable, requires_review=allowed is None
    )


async def approve_publisher(call: Call) -> Answer:
    return await _decide_publisher(call, allowed=True)


async def reject_publisher(call: Call) -> Answer:
    return await _decide_publisher(call, allowed=False)


async def _decide_publisher(call: Call, *, allowed: bool) -> Answer:
    publisher_id = call.path_id()
    async with call.database.transaction() as conn:
        host = (await _publishers(conn)).get(publisher_id)
        if host is None:
            raise NotFound
        await _decide(call, conn, Decided.PUBLISHER, publisher_id, host, allowed=allowed)
    return json_answer(_publisher(call, publisher_id, host, allowed))


def _routes() -> tuple[Route, ...]:
    """A list of each, and the two decisions on one of it."""
    start = "/api/v1/admin/trends"
    kinds = (
        ("tags", show_tags, approve_tag, reject_tag, AdminTag),
        ("statuses", show_statuses, approve_status, reject_status, AdminTrendsStatus),
        ("links", show_links, approve_link, reject_link, AdminTrendsLink),
        ("links/publishers", show_publishers, approve_publisher, reject_publisher, AdminPublisher),
    )
    made: list[Route] = []
    for name, show, approve, reject, entity in kinds:
        read = Route("GET", f"{start}/{name}", show, scope="admin:read", gives=list[entity])  # type: ignore[valid-type]
        if name != "links/publishers":
            read = msgspec.structs.replace(read, takes=PageParams)
        made.append(read)
        for word, decide in (("approve", approve), ("reject", reject)):
            path = f"{start}/{name}/{{id:str}}/{word}"
            made.append(Route("POST", path, decide, scope="admin:write", gives=entity))
    return tuple(msgspec.structs.replace(each, needs=Permission.MANAGE_TAXONOMIES) for each in made)


ROUTES: tuple[Route, ...] = _routes()
