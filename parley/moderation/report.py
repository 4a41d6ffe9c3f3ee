"""file_report: a member tells staff of an account, and of posts of it that the member can see."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from parley.identity.accounts import require_account_by_id
from parley.identity.models import AccountView
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound, TooMany
from parley.kit.events import emit
from parley.kit.ids import AccountId, StatusId, id_at, new_id
from parley.moderation import queries, site_queries
from parley.moderation.events import ReportFiled
from parley.moderation.models import CATEGORIES, Report
from parley.publishing.visibility import visible_statuses

COMMENT_LENGTH_MAX = 1000
STATUSES_MAX = 100
REPORTS_PER_DAY_MAX = 50


class ReportDraft(msgspec.Struct, frozen=True):
    """As asked. An empty category is "other", or "violation" where rules are named."""

    account_id: AccountId
    status_ids: Sequence[StatusId] = ()
    comment: str = ""
    category: str = ""
    rule_ids: Sequence[int] = ()
    forward: bool = False


class FiledReport(msgspec.Struct, frozen=True):
    report: Report
    target: AccountView


async def file_report(conn: Connection, viewer: Viewer, form: ReportDraft) -> FiledReport:
    """Raises NotFound for an account or a post that isn't there for the reporter, Invalid for the rest."""
    account_id = require_account(viewer)
    if len(form.comment) > COMMENT_LENGTH_MAX:
        raise Invalid(f"Validation failed: Comment is too long (maximum is {COMMENT_LENGTH_MAX} characters)")
    category = form.category or ("violation" if form.rule_ids else "other")
    if category not in CATEGORIES:
        raise Invalid("Validation failed: Category is not included in the list")
    target = await require_account_by_id(conn, form.account_id)
    await _refuse_flood(conn, account_id)
    status_ids = await _reportable(conn, viewer, target, form.status_ids)
    rule_ids = await _known_rules(conn, form.rule_ids) if category == "violation" else []
    now = clock.now()
    report = Report(
        id=new_id(target.account.id),
        account_id=account_id,
        target_account_id=target.account.id,
        status_ids=status_ids,
        rule_ids=rule_ids,
        comment=form.comment.strip(),
        category=category,
        # Only a server of its own could be told, and this one speaks with none yet.
        forwarded=False,
        created_at=now,
        updated_at=now,
    )
    await queries.insert_report(conn, report)
    await emit(conn, ReportFiled(report.id, account_id, target.account.id))
    return FiledReport(report, target)


async def _refuse_flood(conn: Connection, account_id: AccountId) -> None:
    since = clock.now() - timedelta(days=1)
    filed = await queries.count_open_reports_of(conn, account_id, id_at(int(since.timestamp() * 1000)))
    if filed >= REPORTS_PER_DAY_MAX:
        raise TooMany("You have reported a lot today; staff will get to it", retry_after_seconds=3600)


async def _reportable(
    conn: Connection, viewer: Viewer, target: AccountView, status_ids: Sequence[StatusId]
) -> list[StatusId]:
    """Those of the reported account that the reporter can see. One that is not there spoils the report."""
    wanted = list(dict.fromkeys(status_ids))
    if len(wanted) > STATUSES_MAX:
        raise Invalid(f"Validation failed: Statuses are too many (maximum is {STATUSES_MAX})")
    visible = await visible_statuses(conn, viewer, wanted)
    if any(
        each not in visible or visible[each].status.account_id != target.account.id or visible[each].reblog
        for each in wanted
    ):
        raise NotFound
    return wanted


async def _known_rules(conn: Connection, rule_ids: Sequence[int]) -> list[int]:
    known = {each.id for each in await site_queries.rules(conn)}
    if any(each not in known for each in rule_ids):
        raise Invalid("Validation failed: Rules are not known")
    return list(dict.fromkeys(rule_ids))
