"""Reports as staff see them: with everybody concerned, the posts and the rules; a fixed number of statements."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.hydration.models import StatusView
from parley.hydration.statuses import complete
from parley.identity.accounts import account_views
from parley.identity.staff_view import MemberDetails, details_of_views
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.moderation.models import Report, Rule
from parley.moderation.rules import rules_by_ids
from parley.publishing.visibility import reported_statuses


class ReportView(msgspec.Struct, frozen=True):
    """Whoever is gone is None. Of the posts, those that were deleted since are missing."""

    report: Report
    account: MemberDetails | None
    target: MemberDetails | None
    assigned: MemberDetails | None
    acted: MemberDetails | None
    statuses: tuple[StatusView, ...]
    rules: tuple[Rule, ...]


async def report_views(conn: Connection, viewer: Viewer, reports: Sequence[Report]) -> list[ReportView]:
    """In the order given."""
    if not reports:
        return []
    ids = {each for report in reports for each in _people(report) if each is not None}
    people = await details_of_views(conn, viewer, await account_views(conn, ids))
    statuses = await _statuses(conn, viewer, reports)
    rules = await rules_by_ids(conn, sorted({each for report in reports for each in report.rule_ids}))
    return [
        ReportView(
            report,
            _person(people, report.account_id),
            _person(people, report.target_account_id),
            _person(people, report.assigned_account_id),
            _person(people, report.action_taken_by_id),
            tuple(statuses[each] for each in report.status_ids if each in statuses),
            tuple(rules[each] for each in report.rule_ids if each in rules),
        )
        for report in reports
    ]


async def _statuses(conn: Connection, viewer: Viewer, reports: Sequence[Report]) -> dict[int, StatusView]:
    wanted = list(dict.fromkeys(each for report in reports for each in report.status_ids))
    found = await reported_statuses(conn, viewer, wanted)
    views = await complete(conn, viewer, list(found.values())) if found else []
    return {view.status.id: view for view in views}


def _person(people: Mapping[AccountId, MemberDetails], account_id: AccountId | None) -> MemberDetails | None:
    return None if account_id is None else people.get(account_id)


def _people(report: Report) -> tuple[AccountId | None, ...]:
    return (
        report.account_id,
        report.target_account_id,
        report.assigned_account_id,
        report.action_taken_by_id,
    )
