"""A canary: a word that stands nowhere else, and where it still lies: rows of any table, names and bytes of any file."""

from parley.kit.db import Connection
from parley.kit.storage import Store
from tests.invariants import table_names

CANARY = "zyxwcanaryqu"


async def tables_with(conn: Connection, *words: str) -> dict[str, int]:
    """How many rows of each table hold one of the words, as text or as the bytes of it."""
    patterns = [f"%{each}%" for word in words for each in (word, word.encode().hex())]
    found = {}
    for table in await table_names(conn):
        count = await conn.fetch_value(
            f"select count(*) from {table} row where row::text ilike any ($1::text[])", patterns
        )
        if count:
            found[table] = count
    return found


async def stored_names(store: Store) -> set[str]:
    return {each.name async for batch in store.all_files() for each in batch}
