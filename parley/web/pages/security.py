"""Settings of a login: its password, the browsers and applications signed in."""

from litestar import Response

from parley.identity.errors import WrongPassword
from parley.identity.login import check_own_password
from parley.identity.passwords import change_password, prepare_password
from parley.identity.sessions import list_sessions, revoke_other_sessions, revoke_session
from parley.kit.errors import Invalid
from parley.kit.rate_limit import OWN_PASSWORD
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import faults_of

_NO_FAULTS: dict[str, str] = {}


async def show_security(call: PageCall) -> Response[bytes]:
    return await _show(call, _NO_FAULTS)


async def save_password(call: PageCall) -> Response[bytes]:
    await call.limiter.spend_budget(call.database, OWN_PASSWORD, call.account_id)
    try:
        member = await check_own_password(call.database, call.viewer, call.form.text("current"))
        new = await prepare_password(call.settings, call.form.text("password"))
    except WrongPassword:
        return await _show(call, {"current": "This is not your present password"})
    except Invalid as refusal:
        return await _show(call, faults_of(refusal))
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


async def _show(call: PageCall, faults: dict[str, str]) -> Response[bytes]:
    async with call.database.reading() as conn:
        sessions = await list_sessions(conn, call.viewer)
    return await page(
        call,
        "settings_account",
        status=422 if faults else 200,
        faults=faults,
        browsers=[each for each in sessions if each.browser],
        applications=[each for each in sessions if not each.browser],
    )
