"""Whole servers of which a member wants to see nobody."""

from litestar import Response

from parley.graph.domain_blocks import block_domain, domain_blocks, unblock_domain
from parley.kit.errors import Invalid
from parley.web.paging import ACCOUNTS_PER_PAGE, asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

_PATH = "/settings/domains"


async def show_domains(call: PageCall) -> Response[bytes]:
    return await _show(call)


async def block(call: PageCall) -> Response[bytes]:
    domain = call.form.text("domain")
    try:
        async with call.database.transaction() as conn:
            await block_domain(conn, call.viewer, domain)
    except Invalid as refusal:
        return await _show(call, domain, sentence_of(refusal))
    return call.redirect(_PATH, "domain_blocked")


async def unblock(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await unblock_domain(conn, call.viewer, call.form.text("domain"))
    return call.redirect(_PATH, "domain_unblocked")


async def _show(call: PageCall, domain: str = "", complaint: str = "") -> Response[bytes]:
    asked = asked_page(call, ACCOUNTS_PER_PAGE)
    async with call.database.reading() as conn:
        found = await domain_blocks(conn, call.viewer, asked)
    oldest, newest = (found[-1].id, found[0].id) if found else (None, None)
    return await page(
        call,
        "settings_domains",
        status=422 if complaint else 200,
        blocks=found,
        domain=domain,
        complaint=complaint,
        links=page_links(call, asked, oldest, newest, full=len(found) >= asked.limit),
    )
