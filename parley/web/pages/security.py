"""Settings of a login: its password, the browsers and applications signed in."""

from litestar import Response

from parley.identity.email_change import own_email
from parley.identity.errors import WrongCode, WrongPassword
from parley.identity.passwords import change_password, prepare_password
from parley.identity.second_factor import factor_state
from parley.identity.sessions import list_sessions, revoke_other_sessions, revoke_session
from parley.kit.errors import Invalid
from parley.web.pages.prove import proven_by_form
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import faults_of, sentence_of

_NO_FAULTS: dict[str, str] = {}


async def show_security(call: PageCall) -> Response[bytes]:
    return await show_account(call, _NO_FAULTS)


async def save_password(call: PageCall) -> Response[bytes]:
    try:
        member = await proven_by_form(call, "current")
        new = await prepare_password(call.settings, call.form.text("password"))
    except WrongPassword:
        return await show_account(call, {"current": "This is not your present password"})
    except WrongCode as refusal:
        return await show_account(call, {"code": sentence_of(refusal)})
    except Invalid as refusal:
        return await show_account(call, faults_of(refusal))
    async with call.database.transaction() as conn:
        await change_password(conn, call.settings, call.tokens, call.viewer, member, new)
    return call.redirect("/settings/account", "password_changed")


async def end_one_session(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await revoke_session(conn, call.tokens, call.viewer, call.path_id())
    return call.redirect("/settings/account", "session_revoked")


async def end_other_sessions(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await revoke_other_sessions(conn, call.tokens, call.viewer)
    return call.redirect("/settings/account", "sessions_revoked")


async def show_account(call: PageCall, faults: dict[str, str], typed_email: str = "") -> Response[bytes]:
    """The whole page, with what is wrong in one of its forms."""
    async with call.database.reading() as conn:
        sessions = await list_sessions(conn, call.viewer)
        factor = await factor_state(conn, call.viewer)
        email = await own_email(conn, call.viewer)
    return await page(
        call,
        "settings_account",
        status=422 if faults else 200,
        faults=faults,
        factor=factor,
        email=email,
        typed_email=typed_email,
        browsers=[each for each in sessions if each.browser],
        applications=[each for each in sessions if not each.browser],
    )
