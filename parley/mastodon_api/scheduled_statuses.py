"""/api/v1/scheduled_statuses: one's own that wait: see, put off, cancel. They are made by POST /api/v1/statuses.

https://docs.joinmastodon.org/methods/scheduled_statuses/
"""

from datetime import datetime

import msgspec

from parley.hydration.media import media_of_waiting
from parley.kit.db import Connection
from parley.kit.ids import ScheduledStatusId
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.scheduled_status import ScheduledStatus, to_scheduled_status
from parley.mastodon_api.paging import PageParams
from parley.publishing.schedule import (
    Waiting,
    cancel_scheduled,
    require_scheduled,
    reschedule,
    scheduled_page,
)


class RescheduleParams(msgspec.Struct, frozen=True):
    scheduled_at: datetime | None = None


async def show_all(call: Call) -> Answer:
    page = call.page(20, 40)
    async with call.database.reading() as conn:
        found = await scheduled_page(conn, call.viewer, page)
        media = await media_of_waiting(conn, found)
    ids = [each.scheduled.id for each in found]
    headers = call.link_header(min(ids), max(ids), full=len(ids) >= page.limit) if ids else {}
    base_url = call.settings.base_url
    return json_answer([to_scheduled_status(each, media, base_url) for each in found], headers=headers)


async def show_one(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await require_scheduled(conn, call.viewer, ScheduledStatusId(call.path_id()))
        return await answer_waiting(call, conn, found)


async def change(call: Call) -> Answer:
    scheduled_id = ScheduledStatusId(call.path_id())
    params = await call.params(RescheduleParams)
    async with call.database.transaction() as conn:
        changed = await reschedule(conn, call.viewer, scheduled_id, params.scheduled_at)
        return await answer_waiting(call, conn, changed)


async def answer_waiting(call: Call, conn: Connection, waiting: Waiting) -> Answer:
    media = await media_of_waiting(conn, [waiting])
    return json_answer(to_scheduled_status(waiting, media, call.settings.base_url))


async def cancel(call: Call) -> Answer:
    scheduled_id = ScheduledStatusId(call.path_id())
    async with call.database.transaction() as conn:
        await cancel_scheduled(conn, call.viewer, scheduled_id)
    return json_answer(Nothing())


_ONE = "/api/v1/scheduled_statuses/{id:str}"

ROUTES = (
    Route(
        "GET",
        "/api/v1/scheduled_statuses",
        show_all,
        scope="read:statuses",
        takes=PageParams,
        gives=list[ScheduledStatus],
    ),
    Route("GET", _ONE, show_one, scope="read:statuses", gives=ScheduledStatus),
    Route("PUT", _ONE, change, scope="write:statuses", takes=RescheduleParams, gives=ScheduledStatus),
    Route("DELETE", _ONE, cancel, scope="write:statuses", gives=Nothing),
)
