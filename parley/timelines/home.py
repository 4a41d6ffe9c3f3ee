"""home_entries_page: the ids of one page of a home timeline, pushed entries merged with celebrities' outboxes."""

from heapq import merge
from itertools import islice

from parley.graph.lists import away_from_home, members_among
from parley.graph.relationships import followed_among
from parley.kit import clock, ids
from parley.kit.db import Connection
from parley.kit.ids import AccountId, ListId
from parley.kit.paging import Page
from parley.kit.partitions import oldest_kept_id, partition_of
from parley.timelines import celebrities, queries
from parley.timelines.models import TimelineEntry


async def home_entries_page(conn: Connection, account_id: AccountId, page: Page) -> list[TimelineEntry]:
    """Hot path: newest first. One statement, or two when this week holds no full page or a celebrity posts."""
    entries = await stored_page(conn, account_id, page)
    famous = await celebrities.current(conn)
    if famous:
        followed = await followed_among(conn, account_id, famous)
        if followed:
            followed -= await away_from_home(conn, account_id)
        if followed:
            extra = await celebrities.outbox_page(conn, followed, page)
            return _merged(entries, extra, page)
    return entries


async def list_entries_page(conn: Connection, list_id: ListId, page: Page) -> list[TimelineEntry]:
    """As a home: what was pushed to the list, merged with the outboxes of the celebrities on it."""
    entries = await stored_page(conn, list_id, page)
    famous = await celebrities.current(conn)
    listed = await members_among(conn, list_id, famous) if famous else frozenset[AccountId]()
    if listed:
        return _merged(entries, await celebrities.outbox_page(conn, listed, page), page)
    return entries


async def stored_page(conn: Connection, owner_id: int, page: Page) -> list[TimelineEntry]:
    """A page of what was pushed to a home or a list: out of the newest partition if that fills it."""
    if page.ascending:
        rows = await queries.oldest_entries(conn, owner_id, page.below, page.above, page.limit)
        return rows[::-1]
    newest = clock.now() if page.max_id is None else ids.moment_of(page.max_id)
    partition, lowest = partition_of("home_entries", min(newest, clock.now()))
    if lowest < oldest_kept_id("home_entries"):
        return []
    entries = await queries.newest_entries_in(conn, partition, owner_id, page.below, page.above, page.limit)
    if len(entries) == page.limit or lowest <= page.above:
        return entries
    rest = page.limit - len(entries)
    return entries + await queries.newest_entries(conn, owner_id, min(page.below, lowest), page.above, rest)


def _merged(stored: list[TimelineEntry], extra: list[TimelineEntry], page: Page) -> list[TimelineEntry]:
    """Both runs newest first; what stands in both (pushed before its author grew famous) is taken once."""
    newest_first = merge(stored, extra, key=lambda entry: -entry.status_id)
    distinct = list({entry.status_id: entry for entry in newest_first}.values())
    if page.ascending:
        return distinct[-page.limit :]
    return list(islice(distinct, page.limit))
