"""/api/v1/notifications: what happened to the member; dismissing; counting the unread.

https://docs.joinmastodon.org/methods/notifications/
"""

import msgspec

from parley.hydration.notifications import notification_page, notification_view
from parley.kit.ids import AccountId, NotificationId
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.notification import (
    Notification,
    UnreadCount,
    notification_json,
    notifications_json,
)
from parley.mastodon_api.paging import PageParams, page_from
from parley.mastodon_api.shapes import Id
from parley.notifications.models import Wanted
from parley.notifications.read import clear, dismiss, unread_count

LIMIT_DEFAULT, LIMIT_MAX = 40, 80
COUNT_DEFAULT, COUNT_MAX = 100, 1000


class ListParams(PageParams, frozen=True, kw_only=True):
    types: list[str] = msgspec.field(default_factory=list)
    exclude_types: list[str] = msgspec.field(default_factory=list)
    account_id: Id | None = None
    include_filtered: bool = False

    @property
    def wanted(self) -> Wanted:
        account_id = None if self.account_id is None else AccountId(self.account_id)
        return Wanted(tuple(self.types), tuple(self.exclude_types), account_id, self.include_filtered)


class DismissParams(msgspec.Struct, frozen=True):
    id: Id


async def list_notifications(call: Call) -> Answer:
    """Hot path: 0.45 ms for 20."""
    params = call.query(ListParams)
    page = page_from(params, LIMIT_DEFAULT, LIMIT_MAX)
    async with call.database.reading() as conn:
        found = await notification_page(conn, call.viewer, page, params.wanted)
    body = notifications_json(found.views, call.settings.base_url, call.viewer)
    return json_answer(body, headers=call.link_header(found.oldest, found.newest, full=found.full))


async def show_notification(call: Call) -> Answer:
    async with call.database.reading() as conn:
        view = await notification_view(conn, call.viewer, NotificationId(call.path_id()))
    return json_answer(notification_json(view, call.settings.base_url, call.viewer))


async def clear_notifications(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await clear(conn, call.account_id)
    return json_answer(b"{}")


async def dismiss_notification(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await dismiss(conn, call.account_id, NotificationId(call.path_id()))
    return json_answer(b"{}")


async def dismiss_given_notification(call: Call) -> Answer:
    """The form of before version 3, which old clients still send."""
    params = await call.params(DismissParams)
    async with call.database.transaction() as conn:
        await dismiss(conn, call.account_id, NotificationId(params.id))
    return json_answer(b"{}")


async def count_unread(call: Call) -> Answer:
    params = call.query(ListParams)
    limit = page_from(params, COUNT_DEFAULT, COUNT_MAX).limit
    async with call.database.reading() as conn:
        count = await unread_count(conn, call.account_id, limit, params.wanted)
    return json_answer(UnreadCount(count))


ROUTES = (
    Route(
        "GET",
        "/api/v1/notifications",
        list_notifications,
        scope="read:notifications",
        own=True,
        takes=ListParams,
        gives=list[Notification],
    ),
    Route(
        "GET",
        "/api/v1/notifications/unread_count",
        count_unread,
        scope="read:notifications",
        takes=ListParams,
        gives=UnreadCount,
    ),
    Route(
        "GET",
        "/api/v1/notifications/{id:str}",
        show_notification,
        scope="read:notifications",
        own=True,
        gives=Notification,
    ),
    Route(
        "POST", "/api/v1/notifications/clear", clear_notifications, scope="write:notifications", gives=Nothing
    ),
    Route(
        "POST",
        "/api/v1/notifications/dismiss",
        dismiss_given_notification,
        scope="write:notifications",
        takes=DismissParams,
        gives=Nothing,
        refuses=(404,),
    ),
    Route(
        "POST",
        "/api/v1/notifications/{id:str}/dismiss",
        dismiss_notification,
        scope="write:notifications",
        gives=Nothing,
    ),
)
