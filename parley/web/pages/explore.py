"""What there is to find: posts, tags and links that many talk about, people to follow, the directory; and staff's say."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar import Response

from parley.discovery.decisions import decide_as_staff
from parley.discovery.directory import directory_page
from parley.discovery.links import publisher_of
from parley.discovery.models import Decided, Kind, Trend
from parley.discovery.suggestions import dismiss_suggestion, suggestions_for
from parley.discovery.trends import all_trends, shown_trends, trending_tags
from parley.hydration.accounts import account_views
from parley.hydration.statuses import status_views
from parley.hydration.trends import ranked_links, ranked_statuses
from parley.identity.reading import note_given
from parley.identity.staff import Permission, may, require_staff
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId
from parley.kit.languages import asked_languages
from parley.moderation.audit import note_decision_on_trend
from parley.web.paging import ACCOUNTS_PER_PAGE, PageLinks
from parley.web.render import page
from parley.web.session import PageCall

TABS = (("posts", "Posts"), ("tags", "Tags"), ("links", "Links"), ("people", "People"))
_SHOWN_MAX = 20
_SUGGESTED_MAX = 20
_DIRECTORY_MAX = 2_000

Find = Callable[[PageCall, Connection], Awaitable[object]]


async def _posts(call: PageCall, conn: Connection) -> object:
    return await ranked_statuses(conn, call.viewer, await _ids(call, conn, Kind.STATUS))


async def _tags(call: PageCall, conn: Connection) -> object:
    return await trending_tags(conn, await _ids(call, conn, Kind.TAG))


async def _links(call: PageCall, conn: Connection) -> object:
    return await ranked_links(conn, await _ids(call, conn, Kind.LINK))


async def _people(call: PageCall, conn: Connection) -> object:
    """Suggestions with why, for members; visitors are led to the directory."""
    if call.viewer.account_id is None:
        return []
    found = await suggestions_for(conn, call.settings, call.viewer, _SUGGESTED_MAX)
    views = await account_views(conn, [each.account_id for each in found])
    note_given(call.viewer, views)
    return [(each, views[each.account_id]) for each in found if each.account_id in views]


_FINDS: dict[str, Find] = {"posts": _posts, "tags": _tags, "links": _links, "people": _people}


async def _ids(call: PageCall, conn: Connection, kind: Kind) -> list[int]:
    languages = asked_languages(call.request.headers.get("accept-language", ""))
    return (await shown_trends(conn, call.settings, kind, languages))[:_SHOWN_MAX]


async def show_explore(call: PageCall) -> Response[bytes]:
    asked = call.query.text("show")
    tab = asked if asked in _FINDS else "posts"
    # A transaction, as a member's suggestions are worked out when they first ask.
    async with call.database.transaction() as conn:
        found = await _FINDS[tab](call, conn)
    staff = may(call.viewer, Permission.MANAGE_TAXONOMIES)
    return await page(call, "explore", tab=tab, tabs=TABS, found=found, staff=staff)


async def dismiss(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await dismiss_suggestion(conn, call.viewer, AccountId(call.path_id()))
    return call.redirect("/explore?show=people")


async def show_directory(call: PageCall) -> Response[bytes]:
    order = "new" if call.query.text("order") == "new" else "active"
    offset = min(call.query.number("offset") or 0, _DIRECTORY_MAX)
    async with call.database.reading() as conn:
        views, full = await directory_page(
            conn, call.viewer, "new" if order == "new" else "active", ACCOUNTS_PER_PAGE, offset
        )
    note_given(call.viewer, (each.account.id for each in views))
    full = full and offset < _DIRECTORY_MAX
    return await page(
        call, "directory", views=views, order=order, links=_directory_links(order, offset, full=full)
    )


def _directory_links(order: str, offset: int, *, full: bool) -> PageLinks:
    start = f"/directory?order={order}"
    return PageLinks(
        older=f"{start}&offset={offset + ACCOUNTS_PER_PAGE}" if full else None,
        newest=start if offset else None,
    )


# What staff decide ------------------------------------------------------------------------------------


class Choice(msgspec.Struct, frozen=True):
    """Something to decide upon: its path, words for it, and how it stands."""

    path: str
    name: str
    href: str
    allowed: bool | None
    note: str = ""


# By the word in the address.
_DECIDED = {
    "tag": Decided.TAG,
    "status": Decided.STATUS,
    "author": Decided.AUTHOR,
    "link": Decided.LINK,
    "publisher": Decided.PUBLISHER,
}


async def show_review(call: PageCall) -> Response[bytes]:
    """All that is ranked, with two buttons each."""
    require_staff(call.viewer, Permission.MANAGE_TAXONOMIES)
    async with call.database.reading() as conn:
        tags = await _tag_choices(conn)
        links = await _link_choices(conn)
        ranked = await all_trends(conn, Kind.STATUS)
        views = await status_views(conn, call.viewer, [each.subject_id for each in ranked])
    allowed = {each.subject_id: each.allowed for each in ranked}
    return await page(call, "trends_review", tags=tags, links=links, views=views, allowed=allowed)


async def _tag_choices(conn: Connection) -> list[Choice]:
    ranked = {each.subject_id: each for each in await all_trends(conn, Kind.TAG)}
    tags = await trending_tags(conn, list(ranked))
    return [
        Choice(
            f"/explore/review/tag/{each.id}",
            f"#{each.display_name}",
            f"/tags/{each.name}",
            ranked[each.id].allowed,
        )
        for each in tags
    ]


async def _link_choices(conn: Connection) -> list[Choice]:
    ranked: dict[int, Trend] = {each.subject_id: each for each in await all_trends(conn, Kind.LINK)}
    views = await ranked_links(conn, list(ranked))
    choices = []
    for view in views:
        card = view.card.card
        trend = ranked[int(card.id)]
        host = publisher_of(card.url)
        choices.append(
            Choice(f"/explore/review/link/{card.id}", card.title, card.url, trend.allowed, f"on {host}")
        )
        choices.append(
            Choice(
                f"/explore/review/publisher/{trend.group_id}",
                f"Everything on {host}",
                f"https://{host}/",
                None,
            )
        )
    return list({choice.path: choice for choice in choices}.values())


async def decide(call: PageCall) -> Response[bytes]:
    on = _DECIDED.get(call.path_text("kind"))
    act = call.path_text("act")
    require_staff(call.viewer, Permission.MANAGE_TAXONOMIES)
    if on is None or act not in {"allow", "refuse"}:
        raise NotFound
    subject_id, allowed = call.path_id(), act == "allow"
    async with call.database.transaction() as conn:
        await decide_as_staff(conn, call.viewer, on, subject_id, allowed=allowed)
        name = await _NAMING[on](conn, call.viewer, subject_id) or str(subject_id)
        staff_id, what = call.viewer.account_id, call.path_text("kind")
        await note_decision_on_trend(conn, staff_id, what, name, subject_id, allowed=allowed)
    return call.redirect("/explore/review", "decided")


# How the log calls what was decided upon; empty for what is gone.


async def _tag_name(conn: Connection, _viewer: Viewer, tag_id: int) -> str:
    return next((f"#{each.display_name}" for each in await trending_tags(conn, [tag_id])), "")


async def _status_name(conn: Connection, viewer: Viewer, status_id: int) -> str:
    views = await status_views(conn, viewer, [status_id])
    return next((f"@{each.author.account.acct}/{each.status.id}" for each in views), "")


async def _author_name(conn: Connection, _viewer: Viewer, account_id: int) -> str:
    views = await account_views(conn, {AccountId(account_id)})
    return next((f"@{each.account.acct}" for each in views.values()), "")


async def _link_name(conn: Connection, _viewer: Viewer, card_id: int) -> str:
    return next((each.card.card.url for each in await ranked_links(conn, [card_id])), "")


async def _publisher_name(conn: Connection, viewer: Viewer, publisher_id: int) -> str:
    ranked = await all_trends(conn, Kind.LINK)
    card_id = next((each.subject_id for each in ranked if each.group_id == publisher_id), None)
    return "" if card_id is None else publisher_of(await _link_name(conn, viewer, card_id))


_NAMING: dict[Decided, Callable[[Connection, Viewer, int], Awaitable[str]]] = {
    Decided.TAG: _tag_name,
    Decided.STATUS: _status_name,
    Decided.AUTHOR: _author_name,
    Decided.LINK: _link_name,
    Decided.PUBLISHER: _publisher_name,
}
