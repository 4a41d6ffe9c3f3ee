"""Another e-mail address: asking for it in the settings, and the link of the mail that confirms it."""

from litestar import Response

from parley.identity.admission import admit_email
from parley.identity.email_change import ask_for_email_change, confirm_email_change
from parley.identity.errors import SecretSpent
from parley.identity.step_up import require_proof
from parley.kit.errors import Invalid
from parley.kit.rate_limit import CONFIRMATIONS
from parley.web.pages.security import show_account
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import faults_of


async def ask_for_change(call: PageCall) -> Response[bytes]:
    email = call.form.text("email").strip()
    async with call.database.reading() as conn:
        await require_proof(conn, call.viewer)
    await call.limiter.spend_budget(call.database, CONFIRMATIONS, call.account_id)
    try:
        await admit_email(call.database, email, call.address)
        async with call.database.transaction() as conn:
            await ask_for_email_change(conn, call.settings, call.viewer, email)
    except Invalid as refusal:
        return await show_account(call, faults_of(refusal), email)
    notice = "email_asked" if call.settings.confirm_email else "email_changed"
    return call.redirect("/settings/account", notice)


async def show_change(call: PageCall) -> Response[bytes]:
    """A button, as for confirming: programs that look at mails follow links."""
    return await page(call, "change_email", token=call.query.text("token"))


async def confirm_change(call: PageCall) -> Response[bytes]:
    try:
        async with call.database.transaction() as conn:
            await confirm_email_change(conn, call.settings, call.form.text("token"))
    except SecretSpent:
        return await page(call, "link_spent", status=403, kind="change")
    return await page(call, "email_changed")
