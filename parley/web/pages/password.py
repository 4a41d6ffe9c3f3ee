"""A forgotten password: asking for the mail, and choosing a new one through its link."""

from litestar import Response

from parley.identity.errors import SecretSpent
from parley.identity.login import sign_in_name
from parley.identity.passwords import check_reset_secret, prepare_password, request_reset, reset_password
from parley.kit.errors import Invalid
from parley.kit.rate_limit import RESETS
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import faults_of

_NO_FAULTS: dict[str, str] = {}


async def show_forgot(call: PageCall) -> Response[bytes]:
    return await page(call, "forgot")


async def forgot(call: PageCall) -> Response[bytes]:
    """The same answer whoever has the address, and the same limit for each."""
    email = call.form.text("email")
    await call.limiter.spend_sign_up(call.database, call.request.scope)
    await call.limiter.spend_budget(call.database, RESETS, sign_in_name(email))
    async with call.database.transaction() as conn:
        await request_reset(conn, email)
    return await page(call, "forgot_sent")


async def show_reset(call: PageCall) -> Response[bytes]:
    token = call.query.text("token")
    try:
        async with call.database.transaction() as conn:
            await check_reset_secret(conn, token)
    except SecretSpent:
        return await _spent(call)
    return await page(call, "reset", token=token, faults=_NO_FAULTS)


async def reset(call: PageCall) -> Response[bytes]:
    token = call.form.text("token")
    try:
        # The link first: hashing takes long, and is for those who hold one.
        async with call.database.transaction() as conn:
            await check_reset_secret(conn, token)
        new = await prepare_password(call.settings, call.form.text("password"))
        async with call.database.transaction() as conn:
            await reset_password(conn, call.settings, call.tokens, token, new)
    except SecretSpent:
        return await _spent(call)
    except Invalid as refusal:
        return await page(call, "reset", status=422, token=token, faults=faults_of(refusal))
    return await page(call, "reset_done")


async def _spent(call: PageCall) -> Response[bytes]:
    return await page(call, "link_spent", status=403, kind="reset")
