"""Staff look for members, let them in or turn them away, act upon them with a reason, and take it back."""

from typing import Any

import msgspec
from litestar import Response

from parley.identity.models import Standing
from parley.identity.staff import Permission, may, outranks
from parley.identity.staff_view import MemberDetails, MemberFilter, list_members, require_member_details
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.moderation.act import Decision, Lifted, lift, moderate_account, warnings_of
from parley.moderation.approve import approve_account, reject_account
from parley.moderation.audit import audit_log
from parley.moderation.erase import erase_account
from parley.moderation.errors import NothingPending
from parley.moderation.reports import list_reports
from parley.web.pages.admin_overview import staff_of
from parley.web.pages.report import CATEGORY_NAMES
from parley.web.paging import ACCOUNTS_PER_PAGE, asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

_SHOWN = Page(limit=20)
STANDINGS: tuple[tuple[Standing, str], ...] = (
    ("any", "Everybody"),
    ("active", "Active"),
    ("pending", "Waiting"),
    ("disabled", "Disabled"),
    ("silenced", "Limited"),
    ("suspended", "Suspended"),
)
ACTIONS = (
    ("none", "Warn only"),
    ("sensitive", "Hide their pictures behind a warning"),
    ("disable", "Disable the login"),
    ("silence", "Limit: out of public timelines"),
    ("suspend", "Suspend: out of sight, signed out"),
)
_LIFTED: dict[str, Lifted] = {
    "unsuspend": "suspended",
    "unsilence": "limited",
    "unsensitive": "sensitized",
    "enable": "disabled",
}


async def show_accounts(call: PageCall) -> Response[bytes]:
    asked = asked_page(call, ACCOUNTS_PER_PAGE)
    query = {name: call.query.text(name).strip() for name in ("name", "email", "ip", "domain")}
    standing: Standing = next((each for each, _ in STANDINGS if each == call.query.text("standing")), "any")
    wanted = MemberFilter(
        standing=standing,
        username=query["name"],
        email=query["email"],
        ip=query["ip"],
        domain=query["domain"],
        staff=call.query.flag("staff"),
    )
    complaint = ""
    found: list[MemberDetails] = []
    async with call.database.reading() as conn:
        try:
            found = await list_members(conn, call.viewer, wanted, asked)
        except Invalid as refusal:
            complaint = sentence_of(refusal)
    ids = [each.view.account.id for each in found]
    oldest, newest = (ids[-1], ids[0]) if ids else (None, None)
    return await page(
        call,
        "admin_accounts",
        status=422 if complaint else 200,
        members=found,
        query=query,
        standing=standing,
        standings=STANDINGS,
        staff=wanted.staff,
        sees_addresses=may(call.viewer, Permission.MANAGE_USER_ACCESS),
        complaint=complaint,
        links=page_links(call, asked, oldest, newest, full=len(ids) == asked.limit),
    )


class Typed(msgspec.Struct, frozen=True):
    """What stands in the forms of an account's page; `act` is the one that was refused, and `complaint` says why."""

    act: str = ""
    complaint: str = ""
    type: str = "none"
    reason: str = ""
    report_id: str = ""
    send_email: bool = True


async def show_account(call: PageCall) -> Response[bytes]:
    typed = Typed(report_id=call.query.text("report"))
    return await _account_page(call, AccountId(call.path_id()), typed)


async def _account_page(call: PageCall, account_id: AccountId, typed: Typed) -> Response[bytes]:
    async with call.database.reading() as conn:
        details = await require_member_details(conn, call.viewer, account_id)
        values = await _around(call, conn, account_id)
    role = "user" if details.user is None else details.user.role
    return await page(
        call,
        "admin_account",
        status=422 if typed.complaint else 200,
        member=details,
        actions=ACTIONS,
        typed=typed,
        category_names=CATEGORY_NAMES,
        may_act=outranks(call.viewer.role, role),
        may_erase=may(call.viewer, Permission.DELETE_USER_DATA),
        **values,
    )


