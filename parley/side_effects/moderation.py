"""What follows a report, and what staff decide."""

from parley.identity.staff import Permission, roles_with
from parley.identity.staff_view import staff_with
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.moderation.events import AccountWarned, ReportFiled
from parley.notifications.notify import notify, notify_many


async def after_report(conn: Connection, _services: Services, event: ReportFiled) -> None:
    staff = await staff_with(conn, roles_with(Permission.MANAGE_REPORTS))
    await notify_many(conn, staff, "admin.report", event.account_id, about_id=event.report_id)


async def after_warning(conn: Connection, _services: Services, event: AccountWarned) -> None:
    await notify(conn, event.account_id, "moderation_warning", event.account_id, about_id=event.warning_id)
