"""Signing in and out."""

from urllib.parse import urlencode

from litestar import Response

from parley.identity.admission import note_login_address
from parley.identity.confirmation import resend_confirmation
from parley.identity.errors import (
    AddressUnconfirmed,
    LoginNotReady,
    SecondFactorDue,
    SecretSpent,
    TookTooLong,
    WrongCode,
    WrongPassword,
)
from parley.identity.half_signed import note_half, open_half
from parley.identity.login import ProvenMember, check_password, sign_in_name
from parley.identity.second_factor import prove_code
from parley.identity.sessions import end_session, start_session
from parley.identity.tokens import IssuedToken
from parley.identity.viewer import Viewer
from parley.kit.errors import ParleyError, TooMany
from parley.kit.ids import AccountId
from parley.kit.rate_limit import CONFIRMATIONS
from parley.web.render import page
from parley.web.session import PageCall, own_path
from parley.web.wording import sentence_of


async def show_sign_in(call: PageCall) -> Response[bytes]:
    return await _form(call, "", own_path(call.query.text("next")) or "")


async def sign_in(call: PageCall) -> Response[bytes]:
    name = call.form.text("name").strip()
    next_path = own_path(call.form.text("next")) or ""
    await call.limiter.spend_sign_in(call.database, sign_in_name(name), call.request.scope)
    try:
        member = await check_password(call.database, name, call.form.text("password"))
    except WrongPassword as refusal:
        return await _form(call, name, next_path, refusal, status=422)
    return await _enter(call, member, next_path, name)


async def sign_in_with_code(call: PageCall) -> Response[bytes]:
    """The second half: who gave the password stands, sealed, in the form."""
    next_path = own_path(call.form.text("next")) or ""
    half = call.form.text("half")
    try:
        async with call.database.reading() as conn:
            member = await open_half(conn, half)
        member = await prove_code(call.database, member, call.form.text("code"))
    except SecretSpent:
        return await _form(call, "", next_path, TookTooLong(), status=422)
    except WrongCode as refusal:
        return await _ask_code(call, half, next_path, refusal)
    return await _enter(call, member, next_path)


async def _enter(call: PageCall, member: ProvenMember, next_path: str, name: str = "") -> Response[bytes]:
    try:
        issued = await _start(call, member)
    except SecondFactorDue:
        async with call.database.reading() as conn:
            half = await note_half(conn, member)
        return await _ask_code(call, half, next_path)
    except AddressUnconfirmed as refusal:
        return await _ask_again(call, refusal.account_id)
    except LoginNotReady as refusal:
        return await _form(call, name, next_path, refusal, status=403)
    call.begin_session(issued)
    return call.redirect(next_path or "/home")


async def _start(call: PageCall, member: ProvenMember) -> IssuedToken:
    async with call.database.transaction() as conn:
        issued = await start_session(conn, member, call.user_agent)
        await note_login_address(conn, member.account_id, call.address, call.settings.keep_addresses_days)
        # One browser, one session: whoever was signed in here before no longer is.
        await end_session(conn, call.tokens, call.viewer)
    return issued


async def _ask_again(call: PageCall, account_id: AccountId) -> Response[bytes]:
    """The password was right, so the mail that asks for confirmation is sent once more."""
    sent = True
    try:
        await call.limiter.spend_budget(call.database, CONFIRMATIONS, account_id)
        async with call.database.transaction() as conn:
            await resend_confirmation(conn, call.settings, Viewer(account_id=account_id))
    except TooMany:
        sent = False
    return await page(call, "unconfirmed", status=403, sent=sent)


async def _ask_code(
    call: PageCall, half: str, next_path: str, refusal: ParleyError | None = None
) -> Response[bytes]:
    status = 200 if refusal is None else 422
    fault = "" if refusal is None else sentence_of(refusal)
    return await page(call, "sign_in_code", status=status, half=half, next_path=next_path, fault=fault)


async def _form(
    call: PageCall, name: str, next_path: str, refusal: ParleyError | None = None, status: int = 200
) -> Response[bytes]:
    sign_up = "/auth/sign_up" + (f"?{urlencode({'next': next_path})}" if next_path else "")
    complaint = "" if refusal is None else sentence_of(refusal)
    return await page(
        call,
        "sign_in",
        status=status,
        name=name,
        next_path=next_path,
        complaint=complaint,
        sign_up_path=sign_up,
    )


async def sign_out(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await end_session(conn, call.tokens, call.viewer)
    call.forget_session()
    return call.redirect("/", "signed_out")