async def _around(call: PageCall, conn: Connection, account_id: AccountId) -> dict[str, Any]:
    """What staff have heard of the account and done about it."""
    seen = may(call.viewer, Permission.MANAGE_REPORTS)
    logged = may(call.viewer, Permission.VIEW_AUDIT_LOG)
    entries = await audit_log(conn, call.viewer, _SHOWN, account_id) if logged else []
    return {
        "reports": await list_reports(conn, call.viewer, "all", _SHOWN, target_account_id=account_id)
        if seen
        else [],
        "warnings": await warnings_of(conn, call.viewer, account_id),
        "entries": entries,
        "staff": await staff_of(conn, entries),
    }


async def act_on_member(call: PageCall) -> Response[bytes]:
    """What the path's last word says: act, erase, or one of those that take something back."""
    account_id, act = AccountId(call.path_id()), call.path_text("act")
    reason = call.form.text("reason")
    try:
        _refuse_hasty(call, act, reason)
        async with call.database.transaction() as conn:
            if act == "act":
                decision = Decision(
                    call.form.text("type"), reason, call.form.id("report_id"), call.form.flag("send_email")
                )
                await moderate_account(conn, call.settings, call.tokens, call.viewer, account_id, decision)
            elif act == "erase":
                await erase_account(conn, call.tokens, call.viewer, account_id, reason)
            elif act in _LIFTED:
                await lift(conn, call.settings, call.tokens, call.viewer, account_id, _LIFTED[act], reason)
            else:
                raise NotFound
    except Invalid as refusal:
        return await _account_page(call, account_id, _typed(call, act, sentence_of(refusal)))
    return call.redirect(f"/admin/accounts/{account_id}", "staff_decided")


def _refuse_hasty(call: PageCall, act: str, reason: str) -> None:
    """Nothing is decided at this desk without a word to the member, nor deleted for good by one click. Raises Invalid."""
    if act == "act" and not reason.strip():
        raise Invalid("Say why: the member gets to read it")
    if act == "erase" and not call.form.flag("sure"):
        raise Invalid("Say that you are sure: nothing of it can be brought back")


def _typed(call: PageCall, act: str, complaint: str) -> Typed:
    form = call.form
    if act != "act":
        return Typed(act, complaint, reason=form.text("reason"))
    known = {each for each, _ in ACTIONS}
    chosen = form.text("type") if form.text("type") in known else "none"
    report_id = "" if form.id("report_id") is None else form.text("report_id")
    return Typed(act, complaint, chosen, form.text("reason"), report_id, form.flag("send_email"))


# Who waits


async def show_approvals(call: PageCall) -> Response[bytes]:
    return await _approvals_page(call)


async def _approvals_page(
    call: PageCall, refused_id: int = 0, reason: str = "", complaint: str = ""
) -> Response[bytes]:
    """`reason` was typed in to turn away the account `refused_id`."""
    asked = asked_page(call, ACCOUNTS_PER_PAGE)
    pending = MemberFilter(local=True, standing="pending")
    async with call.database.reading() as conn:
        found = await list_members(conn, call.viewer, pending, asked)
    ids = [each.view.account.id for each in found]
    oldest, newest = (ids[-1], ids[0]) if ids else (None, None)
    return await page(
        call,
        "admin_approvals",
        status=422 if complaint else 200,
        members=found,
        refused_id=refused_id,
        reason=reason,
        complaint=complaint,
        links=page_links(call, asked, oldest, newest, full=len(ids) == asked.limit),
    )


async def decide_on_approval(call: PageCall) -> Response[bytes]:
    account_id, act = AccountId(call.path_id()), call.path_text("act")
    reason = call.form.text("reason")
    try:
        async with call.database.transaction() as conn:
            if act == "approve":
                await approve_account(conn, call.settings, call.tokens, call.viewer, account_id)
            elif act == "reject":
                await reject_account(conn, call.settings, call.tokens, call.viewer, account_id, reason)
            else:
                raise NotFound
    except (Invalid, NothingPending) as refusal:
        return await _approvals_page(call, account_id, reason, sentence_of(refusal))
    return call.redirect("/admin/approvals", "let_in" if act == "approve" else "sign_up_rejected")
