"""What follows for those who quote, and those who are quoted."""

from parley.graph.relationships import followers_among
from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.kit.paging import Page
from parley.kit.services import Services
from parley.notifications.notify import notify
from parley.publishing.events import QuoteRevoked, StatusCreated, StatusEdited
from parley.publishing.models import Visibility
from parley.publishing.quote import QUOTES_PER_STEP, forget_quotes_of_gone, quotes_page
from parley.side_effects import live

_TOLD_OF_EDIT_MAX = 500


async def tell_quoted(conn: Connection, event: StatusCreated) -> None:
    """Whose words were quoted learns of it, if they may see where."""
    quoted_id = event.quoted_id
    if quoted_id is None:
        return
    hidden = event.visibility == Visibility.PRIVATE and quoted_id not in event.mention_ids
    if hidden and not await followers_among(conn, event.account_id, [quoted_id]):
        return
    await notify(conn, quoted_id, "quote", event.account_id, event.status_id)


async def tell_quoters(conn: Connection, event: StatusEdited) -> None:
    """Who quotes words that have changed: they stand in their own status."""
    for quoting_id, account_id in await quotes_page(conn, event.status_id, Page(limit=_TOLD_OF_EDIT_MAX)):
        await notify(conn, account_id, "quoted_update", event.account_id, quoting_id)


async def after_revoked(conn: Connection, _services: Services, event: QuoteRevoked) -> None:
    live.tell_of_change(conn, event.quoting_id)


async def forget_some(conn: Connection, status_id: StatusId) -> bool:
    """Of what is gone, some of the quotes, which show nothing from now on; whether there may be more."""
    quoting_ids = await forget_quotes_of_gone(conn, status_id)
    for quoting_id in quoting_ids:
        live.tell_of_change(conn, quoting_id)
    return len(quoting_ids) == QUOTES_PER_STEP
