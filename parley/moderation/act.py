"""moderate_account: staff warn, sensitise, disable, limit or suspend an account; and take each of these back."""

from typing import Literal

import msgspec

from parley.identity.accounts import refuse_erased
from parley.identity.staff import Permission, outranks, require_staff
from parley.identity.staff_view import MemberDetails, require_member_details
from parley.identity.standing import Standing, set_standing
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, StatusId, new_id
from parley.moderation import queries
from parley.moderation.audit import checked_reason, note_act
from parley.moderation.errors import NoLogin, TargetOutranks
from parley.moderation.events import AccountWarned
from parley.moderation.letters import send_lifted, send_warning
from parley.moderation.models import ACTIONS, AccountWarning, Report

Lifted = Literal["suspended", "limited", "sensitized", "disabled"]
WARNINGS_SHOWN_MAX = 50

_STANDINGS: dict[str, Standing] = {
    "sensitive": "sensitized",
    "disable": "disabled",
    "silence": "limited",
    "suspend": "suspended",
}
_LIFTING = {
    "suspended": "unsuspend",
    "limited": "unsilence",
    "sensitized": "unsensitive",
    "disabled": "enable",
}


class Decision(msgspec.Struct, frozen=True):
    """`text` is the reason, which the member gets to read. `report_id` names the report that this answers."""

    action: str = "none"
    text: str = ""
    report_id: int | None = None
    send_email: bool = True


async def moderate_account(
    conn: Connection,
    settings: Settings,
    tokens: TokenCache,
    viewer: Viewer,
    target_id: AccountId,
    decision: Decision,
) -> AccountWarning:
    """Takes hold at once, and the member is told. Raises TargetOutranks, NotFound, Invalid."""
    staff_id = require_staff(viewer, Permission.MANAGE_USERS)
    if decision.action not in ACTIONS:
        raise Invalid("Validation failed: Type is not included in the list")
    text = checked_reason(decision.text)
    target = await require_target(conn, viewer, target_id)
    if decision.action == "disable" and target.user is None:
        raise NoLogin
    report = await _answered(conn, target_id, decision.report_id)
    if decision.action in _STANDINGS:
        await set_standing(conn, tokens, target_id, _STANDINGS[decision.action], on=True)
    warning = await _warn(conn, staff_id, target_id, decision.action, text, report)
    await _close_reports(conn, staff_id, target_id, decision.action, report)
    await note_act(
        conn, staff_id, f"account.{decision.action}", "account", target.view.account.acct,
        target_id=target_id, reason=text,
    )  # fmt: skip
    if decision.send_email:
        await send_warning(conn, settings, target, warning)
    return warning


async def require_target(conn: Connection, viewer: Viewer, target_id: AccountId) -> MemberDetails:
    """An account that this member of staff may act upon."""
    target = await require_member_details(conn, viewer, target_id)
    if not outranks(viewer.role, target.user.role if target.user is not None else "user"):
        raise TargetOutranks
    return target


async def lift(
    conn: Connection,
    settings: Settings,
    tokens: TokenCache,
    viewer: Viewer,
    target_id: AccountId,
    lifted: Lifted,
    reason: str = "",
) -> None:
    """Takes back what staff decided; a second time does no harm."""
    staff_id = require_staff(viewer, Permission.MANAGE_USERS)
    reason = checked_reason(reason)
    target = await require_target(conn, viewer, target_id)
    refuse_erased(target.view)
    if not await set_standing(conn, tokens, target_id, lifted, on=False):
        return
    await note_act(
        conn, staff_id, f"account.{_LIFTING[lifted]}", "account", target.view.account.acct,
        target_id=target_id, reason=reason,
    )  # fmt: skip
    await send_lifted(conn, settings, target, lifted, reason)


async def warnings_of(conn: Connection, viewer: Viewer, account_id: AccountId) -> list[AccountWarning]:
    """What staff have told a member so far, newest first: for staff."""
    require_staff(viewer, Permission.MANAGE_USERS)
    return await queries.warnings_of(conn, account_id, WARNINGS_SHOWN_MAX)


async def warnings_by_ids(conn: Connection, ids: list[int]) -> dict[int, AccountWarning]:
    """For notifications, each of which goes to the member whom its warning is about."""
    return {each.id: each for each in await queries.warnings_by_ids(conn, ids)} if ids else {}


async def _answered(conn: Connection, target_id: AccountId, report_id: int | None) -> Report | None:
    if report_id is None:
        return None
    report = await queries.lock_report(conn, report_id)
    if report is None or report.target_account_id != target_id:
        raise NotFound
    return report


async def _warn(
    conn: Connection,
    staff_id: AccountId,
    target_id: AccountId,
    action: str,
    text: str,
    report: Report | None,
) -> AccountWarning:
    status_ids: list[StatusId] = [] if report is None else report.status_ids
    warning = AccountWarning(
        id=new_id(target_id),
        account_id=target_id,
        staff_id=staff_id,
        action=action,
        text=text,
        report_id=None if report is None else report.id,
        status_ids=status_ids,
        created_at=clock.now(),
    )
    await queries.insert_warning(conn, warning)
    await emit(conn, AccountWarned(warning.id, target_id))
    return warning


async def _close_reports(
    conn: Connection, staff_id: AccountId, target_id: AccountId, action: str, report: Report | None
) -> None:
    """The one that was answered; all about an account that is suspended, as nothing is left to decide."""
    now = clock.now()
    if action == "suspend":
        await queries.resolve_reports_about(conn, target_id, staff_id, now)
    elif report is not None and report.action_taken_at is None:
        resolved = msgspec.structs.replace(
            report, action_taken_at=now, action_taken_by_id=staff_id, updated_at=now
        )
        await queries.update_report(conn, resolved)
