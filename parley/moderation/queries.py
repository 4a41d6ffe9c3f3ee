"""All SQL on reports, warnings and the audit log; rules, texts and domains, and figures, have files of their own."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of
from parley.kit.paging import Page
from parley.moderation.models import AccountWarning, AuditEntry, Report, ReportState

OWNED_TABLES = (
    "reports", "account_warnings", "audit_entries", "rules", "site_texts", "blocked_domains", "allowed_domains",
    "daily_figures", "retention_figures", "crawl_alarms", "wall_by_hand",
)  # fmt: skip

_REPORTS = """
    select id, account_id, target_account_id, status_ids, rule_ids, comment, category, forwarded, created_at,
        updated_at, assigned_account_id, action_taken_at, action_taken_by_id
    from reports
"""
_WARNINGS = """
    select id, account_id, staff_id, action, text, report_id, status_ids, created_at from account_warnings
"""
_AUDIT = """
    select id, staff_id, action, target_type, target_id, target_name, reason, created_at from audit_entries
"""
_IN_STATE: dict[ReportState, str] = {
    "open": " and action_taken_at is null",
    "resolved": " and action_taken_at is not null",
    "all": "",
}
_ORDER = {"desc": " order by id desc limit $3", "asc": " order by id limit $3"}


# Reports


async def insert_report(conn: Connection, report: Report) -> None:
    await conn.execute(
        """
        insert into reports (bucket, id, account_id, target_account_id, status_ids, rule_ids, comment, category,
            forwarded, created_at, updated_at, assigned_account_id, action_taken_at, action_taken_by_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        bucket_of(report.id),
        *msgspec.structs.astuple(report),
    )


async def find_report(conn: Connection, report_id: int) -> Report | None:
    return await conn.fetch_one(
        Report, _REPORTS + " where bucket = $1 and id = $2", bucket_of(report_id), report_id
    )


async def lock_report(conn: Connection, report_id: int) -> Report | None:
    return await conn.fetch_one(
        Report, _REPORTS + " where bucket = $1 and id = $2 for update", bucket_of(report_id), report_id
    )


async def update_report(conn: Connection, report: Report) -> None:
    await conn.execute(
        """
        update reports set category = $3, rule_ids = $4, updated_at = $5, assigned_account_id = $6,
            action_taken_at = $7, action_taken_by_id = $8
        where bucket = $1 and id = $2
        """,
        bucket_of(report.id),
        report.id,
        report.category,
        report.rule_ids,
        report.updated_at,
        report.assigned_account_id,
        report.action_taken_at,
        report.action_taken_by_id,
    )


async def reports_by_ids(conn: Connection, ids: Collection[int]) -> list[Report]:
    """For hydration; in no order, without those that are gone."""
    return await conn.fetch_all(
        Report,
        _REPORTS + " where bucket = any($1) and id = any($2)",
        list({bucket_of(each) for each in ids}),
        list(ids),
    )


async def reports_page(
    conn: Connection,
    state: ReportState,
    page: Page,
    account_id: AccountId | None,
    target_account_id: AccountId | None,
) -> list[Report]:
    """Site-wide, for staff, newest first."""
    rows = await conn.fetch_all(
        Report,
        _REPORTS
        + """
        where id < $1 and id > $2 and ($4::bigint is null or account_id = $4)
            and ($5::bigint is null or target_account_id = $5)
        """
        + _IN_STATE[state]
        + _ORDER["asc" if page.ascending else "desc"],
        page.below,
        page.above,
        page.limit,
        account_id,
        target_account_id,
    )
    return rows[::-1] if page.ascending else rows


async def count_open_reports_of(conn: Connection, account_id: AccountId, since_id: int) -> int:
    """How many a member has filed of late; from the index of reporters."""
    count: int = await conn.fetch_value(
        "select count(*) from reports where account_id = $1 and id > $2", account_id, since_id
    )
    return count


async def count_open_reports(conn: Connection, maximum: int) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from (select from reports where action_taken_at is null limit $1) waiting", maximum
    )
    return count


async def resolve_reports_about(
    conn: Connection, target_account_id: AccountId, staff_id: AccountId, at: datetime
) -> None:
    """All that wait about one account, since it is suspended."""
    await conn.execute(
        """
        update reports set action_taken_at = $4, action_taken_by_id = $3, updated_at = $4
        where bucket = $1 and target_account_id = $2 and action_taken_at is null
        """,
        bucket_of(target_account_id),
        target_account_id,
        staff_id,
        at,
    )


# Warnings


async def insert_warning(conn: Connection, warning: AccountWarning) -> None:
    await conn.execute(
        """
        insert into account_warnings (bucket, id, account_id, staff_id, action, text, report_id, status_ids,
            created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        bucket_of(warning.id),
        *msgspec.structs.astuple(warning),
    )


async def warnings_by_ids(conn: Connection, ids: Collection[int]) -> list[AccountWarning]:
    """For hydration; in no order, without those that are gone."""
    return await conn.fetch_all(
        AccountWarning,
        _WARNINGS + " where bucket = any($1) and id = any($2)",
        list({bucket_of(each) for each in ids}),
        list(ids),
    )


async def warnings_of(conn: Connection, account_id: AccountId, limit: int) -> list[AccountWarning]:
    return await conn.fetch_all(
        AccountWarning,
        _WARNINGS + " where bucket = $1 and account_id = $2 order by id desc limit $3",
        bucket_of(account_id),
        account_id,
        limit,
    )


# The audit log: rows are written and read, never changed


async def insert_audit_entry(conn: Connection, entry: AuditEntry) -> None:
    await conn.execute(
        """
        insert into audit_entries (bucket, id, staff_id, action, target_type, target_id, target_name, reason,
            created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        bucket_of(entry.id),
        *msgspec.structs.astuple(entry),
    )


async def audit_page(conn: Connection, page: Page, target_id: int | None) -> list[AuditEntry]:
    """Site-wide, for staff, newest first."""
    rows = await conn.fetch_all(
        AuditEntry,
        _AUDIT
        + " where id < $1 and id > $2 and ($4::bigint is null or target_id = $4)"
        + _ORDER["asc" if page.ascending else "desc"],
        page.below,
        page.above,
        page.limit,
        target_id,
    )
    return rows[::-1] if page.ascending else rows
