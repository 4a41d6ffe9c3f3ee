"""Quotes: what a status quotes, who quotes it; taking back that one's own may be quoted; what becomes of them later."""

from collections.abc import Sequence

from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, StatusId
from parley.kit.paging import Page
from parley.publishing import queries, quote_queries
from parley.publishing.cache import version_step
from parley.publishing.consent import may_quote
from parley.publishing.errors import NotQuotable, QuoteNotMentioned
from parley.publishing.events import QuoteRevoked
from parley.publishing.models import COUNTED_AS_QUOTE, QuoteState, Status, Visibility
from parley.publishing.visibility import VisibleStatus, require_visible

QUOTES_PER_STEP = 200
_NOTHING_TO_QUOTE = "The post you are trying to quote does not appear to exist."


async def require_quotable(
    conn: Connection, viewer: Viewer, status_id: StatusId | None
) -> VisibleStatus | None:
    """What is to be quoted; of a boost, what it boosts. Raises NotFound if the viewer can't see it, or NotQuotable."""
    if status_id is None:
        return None
    try:
        found = await require_visible(conn, viewer, status_id)
    except NotFound:
        raise NotFound(_NOTHING_TO_QUOTE) from None
    target = found.reblog or found
    if not may_quote(target, require_account(viewer)):
        raise NotQuotable
    return target


def refuse_unmentioned(status: Status, quoted: VisibleStatus) -> None:
    """A message that quotes goes to whom it quotes, too: nobody is talked about behind their back with their words."""
    author_id = quoted.status.account_id
    if status.visibility == Visibility.DIRECT and author_id not in (status.account_id, *status.mention_ids):
        raise QuoteNotMentioned


async def record_quote(conn: Connection, status: Status) -> None:
    """Beside what it quotes, who quotes it."""
    if status.quote_of_id is not None:
        await quote_queries.insert_quote(
            conn, status.quote_of_id, status.id, status.account_id, QuoteState.ACCEPTED
        )


async def quotes_page(conn: Connection, status_id: StatusId, page: Page) -> list[tuple[StatusId, AccountId]]:
    """Accepted quotes and their authors, newest first; whoever shows them checks each."""
    rows = await quote_queries.quotes_page(
        conn, status_id, page.below, page.above, page.limit, ascending=page.ascending
    )
    found = [(StatusId(row[0]), AccountId(row[1])) for row in rows]
    return found[::-1] if page.ascending else found


async def revoke_quote(
    conn: Connection, viewer: Viewer, status_id: StatusId, quoting_id: StatusId
) -> StatusId:
    """Takes one's own status out of another's; for good. The id of what quoted it. Raises NotFound."""
    account_id = require_account(viewer)
    found = await require_visible(conn, viewer, status_id)
    quoting = (await require_visible(conn, viewer, quoting_id)).status
    if found.status.account_id != account_id or quoting.quote_of_id != status_id:
        raise NotFound
    for each in sorted((status_id, quoting_id)):
        await queries.lock_status(conn, each)
    if not await quote_queries.mark_revoked(conn, status_id, quoting_id):
        raise NotFound
    await quote_queries.change_terms(conn, quoting_id, version_step(), quote_state=QuoteState.REVOKED)
    await queries.add_to_status_counts(conn, status_id, quotes=-int(quoting.visibility in COUNTED_AS_QUOTE))
    await emit(conn, QuoteRevoked(status_id, account_id, quoting_id))
    return quoting_id


async def forget_quotes_of_gone(conn: Connection, status_id: StatusId) -> Sequence[StatusId]:
    """Some of those that quote a status that is gone: they know it from now on. QUOTES_PER_STEP when there may be more."""
    quoting_ids = [
        StatusId(each) for each in await quote_queries.some_quotes(conn, status_id, QUOTES_PER_STEP)
    ]
    for quoting_id in quoting_ids:
        if await queries.lock_status(conn, quoting_id) is not None:
            await quote_queries.forget_quoted(conn, quoting_id, version_step())
        await quote_queries.delete_quote(conn, status_id, quoting_id)
    return quoting_ids
