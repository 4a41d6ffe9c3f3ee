"""What members do with announcements, from the top of their home: dismiss, react."""

from collections.abc import Awaitable, Callable

from litestar import Response

from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AnnouncementId
from parley.notifications import announcements
from parley.web.session import PageCall

Act = Callable[[PageCall, Connection, AnnouncementId], Awaitable[None]]


async def _dismiss(call: PageCall, conn: Connection, announcement_id: AnnouncementId) -> None:
    await announcements.dismiss(conn, call.viewer, announcement_id)


async def _react(call: PageCall, conn: Connection, announcement_id: AnnouncementId) -> None:
    await announcements.react(conn, call.viewer, announcement_id, call.form.text("name"))


async def _unreact(call: PageCall, conn: Connection, announcement_id: AnnouncementId) -> None:
    await announcements.unreact(conn, call.viewer, announcement_id, call.form.text("name"))


ACTS: dict[str, Act] = {"dismiss": _dismiss, "react": _react, "unreact": _unreact}


async def act_on_announcement(call: PageCall) -> Response[bytes]:
    act = ACTS.get(call.path_text("act"))
    if act is None:
        raise NotFound
    async with call.database.transaction() as conn:
        await act(call, conn, AnnouncementId(call.path_id()))
    return call.redirect(call.back)
