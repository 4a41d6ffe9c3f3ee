"""Giving the password once more, and the code, before what an open browser alone must not do."""

from urllib.parse import urlencode

from litestar import Response

from parley.identity.errors import WrongCode, WrongPassword
from parley.identity.login import ProvenMember, check_own_password
from parley.identity.second_factor import has_second_factor, prove_code
from parley.identity.step_up import note_proof
from parley.kit.errors import ParleyError
from parley.kit.rate_limit import OWN_PASSWORD
from parley.web.render import page
from parley.web.session import PageCall, own_path
from parley.web.wording import sentence_of

PATH = "/settings/account/prove"
_AFTER = "/settings/account"


def prove_first(call: PageCall) -> Response[bytes]:
    """Instead of what was asked for: there and back again."""
    sent = call.request.method == "POST"
    after = own_path(call.form.text("back")) if sent else call.here
    return call.redirect(f"{PATH}?{urlencode({'next': after or _AFTER})}")


async def show_prove(call: PageCall) -> Response[bytes]:
    return await _form(call, own_path(call.query.text("next")) or _AFTER)


async def prove(call: PageCall) -> Response[bytes]:
    next_path = own_path(call.form.text("next")) or _AFTER
    try:
        member = await proven_by_form(call, "password")
    except (WrongPassword, WrongCode) as refusal:
        return await _form(call, next_path, refusal)
    async with call.database.transaction() as conn:
        await note_proof(conn, call.viewer, member)
    return call.redirect(next_path)


async def proven_by_form(call: PageCall, password_field: str) -> ProvenMember:
    """By the password, and by the code where the member has a second factor. Raises WrongPassword, WrongCode."""
    await call.limiter.spend_budget(call.database, OWN_PASSWORD, call.account_id)
    member = await check_own_password(call.database, call.viewer, call.form.text(password_field))
    return await prove_code(call.database, member, call.form.text("code"))


async def _form(call: PageCall, next_path: str, refusal: ParleyError | None = None) -> Response[bytes]:
    async with call.database.reading() as conn:
        with_code = await has_second_factor(conn, call.account_id)
    complaint = "" if refusal is None else sentence_of(refusal)
    return await page(
        call,
        "prove",
        status=422 if complaint else 200,
        next_path=next_path,
        with_code=with_code,
        complaint=complaint,
    )
