"""Finding hashtags by how they begin: the very one first, then those used last."""

from parley.discovery import account_queries as queries
from parley.discovery.search_words import fold
from parley.kit.db import Connection
from parley.publishing.text import is_tag

TAGS_MAX = 200
_TEXT_LENGTH_MAX = 100


async def search_tags(conn: Connection, text: str, *, limit: int, offset: int = 0) -> list[str]:
    """Names in normal form; accents and case make no difference."""
    name = text.strip().removeprefix("#")[:_TEXT_LENGTH_MAX]
    if not is_tag(name) or offset >= TAGS_MAX:
        return []
    folded = fold(name)
    rows = await queries.tags_by_beginning(conn, folded, TAGS_MAX)
    rows.sort(key=lambda row: (fold(row[0]) != folded, -row[1]))
    return [row[0] for row in rows[offset : offset + limit]]
