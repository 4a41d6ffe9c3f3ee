"""What notifications speak of when it is no status: reports, for staff; what staff decided, for whom it concerns."""

from collections.abc import Sequence

from parley.hydration.models import Subject
from parley.identity.accounts import account_views
from parley.identity.staff import Permission, may
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.moderation.act import warnings_by_ids
from parley.moderation.reports import reports_by_ids
from parley.notifications.models import Notification

# Whoever is no longer of the staff hears no more of what they were told as such.
_NEEDED = {"admin.report": Permission.MANAGE_REPORTS, "admin.sign_up": Permission.MANAGE_USERS}


def for_viewer(viewer: Viewer, rows: Sequence[Notification]) -> list[Notification]:
    return [row for row in rows if row.type not in _NEEDED or may(viewer, _NEEDED[row.type])]


async def subjects_of(conn: Connection, rows: Sequence[Notification]) -> dict[int, Subject]:
    """By `about_id`: none or four statements, however many rows. Without those whose account is gone."""
    about = [row for row in rows if row.about_id is not None]
    if not about:
        return {}
    reports = await reports_by_ids(conn, _ids(about, "admin.report"))
    warnings = await warnings_by_ids(conn, _ids(about, "moderation_warning"))
    targets = {each.id: each.target_account_id for each in reports.values()}
    targets.update((each.id, each.account_id) for each in warnings.values())
    accounts = await account_views(conn, set(targets.values()))
    return {
        each_id: Subject(accounts[target], reports.get(each_id), warnings.get(each_id))
        for each_id, target in targets.items()
        if target in accounts
    }


def _ids(rows: Sequence[Notification], type: str) -> list[int]:
    return list({row.about_id for row in rows if row.type == type and row.about_id is not None})
