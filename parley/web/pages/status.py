"""One post with its thread; deleting it; what members do with posts: like, boost, bookmark, pin, mute, vote."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from litestar import Response
from litestar.exceptions import NotFoundException

from parley.hydration.models import StatusView
from parley.hydration.rules import keep_in_thread
from parley.hydration.statuses import complete, status_view
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import PollId, StatusId
from parley.publishing import bookmark, favourite, poll, reblog
from parley.publishing.delete import delete_status, require_own
from parley.publishing.thread import thread_around
from parley.publishing.visibility import visible_statuses
from parley.timelines.publish import publish_reblog
from parley.web.pages.compose import reply_draft
from parley.web.render import page, status_path
from parley.web.session import PageCall, own_path

# A page that is too long is read by nobody, and loads on no phone.
_ANCESTORS_MAX = 60
_DESCENDANTS_MAX = 200
_INDENT_MAX = 4


class ThreadPart(msgspec.Struct, frozen=True):
    """`indent`: how far below the shown post, up to a few steps."""

    view: StatusView
    indent: int = 0


async def show_status(call: PageCall) -> Response[bytes]:
    """At `status.url`. A boost leads to what it boosts."""
    if not call.path_text("handle").startswith("@"):
        raise NotFoundException
    status_id = StatusId(call.path_id("status_id"))
    async with call.database.reading() as conn:
        view = await status_view(conn, call.viewer, status_id)
        shown = view.reblog or view
        path = status_path(shown.status, shown.author.account)
        if call.request.scope["path"] != path:
            return call.redirect(path)
        thread = await thread_around(conn, call.viewer, status_id)
        above = await _views(conn, call.viewer, thread.ancestors[-_ANCESTORS_MAX:])
        below = await _views(conn, call.viewer, thread.descendants[:_DESCENDANTS_MAX])
        draft = await reply_draft(call, conn, view) if view.permissions.reply else None
    return await page(
        call,
        "status",
        view=view,
        above=above,
        below=_indented(status_id, below),
        more=max(0, len(thread.descendants) - _DESCENDANTS_MAX),
        draft=draft,
    )


async def show_file(call: PageCall) -> Response[bytes]:
    """One picture of a post, as large as it is; `place` counts from one."""
    if not call.path_text("handle").startswith("@"):
        raise NotFoundException
    async with call.database.reading() as conn:
        view = await status_view(conn, call.viewer, StatusId(call.path_id("status_id")))
    shown, place = view.reblog or view, call.path_id("place")
    if place > len(shown.media) or not shown.media[place - 1].paths:
        raise NotFound
    path = status_path(shown.status, shown.author.account)
    if call.request.scope["path"] != f"{path}/files/{place}":
        return call.redirect(f"{path}/files/{place}")
    return await page(call, "file", view=shown, file=shown.media[place - 1], place=place, path=path)


async def _views(conn: Connection, viewer: Viewer, ids: Sequence[StatusId]) -> list[StatusView]:
    visible = await visible_statuses(conn, viewer, ids)
    kept = [visible[each] for each in ids if each in visible and keep_in_thread(visible[each], viewer)]
    return await complete(conn, viewer, kept, "thread")


def _indented(root_id: StatusId, views: Sequence[StatusView]) -> list[ThreadPart]:
    depths = {root_id: 0}
    parts = []
    for view in views:
        parent_id = view.status.in_reply_to_id
        depth = depths.get(parent_id, 0) + 1 if parent_id is not None else 1
        depths[view.status.id] = depth
        parts.append(ThreadPart(view, min(depth - 1, _INDENT_MAX)))
    return parts


# Deleting


async def show_delete(call: PageCall) -> Response[bytes]:
    status_id = StatusId(call.path_id())
    async with call.database.reading() as conn:
        await require_own(conn, call.viewer, status_id)
        view = await status_view(conn, call.viewer, status_id)
    return await page(call, "delete", view=view, back=own_path(call.query.text("back")) or "/home")


async def delete(call: PageCall) -> Response[bytes]:
    status_id = StatusId(call.path_id())
    await call.limiter.spend_deletion(call.database, call.account_id)
    async with call.database.transaction() as conn:
        found = await require_own(conn, call.viewer, status_id)
        await delete_status(conn, call.services.pubsub, found.status)
    # Its own page is gone with it.
    back = "/home" if f"/{status_id}" in call.back else call.back
    return call.redirect(back, "deleted")


# Acts


async def _boost(call: PageCall, conn: Connection, status_id: StatusId) -> str:
    await publish_reblog(conn, call.viewer, status_id)
    return ""


async def _unboost(call: PageCall, conn: Connection, status_id: StatusId) -> str:
    await reblog.unreblog(conn, call.viewer, call.services.pubsub, status_id)
    return ""


async def _mute_thread(call: PageCall, conn: Connection, status_id: StatusId) -> str:
    await bookmark.mute_thread(conn, call.viewer, status_id, muted=True)
    return "thread_muted"


async def _unmute_thread(call: PageCall, conn: Connection, status_id: StatusId) -> str:
    await bookmark.mute_thread(conn, call.viewer, status_id, muted=False)
    return "thread_unmuted"


Act = Callable[[PageCall, Connection, StatusId], Awaitable[str]]


def _plain(act: Callable[[Connection, Viewer, StatusId], Awaitable[object]], notice: str = "") -> Act:
    async def acting(call: PageCall, conn: Connection, status_id: StatusId) -> str:
        await act(conn, call.viewer, status_id)
        return notice

    return acting


# Each does its work and names the notice to show; what shows by itself on the button needs none.
ACTS: dict[str, Act] = {
    "favourite": _plain(favourite.favourite),
    "unfavourite": _plain(favourite.unfavourite),
    "reblog": _boost,
    "unreblog": _unboost,
    "bookmark": _plain(bookmark.bookmark),
    "unbookmark": _plain(bookmark.unbookmark),
    "pin": _plain(bookmark.pin, "pinned"),
    "unpin": _plain(bookmark.unpin, "unpinned"),
    "mute": _mute_thread,
    "unmute": _unmute_thread,
}


async def act_on_status(call: PageCall) -> Response[bytes]:
    act = ACTS.get(call.path_text("act"))
    if act is None:
        raise NotFound
    async with call.database.transaction() as conn:
        notice = await act(call, conn, StatusId(call.path_id()))
    return call.redirect(call.back, notice)


async def vote(call: PageCall) -> Response[bytes]:
    choices = [
        int(text) for text in call.form.texts("choice") if text.isascii() and text.isdigit() and len(text) < 4
    ]
    async with call.database.transaction() as conn:
        await poll.vote(conn, call.viewer, PollId(call.path_id()), choices)
    return call.redirect(call.back, "voted")
