"""/api/v1/announcements: what the operator tells all members; dismissing it, reacting to it.

https://docs.joinmastodon.org/methods/announcements/
"""

from parley.hydration.announcements import announcement_views
from parley.kit.ids import AnnouncementId
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.announcement import Announcement, to_announcement
from parley.notifications import announcements


async def show_announcements(call: Call) -> Answer:
    """Dismissed ones are among them, as such."""
    async with call.database.reading() as conn:
        views = await announcement_views(conn, call.viewer)
    return json_answer([to_announcement(each, call.settings.base_url) for each in views])


async def dismiss(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await announcements.dismiss(conn, call.viewer, AnnouncementId(call.path_id()))
    return json_answer(b"{}")


async def react(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        announcement_id = AnnouncementId(call.path_id())
        await announcements.react(conn, call.viewer, announcement_id, call.path_text("name"))
    return json_answer(b"{}")


async def unreact(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        announcement_id = AnnouncementId(call.path_id())
        await announcements.unreact(conn, call.viewer, announcement_id, call.path_text("name"))
    return json_answer(b"{}")


_ONE = "/api/v1/announcements/{id:str}"
_REACTION = f"{_ONE}/reactions/{{name:str}}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/v1/announcements", show_announcements, gives=list[Announcement]),
    Route("POST", f"{_ONE}/dismiss", dismiss, scope="write:accounts", gives=Nothing),
    Route("PUT", _REACTION, react, scope="write:favourites", gives=Nothing),
    Route("DELETE", _REACTION, unreact, scope="write:favourites", gives=Nothing),
)
