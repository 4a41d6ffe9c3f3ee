"""Mails that were not sent, for the administrator: where no mail server is set up, all of them."""

from litestar import Response

from parley.kit.errors import Forbidden
from parley.kit.mail import list_outbox
from parley.web.render import page
from parley.web.session import PageCall


async def show_outbox(call: PageCall) -> Response[bytes]:
    if call.viewer.role != "admin":
        raise Forbidden("Only administrators may read the mails of this server")
    async with call.database.reading() as conn:
        mails = await list_outbox(conn)
    return await page(call, "outbox", mails=mails)
