"""Two-factor sign-in: setting it up, recovery codes, turning it off."""

import segno
from litestar import Response

from parley.identity.errors import WrongCode
from parley.identity.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    factor_state,
    find_enrolment,
    renew_recovery_codes,
    turn_off,
)
from parley.kit.errors import ParleyError
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

_PATH = "/settings/account/second_factor"
_QR_SCALE = 5


async def show_second_factor(call: PageCall) -> Response[bytes]:
    return await _show(call)


async def begin(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await begin_enrolment(conn, call.viewer)
    return call.redirect(_PATH)


async def confirm(call: PageCall) -> Response[bytes]:
    """The recovery codes stand in this answer, and nowhere after it."""
    try:
        codes = await confirm_enrolment(call.database, call.settings, call.viewer, call.form.text("code"))
    except WrongCode as refusal:
        return await _show(call, refusal)
    return await page(call, "recovery_codes", codes=codes, just_on=True)


async def renew_codes(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        codes = await renew_recovery_codes(conn, call.settings, call.viewer)
    return await page(call, "recovery_codes", codes=codes, just_on=False)


async def end(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await turn_off(conn, call.settings, call.viewer)
    return call.redirect("/settings/account", "second_factor_off")


async def _show(call: PageCall, refusal: ParleyError | None = None) -> Response[bytes]:
    async with call.database.reading() as conn:
        state = await factor_state(conn, call.viewer)
        enrolment = await find_enrolment(conn, call.settings, call.viewer)
    picture = "" if enrolment is None else _qr_code(enrolment.address)
    return await page(
        call,
        "second_factor",
        status=200 if refusal is None else 422,
        state=state,
        enrolment=enrolment,
        picture=picture,
        fault="" if refusal is None else sentence_of(refusal),
    )


def _qr_code(address: str) -> str:
    """Dark on light in every colour scheme, as cameras want it."""
    return segno.make(address, error="m").svg_inline(scale=_QR_SCALE, dark="#000", light="#fff", border=4)
