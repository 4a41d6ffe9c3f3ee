"""The local timeline's ids."""

from parley.kit.db import Connection
from parley.kit.paging import Page
from parley.timelines import queries


async def public_page(conn: Connection, page: Page, *, only_media: bool = False) -> list[int]:
    """Newest first. A site-wide question: see timelines/queries.py."""
    read = queries.public_media_status_ids if only_media else queries.public_status_ids
    ids = await read(conn, page.below, page.above, page.limit, ascending=page.ascending)
    return ids[::-1] if page.ascending else ids
