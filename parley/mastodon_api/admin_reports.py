"""/api/v1/admin/reports: lists of reports, one of them, who works on it, resolved and open again.

https://docs.joinmastodon.org/methods/admin/reports/
"""

from collections.abc import Awaitable, Callable

import msgspec

from parley.hydration.reports import report_views
from parley.identity.staff import Permission
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.mastodon_api.call import Answer, Call, Handler, Method, Route, json_answer
from parley.mastodon_api.entities.admin import AdminReport, to_admin_report
from parley.mastodon_api.paging import PageParams, page_from
from parley.mastodon_api.shapes import Id
from parley.moderation import reports
from parley.moderation.models import Report

_DEFAULT, _MAXIMUM = 100, 200
_PATH = "/api/v1/admin/reports"


class AdminReportsParams(PageParams, frozen=True, kw_only=True):
    """Without `resolved`, those that wait; with both, all."""

    resolved: bool = False
    unresolved: bool = False
    account_id: AccountId | None = None
    target_account_id: AccountId | None = None


class AdminReportParams(msgspec.Struct, frozen=True, kw_only=True):
    category: str | None = None
    rule_ids: list[Id] | None = None


async def list_reports(call: Call) -> Answer:
    params = call.query(AdminReportsParams)
    page = page_from(params, _DEFAULT, _MAXIMUM)
    async with call.database.reading() as conn:
        found = await reports.list_reports(
            conn,
            call.viewer,
            "open" if not params.resolved else "all" if params.unresolved else "resolved",
            page,
            account_id=params.account_id,
            target_account_id=params.target_account_id,
        )
        views = await report_views(conn, call.viewer, found)
    return json_answer(
        [to_admin_report(each, call.settings.base_url, call.viewer) for each in views],
        headers=call.link_header(
            found[-1].id if found else None,
            found[0].id if found else None,
            full=len(found) == page.limit,
        ),
    )


async def _shown(call: Call, conn: Connection, report: Report) -> Answer:
    view = (await report_views(conn, call.viewer, [report]))[0]
    return json_answer(to_admin_report(view, call.settings.base_url, call.viewer))


async def show_report(call: Call) -> Answer:
    async with call.database.reading() as conn:
        report = await reports.require_report(conn, call.viewer, call.path_id())
        return await _shown(call, conn, report)


async def update_report(call: Call) -> Answer:
    report_id = call.path_id()
    params = await call.params(AdminReportParams)
    async with call.database.transaction() as conn:
        report = await reports.change_report(
            conn, call.viewer, report_id, category=params.category, rule_ids=params.rule_ids
        )
        return await _shown(call, conn, report)


def _acting(act: Callable[[Connection, Viewer, int], Awaitable[Report]]) -> Handler:
    async def handler(call: Call) -> Answer:
        async with call.database.transaction() as conn:
            return await _shown(call, conn, await act(conn, call.viewer, call.path_id()))

    return handler


def _route(method: Method, path: str, handler: Handler, **more: object) -> Route:
    scope = "admin:read:reports" if method == "GET" else "admin:write:reports"
    route = Route(method, path, handler, scope=scope, needs=Permission.MANAGE_REPORTS, gives=AdminReport)
    return msgspec.structs.replace(route, **more)


_ONE = f"{_PATH}/{{id:str}}"

ROUTES: tuple[Route, ...] = (
    _route("GET", _PATH, list_reports, takes=AdminReportsParams, gives=list[AdminReport]),
    _route("GET", _ONE, show_report),
    _route("PUT", _ONE, update_report, takes=AdminReportParams, also=("PATCH",)),
    _route("POST", f"{_ONE}/assign_to_self", _acting(reports.assign_to_self)),
    _route("POST", f"{_ONE}/unassign", _acting(reports.unassign)),
    _route("POST", f"{_ONE}/resolve", _acting(reports.resolve)),
    _route("POST", f"{_ONE}/reopen", _acting(reports.reopen)),
)
