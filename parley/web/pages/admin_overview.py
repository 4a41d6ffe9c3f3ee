"""Where staff begin: what waits for them, how the last days were, and what staff did."""

from datetime import timedelta

from litestar import Response

from parley.hydration.accounts import account_views
from parley.identity.accounts import find_account_by_handle
from parley.identity.addresses import parse_handle
from parley.identity.models import Account
from parley.identity.staff import Permission, may
from parley.identity.staff_view import MemberFilter, list_members
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.moderation.audit import audit_log
from parley.moderation.crawl_alarms import count_open_alarms
from parley.moderation.measures import Subject, measure, span_of
from parley.moderation.models import AuditEntry
from parley.moderation.reports import COUNTED_MAX, count_open_reports
from parley.web.paging import asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall

_DAYS = 7
_FIGURES = (
    ("active_users", "Members who were here, day by day"),
    ("new_users", "New members"),
    ("interactions", "Likes, boosts and replies"),
    ("opened_reports", "Reports opened"),
    ("resolved_reports", "Reports resolved"),
)
_ENTRIES_PER_PAGE = 40


async def show_overview(call: PageCall) -> Response[bytes]:
    today = clock.now().date()
    span = span_of(today - timedelta(days=_DAYS - 1), today)
    async with call.database.reading() as conn:
        found = [(name, await measure(conn, call.viewer, key, span, Subject())) for key, name in _FIGURES]
        pending = MemberFilter(local=True, standing="pending")
        waiting = (
            len(await list_members(conn, call.viewer, pending, Page(limit=COUNTED_MAX)))
            if may(call.viewer, Permission.MANAGE_USERS)
            else 0
        )
        reports = (
            await count_open_reports(conn, call.viewer) if may(call.viewer, Permission.MANAGE_REPORTS) else 0
        )
        alarms = (
            await count_open_alarms(conn, call.viewer) if may(call.viewer, Permission.MANAGE_BLOCKS) else 0
        )
    return await page(
        call,
        "admin_overview",
        figures=found,
        waiting=waiting,
        reports=reports,
        alarms=alarms,
        counted_max=COUNTED_MAX,
    )


async def show_log(call: PageCall) -> Response[bytes]:
    """All of it, or what concerns one account, by its name."""
    asked = asked_page(call, _ENTRIES_PER_PAGE)
    name = call.query.text("about").strip()
    async with call.database.reading() as conn:
        target_id = await _target(conn, call, name) if name else None
        entries = await audit_log(conn, call.viewer, asked, target_id)
        staff = await staff_of(conn, entries)
    oldest, newest = (entries[-1].id, entries[0].id) if entries else (None, None)
    return await page(
        call,
        "admin_log",
        entries=entries,
        staff=staff,
        about=name,
        links=page_links(call, asked, oldest, newest, full=len(entries) == asked.limit),
    )


async def staff_of(conn: Connection, entries: list[AuditEntry]) -> dict[AccountId, Account]:
    """Who did it, by id."""
    views = await account_views(conn, {each.staff_id for each in entries if each.staff_id is not None})
    return {account_id: view.account for account_id, view in views.items()}


async def _target(conn: Connection, call: PageCall, name: str) -> int:
    """Nought, about which there is nothing, for a name that nobody bears."""
    handle = parse_handle(name, call.settings.domain)
    view = None if handle is None else await find_account_by_handle(conn, handle)
    return 0 if view is None else view.account.id
