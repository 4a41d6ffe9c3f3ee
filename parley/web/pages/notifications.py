"""Notifications: what happened to the member, by kind, and how far they have read; who waits to be let through."""

from collections.abc import Awaitable, Callable, Sequence

from litestar import Response

from parley.hydration.notification_groups import group_page
from parley.hydration.notification_requests import request_page
from parley.kit.db import Connection
from parley.kit.errors import Conflict, NotFound
from parley.kit.ids import AccountId
from parley.notifications import policy, read
from parley.notifications.models import Wanted
from parley.notifications.requests import accept_requests, dismiss_requests
from parley.timelines.markers import markers_of, set_markers
from parley.web.paging import asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall

_TIMELINE = "notifications"
KINDS = (
    ("", "All", ()),
    ("mentions", "Mentions", ("mention", "quote")),
    ("boosts", "Boosts", ("reblog",)),
    ("likes", "Likes", ("favourite",)),
    ("follows", "Follows", ("follow", "follow_request")),
    ("posts", "Posts", ("status", "update", "quoted_update")),
    ("polls", "Polls", ("poll",)),
)
_TYPES: dict[str, tuple[str, ...]] = {name: types for name, _, types in KINDS}

_Act = Callable[[Connection, AccountId, Sequence[int]], Awaitable[None]]
# What may be done about who waits: how, and what the page says afterwards.
REQUEST_ACTS: dict[str, tuple[_Act, str]] = {
    "accept": (accept_requests, "let_through"),
    "dismiss": (dismiss_requests, "turned_away"),
}


async def show_notifications(call: PageCall) -> Response[bytes]:
    asked, kind = asked_page(call), call.query.text("only")
    kind = kind if kind in _TYPES else ""
    async with call.database.reading() as conn:
        found = await group_page(conn, call.viewer, asked, Wanted(types=_TYPES[kind]))
        marker = (await markers_of(conn, call.account_id, [_TIMELINE])).get(_TIMELINE)
        waiting = (await policy.summary_of(conn, call.account_id)).requests
    return await page(
        call,
        "notifications",
        views=found.views,
        kinds=[(name, title) for name, title, _ in KINDS],
        kind=kind,
        waiting=waiting,
        read_id=marker.last_read_id if marker is not None else 0,
        links=page_links(call, asked, found.oldest, found.newest, full=found.full),
    )


async def mark_read(call: PageCall) -> Response[bytes]:
    """Up to the newest that was shown, never back."""
    last_id = call.form.id("last_id") or 0
    try:
        async with call.database.transaction() as conn:
            marker = (await markers_of(conn, call.account_id, [_TIMELINE])).get(_TIMELINE)
            if last_id > (marker.last_read_id if marker is not None else 0):
                await set_markers(conn, call.account_id, {_TIMELINE: last_id})
    except Conflict:
        # Another device was quicker, with the same or more.
        return call.redirect("/notifications")
    return call.redirect("/notifications", "read")


async def clear(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await read.clear(conn, call.account_id)
    return call.redirect("/notifications", "cleared")


# Who waits to be let through


async def show_requests(call: PageCall) -> Response[bytes]:
    asked = asked_page(call)
    async with call.database.reading() as conn:
        found = await request_page(conn, call.viewer, asked)
    links = page_links(call, asked, found.oldest, found.newest, full=found.full)
    return await page(call, "notification_requests", views=found.views, links=links)


async def act_on_request(call: PageCall) -> Response[bytes]:
    if call.path_text("act") not in REQUEST_ACTS:
        raise NotFound
    act, notice = REQUEST_ACTS[call.path_text("act")]
    async with call.database.transaction() as conn:
        await act(conn, call.account_id, [call.path_id()])
    return call.redirect("/notifications/requests", notice)
