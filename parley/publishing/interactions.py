"""Reading what accounts did with statuses: one's favourites, bookmarks and pins; who favourited or boosted one."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId
from parley.kit.paging import Page
from parley.publishing import interaction_queries as queries

Acted = tuple[int, int]


async def favourites_page(conn: Connection, account_id: AccountId, page: Page) -> list[Acted]:
    """(paging id, status id) of what an account favourited, newest act first; likewise the others."""
    rows = await queries.favourites_page(
        conn, account_id, page.below, page.above, page.limit, ascending=page.ascending
    )
    return _newest_first(rows, page)


async def bookmarks_page(conn: Connection, account_id: AccountId, page: Page) -> list[Acted]:
    rows = await queries.bookmarks_page(
        conn, account_id, page.below, page.above, page.limit, ascending=page.ascending
    )
    return _newest_first(rows, page)


async def pinned_ids(conn: Connection, account_id: AccountId, limit: int) -> list[StatusId]:
    return await queries.pinned_ids(conn, account_id, limit)


async def favourited_by(conn: Connection, status_id: StatusId, page: Page) -> list[Acted]:
    """(paging id, account id) of who favourited a status."""
    rows = await queries.acted_by(
        conn, "status_favourites", status_id, page.below, page.above, page.limit, ascending=page.ascending
    )
    return _newest_first(rows, page)


async def reblogged_by(conn: Connection, status_id: StatusId, page: Page) -> list[Acted]:
    rows = await queries.acted_by(
        conn, "status_reblogs", status_id, page.below, page.above, page.limit, ascending=page.ascending
    )
    return _newest_first(rows, page)


async def forget_favourites(conn: Connection, status_id: StatusId, limit: int) -> bool:
    """Of a status that is gone, some of those who favourited it; whether there may be more."""
    account_ids = await queries.accounts_that_favourited(conn, status_id, limit)
    await queries.delete_interactions(conn, account_ids, status_id)
    for account_id in account_ids:
        await queries.delete_status_favourite(conn, status_id, account_id)
    return len(account_ids) == limit


def _newest_first(rows: list[Acted], page: Page) -> list[Acted]:
    found = [(row[0], row[1]) for row in rows]
    return found[::-1] if page.ascending else found
