"""The ids of public statuses that bear the card of one link."""

from parley.kit.db import Connection
from parley.kit.ids import CardId
from parley.kit.paging import Page
from parley.timelines import queries


async def link_page(conn: Connection, card_id: CardId, page: Page) -> list[int]:
    """Newest first."""
    ids = await queries.card_status_ids(
        conn, card_id, page.below, page.above, page.limit, ascending=page.ascending
    )
    return ids[::-1] if page.ascending else ids
