"""One's own posts that wait for their time: put off, or cancelled; and those that could not be posted."""

from litestar import Response

from parley.hydration.media import media_of_waiting
from parley.hydration.models import MediaView
from parley.kit.errors import Invalid
from parley.kit.ids import ScheduledStatusId, parse_id
from parley.kit.paging import Page
from parley.publishing.schedule import (
    WAITING_MAX,
    Waiting,
    cancel_scheduled,
    failed_scheduled,
    reschedule,
    scheduled_page,
)
from parley.web.forms import moment_of_field
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

_FAILED_SHOWN_MAX = 20


async def show_scheduled(call: PageCall) -> Response[bytes]:
    return await _show(call)


async def change_time(call: PageCall) -> Response[bytes]:
    scheduled_id = ScheduledStatusId(call.path_id())
    try:
        scheduled_at = moment_of_field(call.form.text("scheduled_at"))
        async with call.database.transaction() as conn:
            await reschedule(conn, call.viewer, scheduled_id, scheduled_at)
    except Invalid as refusal:
        return await _show(call, sentence_of(refusal))
    return call.redirect("/scheduled", "rescheduled")


async def cancel(call: PageCall) -> Response[bytes]:
    scheduled_id = ScheduledStatusId(call.path_id())
    async with call.database.transaction() as conn:
        await cancel_scheduled(conn, call.viewer, scheduled_id)
    return call.redirect("/scheduled", "unscheduled")


async def _show(call: PageCall, complaint: str = "") -> Response[bytes]:
    """All at once: there are never more than the limit. The next comes first."""
    async with call.database.reading() as conn:
        waiting = await scheduled_page(conn, call.viewer, Page(limit=WAITING_MAX))
        failed = await failed_scheduled(conn, call.viewer, _FAILED_SHOWN_MAX)
        media = await media_of_waiting(conn, [*waiting, *failed])
    waiting.sort(key=lambda each: each.scheduled.scheduled_at)
    return await page(
        call,
        "scheduled",
        status=422 if complaint else 200,
        waiting=waiting,
        failed=failed,
        files={each.scheduled.id: _files_of(each, media) for each in (*waiting, *failed)},
        complaint=complaint,
    )


def _files_of(waiting: Waiting, media: dict[int, MediaView]) -> list[MediaView]:
    named = (parse_id(each) for each in waiting.draft.media_ids)
    return [media[each] for each in named if each is not None and each in media]
