"""Joining: the form, what comes after it, and confirming an e-mail address."""

from urllib.parse import urlencode

from litestar import Response

from parley.identity.admission import Admission, admit_sign_up, note_login_address
from parley.identity.confirmation import confirm_address
from parley.identity.errors import SecretSpent
from parley.identity.login import check_password
from parley.identity.sessions import start_session
from parley.identity.signup import SignUpForm, check_sign_up, prepare_sign_up, sign_up
from parley.kit.errors import Invalid
from parley.web.render import page
from parley.web.session import PageCall, own_path
from parley.web.wording import faults_of

_NO_FAULTS: dict[str, str] = {}


async def show_sign_up(call: PageCall) -> Response[bytes]:
    next_path = own_path(call.query.text("next")) or ""
    return await _form(call, SignUpForm(), next_path, _NO_FAULTS)


async def sign_up_here(call: PageCall) -> Response[bytes]:
    """Whoever needs neither confirmation nor approval is signed in at once."""
    next_path = own_path(call.form.text("next")) or ""
    form = SignUpForm(
        username=call.form.text("username").strip().removeprefix("@"),
        email=call.form.text("email").strip(),
        password=call.form.text("password"),
        agreement=call.form.flag("agreement"),
        reason=call.form.text("reason"),
    )
    try:
        admission = await _make_account(call, form)
    except Invalid as refusal:
        return await _form(call, form, next_path, faults_of(refusal), status=422)
    if call.settings.confirm_email:
        return call.redirect("/auth/check_mail")
    if call.settings.registrations == "approval" or admission.needs_approval:
        return call.redirect("/auth/waiting")
    member = await check_password(call.database, form.username, form.password)
    async with call.database.transaction() as conn:
        issued = await start_session(conn, member, call.user_agent)
    call.begin_session(issued)
    return call.redirect(next_path or "/home", "welcome")


async def _make_account(call: PageCall, form: SignUpForm) -> Admission:
    check_sign_up(call.settings, form)
    await call.limiter.spend_sign_up(call.database, call.request.scope)
    admission = await admit_sign_up(call.database, form.email, call.address)
    prepared = await prepare_sign_up(call.settings, form, admission)
    async with call.database.transaction() as conn:
        account_id = await sign_up(conn, call.settings, prepared)
        await note_login_address(conn, account_id, call.address, call.settings.keep_addresses_days)
    return admission


async def _form(
    call: PageCall, form: SignUpForm, next_path: str, faults: dict[str, str], status: int = 200
) -> Response[bytes]:
    sign_in = "/auth/sign_in" + (f"?{urlencode({'next': next_path})}" if next_path else "")
    return await page(
        call, "sign_up", status=status, form=form, next_path=next_path, faults=faults, sign_in_path=sign_in
    )


async def check_mail(call: PageCall) -> Response[bytes]:
    return await page(call, "check_mail")


async def waiting(call: PageCall) -> Response[bytes]:
    return await page(call, "waiting")


async def show_confirm(call: PageCall) -> Response[bytes]:
    """A button, not the act itself: programs that look at mails follow links, and would spend the secret."""
    return await page(call, "confirm", token=call.query.text("token"))


async def confirm(call: PageCall) -> Response[bytes]:
    try:
        async with call.database.transaction() as conn:
            await confirm_address(conn, call.tokens, call.form.text("token"))
    except SecretSpent:
        return await page(call, "link_spent", status=403, kind="confirm")
    return await page(call, "confirmed")
