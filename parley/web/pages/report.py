"""A member reports an account, and a post of it, to staff."""

from litestar import Response

from parley.hydration.models import StatusView
from parley.hydration.statuses import status_view
from parley.identity.accounts import require_account_by_id
from parley.identity.models import AccountView
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId, StatusId, parse_id
from parley.moderation.models import CATEGORIES
from parley.moderation.report import COMMENT_LENGTH_MAX, ReportDraft, file_report
from parley.moderation.rules import rules
from parley.web.render import account_path, page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

CATEGORY_NAMES = {
    "spam": "Spam: unwanted advertising, deceit, or the same again and again",
    "legal": "Against the law",
    "violation": "It breaks a rule of this site",
    "other": "Something else",
}


async def show_form(call: PageCall) -> Response[bytes]:
    """`account`, and perhaps `status`, name what it is about."""
    return await _form(call, call.query.id("account"), call.query.id("status"))


async def send(call: PageCall) -> Response[bytes]:
    account_id, status_id = call.form.id("account"), call.form.id("status")
    if account_id is None:
        raise NotFound
    rule_ids = [parse_id(text) for text in call.form.texts("rule")]
    form = ReportDraft(
        AccountId(account_id),
        [] if status_id is None else [StatusId(status_id)],
        call.form.text("comment"),
        call.form.text("category"),
        [each for each in rule_ids if each is not None],
    )
    try:
        async with call.database.transaction() as conn:
            filed = await file_report(conn, call.viewer, form)
    except Invalid as refusal:
        return await _form(call, account_id, status_id, form, sentence_of(refusal))
    return call.redirect(account_path(filed.target.account), "reported")


async def _form(
    call: PageCall,
    account_id: int | None,
    status_id: int | None,
    form: ReportDraft | None = None,
    complaint: str = "",
) -> Response[bytes]:
    if account_id is None or account_id == call.viewer.account_id:
        raise NotFound
    async with call.database.reading() as conn:
        target: AccountView = await require_account_by_id(conn, AccountId(account_id))
        view: StatusView | None = None
        if status_id is not None:
            view = await status_view(conn, call.viewer, status_id)
            if view.status.account_id != account_id or view.reblog is not None:
                raise NotFound
        known = await rules(conn)
    return await page(
        call,
        "report",
        status=422 if complaint else 200,
        target=target,
        view=view,
        rules=known,
        categories=CATEGORIES,
        category_names=CATEGORY_NAMES,
        form=form or ReportDraft(AccountId(account_id)),
        comment_length_max=COMMENT_LENGTH_MAX,
        complaint=complaint,
    )
