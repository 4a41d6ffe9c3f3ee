"""Notifications: what happened to the member, by kind, and how far they have read."""

from litestar import Response

from parley.hydration.notifications import notification_page
from parley.kit.errors import Conflict
from parley.notifications.models import Wanted
from parley.timelines.markers import markers_of, set_markers
from parley.web.paging import asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall

_TIMELINE = "notifications"
KINDS = (
    ("", "All", ()),
    ("mentions", "Mentions", ("mention",)),
    ("boosts", "Boosts", ("reblog",)),
    ("likes", "Likes", ("favourite",)),
    ("follows", "Follows", ("follow", "follow_request")),
    ("posts", "Posts", ("status", "update")),
    ("polls", "Polls", ("poll",)),
)
_TYPES = {name: types for name, _, types in KINDS}


async def show_notifications(call: PageCall) -> Response[bytes]:
    asked, kind = asked_page(call), call.query.text("only")
    kind = kind if kind in _TYPES else ""
    async with call.database.reading() as conn:
        found = await notification_page(conn, call.viewer, asked, Wanted(types=_TYPES[kind]))
        marker = (await markers_of(conn, call.account_id, [_TIMELINE])).get(_TIMELINE)
    return await page(
        call,
        "notifications",
        views=found.views,
        kinds=[(name, title) for name, title, _ in KINDS],
        kind=kind,
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
