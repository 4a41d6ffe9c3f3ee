"""Reports at the desk: lists, one of them, who works on it, resolved and open again."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.moderation import queries, site_queries
from parley.moderation.audit import note_act
from parley.moderation.models import CATEGORIES, Report, ReportState

COUNTED_MAX = 100


async def list_reports(
    conn: Connection,
    viewer: Viewer,
    state: ReportState,
    page: Page,
    *,
    account_id: AccountId | None = None,
    target_account_id: AccountId | None = None,
) -> list[Report]:
    """Newest first."""
    require_staff(viewer, Permission.MANAGE_REPORTS)
    return await queries.reports_page(conn, state, page, account_id, target_account_id)


async def require_report(conn: Connection, viewer: Viewer, report_id: int) -> Report:
    require_staff(viewer, Permission.MANAGE_REPORTS)
    report = await queries.find_report(conn, report_id)
    if report is None:
        raise NotFound
    return report


async def reports_by_ids(conn: Connection, ids: Collection[int]) -> dict[int, Report]:
    """For notifications of staff, who alone get any that names a report."""
    return {each.id: each for each in await queries.reports_by_ids(conn, ids)} if ids else {}


async def count_open_reports(conn: Connection, viewer: Viewer) -> int:
    """A hundred at most."""
    require_staff(viewer, Permission.MANAGE_REPORTS)
    return await queries.count_open_reports(conn, COUNTED_MAX)


async def change_report(
    conn: Connection,
    viewer: Viewer,
    report_id: int,
    *,
    category: str | None = None,
    rule_ids: Sequence[int] | None = None,
) -> Report:
    """What it is about, as staff see it. Rules stay with violations alone."""
    if category is not None and category not in CATEGORIES:
        raise Invalid("Validation failed: Category is not included in the list")
    if rule_ids is not None:
        known = {each.id for each in await site_queries.rules(conn)}
        if any(each not in known for each in rule_ids):
            raise Invalid("Validation failed: Rules are not known")
    before = await _lock(conn, viewer, report_id)
    wanted = category or before.category
    rules = list(dict.fromkeys(rule_ids)) if rule_ids is not None else before.rule_ids
    changes = {"category": wanted, "rule_ids": rules if wanted == "violation" else []}
    return await _change(conn, viewer, before, "report.update", changes)


async def assign_to_self(conn: Connection, viewer: Viewer, report_id: int) -> Report:
    before = await _lock(conn, viewer, report_id)
    changes = {"assigned_account_id": viewer.account_id}
    return await _change(conn, viewer, before, "report.assign_to_self", changes)


async def unassign(conn: Connection, viewer: Viewer, report_id: int) -> Report:
    before = await _lock(conn, viewer, report_id)
    return await _change(conn, viewer, before, "report.unassign", {"assigned_account_id": None})


async def resolve(conn: Connection, viewer: Viewer, report_id: int, reason: str = "") -> Report:
    before = await _lock(conn, viewer, report_id)
    if before.action_taken_at is not None:
        return before
    changes = {"action_taken_at": clock.now(), "action_taken_by_id": viewer.account_id}
    return await _change(conn, viewer, before, "report.resolve", changes, reason)


async def reopen(conn: Connection, viewer: Viewer, report_id: int, reason: str = "") -> Report:
    before = await _lock(conn, viewer, report_id)
    if before.action_taken_at is None:
        return before
    changes = {"action_taken_at": None, "action_taken_by_id": None}
    return await _change(conn, viewer, before, "report.reopen", changes, reason)


async def _lock(conn: Connection, viewer: Viewer, report_id: int) -> Report:
    require_staff(viewer, Permission.MANAGE_REPORTS)
    report = await queries.lock_report(conn, report_id)
    if report is None:
        raise NotFound
    return report


async def _change(
    conn: Connection, viewer: Viewer, before: Report, action: str, changes: dict[str, Any], reason: str = ""
) -> Report:
    report = msgspec.structs.replace(before, **changes)
    if report == before:
        return before
    report = msgspec.structs.replace(report, updated_at=clock.now())
    await queries.update_report(conn, report)
    await note_act(
        conn, viewer.account_id, action, "report", str(report.id), target_id=report.id, reason=reason
    )
    return report
