"""Staff work on reports: the list, one of them, and what to do about it."""

from collections.abc import Awaitable, Callable

from litestar import Response

from parley.hydration.reports import report_views
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.moderation import reports
from parley.moderation.models import CATEGORIES, Report, ReportState
from parley.web.pages.report import CATEGORY_NAMES
from parley.web.paging import asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall

_PER_PAGE = 20
STATES: tuple[tuple[ReportState, str], ...] = (
    ("open", "Open"),
    ("resolved", "Resolved"),
    ("all", "All"),
)
_ACTS: dict[str, Callable[[Connection, Viewer, int], Awaitable[Report]]] = {
    "assign": reports.assign_to_self,
    "unassign": reports.unassign,
    "resolve": reports.resolve,
    "reopen": reports.reopen,
}


async def show_reports(call: PageCall) -> Response[bytes]:
    asked = asked_page(call, _PER_PAGE)
    state = next((each for each, _ in STATES if each == call.query.text("state")), STATES[0][0])
    async with call.database.reading() as conn:
        found = await reports.list_reports(conn, call.viewer, state, asked)
        views = await report_views(conn, call.viewer, found)
    oldest, newest = (found[-1].id, found[0].id) if found else (None, None)
    return await page(
        call,
        "admin_reports",
        views=views,
        state=state,
        states=STATES,
        category_names=CATEGORY_NAMES,
        links=page_links(call, asked, oldest, newest, full=len(found) == asked.limit),
    )


async def show_report(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        report = await reports.require_report(conn, call.viewer, call.path_id())
        view = (await report_views(conn, call.viewer, [report]))[0]
    return await page(call, "admin_report", view=view, category_names=CATEGORY_NAMES, categories=CATEGORIES)


async def act_on_report(call: PageCall) -> Response[bytes]:
    report_id, act = call.path_id(), call.path_text("act")
    if act != "category" and act not in _ACTS:
        raise NotFound
    async with call.database.transaction() as conn:
        if act == "category":
            await reports.change_report(
                conn, call.viewer, report_id, category=call.form.text("category") or None
            )
        else:
            await _ACTS[act](conn, call.viewer, report_id)
    return call.redirect(f"/admin/reports/{report_id}", "report_changed")
