"""Closing one's own account: what goes and what stays, the name typed, and the page after it."""

from litestar import Response

from parley.identity.closing import closable_account, close_own_account
from parley.identity.errors import LastAdministrator
from parley.identity.viewer import ANONYMOUS
from parley.kit.errors import Invalid
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import faults_of


async def show_close(call: PageCall) -> Response[bytes]:
    return await _show(call, {})


async def close(call: PageCall) -> Response[bytes]:
    """The answer is nobody's any more: the page for visitors, without a session."""
    try:
        async with call.database.transaction() as conn:
            await close_own_account(conn, call.settings, call.tokens, call.viewer, call.form.text("name"))
    except Invalid as refusal:
        return await _show(call, faults_of(refusal))
    except LastAdministrator:
        return await _show(call, {})
    call.forget_session()
    call.viewer, call.bearer = ANONYMOUS, ""
    return await page(call, "account_closed")


async def _show(call: PageCall, faults: dict[str, str]) -> Response[bytes]:
    last = False
    async with call.database.reading() as conn:
        try:
            await closable_account(conn, call.viewer)
        except LastAdministrator:
            last = True
    status = 422 if faults else 409 if last else 200
    return await page(call, "close_account", status=status, faults=faults, last=last)
