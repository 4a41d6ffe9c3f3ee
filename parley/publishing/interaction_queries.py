"""All SQL on what accounts did with statuses: favourite, reblog, bookmark, pin, mute a thread.

`interactions` holds the acts in the account's bucket; status_favourites and status_reblogs hold who did it in the
status's bucket.
"""

from collections.abc import Sequence
from typing import Any, Literal

from parley.graph.marks import flag_changed
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, bucket_of


async def acted_by(
    conn: Connection,
    table: Literal["status_favourites", "status_reblogs"],
    status_id: StatusId,
    below: int,
    above: int,
    limit: int,
    *,
    ascending: bool,
) -> list[Any]:
    """(id of the act, account_id) of who favourited or boosted a status."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_rows(
        f"""
        select id, account_id from {table}
        where bucket = $1 and status_id = $2 and id < $3 and id > $4 order by id {order} limit $5
        """,
        bucket_of(status_id),
        status_id,
        below,
        above,
        limit,
    )


async def accounts_that_favourited(conn: Connection, status_id: StatusId, limit: int) -> list[Any]:
    return await conn.fetch_column(
        "select account_id from status_favourites where bucket = $1 and status_id = $2 limit $3",
        bucket_of(status_id),
        status_id,
        limit,
    )


async def delete_interactions(
    conn: Connection, account_ids: Sequence[AccountId], status_id: StatusId
) -> None:
    """All that these accounts did with a status that is gone."""
    for account_id in account_ids:
        flag_changed(conn, account_id, status_id)
    await conn.execute_many(
        "delete from interactions where bucket = $1 and account_id = $2 and status_id = $3",
        [(bucket_of(account_id), account_id, status_id) for account_id in account_ids],
    )


async def favourites_page(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int, *, ascending: bool
) -> list[Any]:
    """(paging id, status_id) of what an account favourited."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_rows(
        f"""
        select favourite_id, status_id from interactions
        where bucket = $1 and account_id = $2 and favourite_id < $3 and favourite_id > $4
        order by favourite_id {order} limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
    )


async def bookmarks_page(
    conn: Connection, account_id: AccountId, below: int, above: int, limit: int, *, ascending: bool
) -> list[Any]:
    """(paging id, status_id) of what an account bookmarked."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_rows(
        f"""
        select bookmark_id, status_id from interactions
        where bucket = $1 and account_id = $2 and bookmark_id < $3 and bookmark_id > $4
        order by bookmark_id {order} limit $5
        """,
        bucket_of(account_id),
        account_id,
        below,
        above,
        limit,
    )


async def pinned_ids(conn: Connection, account_id: AccountId, limit: int) -> list[Any]:
    return await conn.fetch_column(
        """
        select status_id from interactions
        where bucket = $1 and account_id = $2 and pin_id is not null order by pin_id desc limit $3
        """,
        bucket_of(account_id),
        account_id,
        limit,
    )


async def mark_favourite(conn: Connection, account_id: AccountId, status_id: StatusId, act_id: int) -> bool:
    """False when it was one already."""
    return await _mark(conn, "favourite_id", account_id, status_id, act_id)


async def mark_bookmark(conn: Connection, account_id: AccountId, status_id: StatusId, act_id: int) -> bool:
    return await _mark(conn, "bookmark_id", account_id, status_id, act_id)


async def mark_reblog(conn: Connection, account_id: AccountId, status_id: StatusId, act_id: int) -> bool:
    return await _mark(conn, "reblog_id", account_id, status_id, act_id)


async def mark_pin(conn: Connection, account_id: AccountId, status_id: StatusId, act_id: int) -> bool:
    return await _mark(conn, "pin_id", account_id, status_id, act_id)


async def _mark(
    conn: Connection, column: str, account_id: AccountId, status_id: StatusId, act_id: int
) -> bool:
    flag_changed(conn, account_id, status_id)
    touched = await conn.execute(
        f"""
        insert into interactions (bucket, account_id, status_id, {column}) values ($1, $2, $3, $4)
        on conflict (bucket, account_id, status_id) do update set {column} = $4
        where interactions.{column} is null
        """,
        bucket_of(account_id),
        account_id,
        status_id,
        act_id,
    )
    return touched == 1


async def unmark(conn: Connection, column: str, account_id: AccountId, status_id: StatusId) -> bool:
    """Takes back a favourite_id, bookmark_id, reblog_id or pin_id; False when there was none."""
    flag_changed(conn, account_id, status_id)
    touched = await conn.execute(
        f"""
        update interactions set {column} = null
        where bucket = $1 and account_id = $2 and status_id = $3 and {column} is not null
        """,
        bucket_of(account_id),
        account_id,
        status_id,
    )
    return touched == 1


async def find_reblog_id(conn: Connection, account_id: AccountId, status_id: StatusId) -> StatusId | None:
    """The wrapper by which an account reblogged a status."""
    found: StatusId | None = await conn.fetch_value(
        "select reblog_id from interactions where bucket = $1 and account_id = $2 and status_id = $3",
        bucket_of(account_id),
        account_id,
        status_id,
    )
    return found


async def is_thread_muted(conn: Connection, account_id: AccountId, thread_id: StatusId) -> bool:
    muted = await conn.fetch_value(
        "select thread_muted from interactions where bucket = $1 and account_id = $2 and status_id = $3",
        bucket_of(account_id),
        account_id,
        thread_id,
    )
    return bool(muted)


async def set_thread_muted(
    conn: Connection, account_id: AccountId, thread_id: StatusId, *, muted: bool
) -> None:
    flag_changed(conn, account_id, thread_id)
    await conn.execute(
        """
        insert into interactions (bucket, account_id, status_id, thread_muted) values ($1, $2, $3, $4)
        on conflict (bucket, account_id, status_id) do update set thread_muted = $4
        """,
        bucket_of(account_id),
        account_id,
        thread_id,
        muted,
    )


async def insert_status_favourite(
    conn: Connection, status_id: StatusId, account_id: AccountId, act_id: int
) -> None:
    await conn.execute(
        """
        insert into status_favourites (bucket, status_id, account_id, id) values ($1, $2, $3, $4)
        on conflict do nothing
        """,
        bucket_of(status_id),
        status_id,
        account_id,
        act_id,
    )


async def delete_status_favourite(conn: Connection, status_id: StatusId, account_id: AccountId) -> None:
    await conn.execute(
        "delete from status_favourites where bucket = $1 and status_id = $2 and account_id = $3",
        bucket_of(status_id),
        status_id,
        account_id,
    )


async def insert_status_reblog(
    conn: Connection, status_id: StatusId, account_id: AccountId, act_id: int
) -> None:
    await conn.execute(
        """
        insert into status_reblogs (bucket, status_id, account_id, id) values ($1, $2, $3, $4)
        on conflict do nothing
        """,
        bucket_of(status_id),
        status_id,
        account_id,
        act_id,
    )


async def delete_status_reblog(conn: Connection, status_id: StatusId, account_id: AccountId) -> None:
    await conn.execute(
        "delete from status_reblogs where bucket = $1 and status_id = $2 and account_id = $3",
        bucket_of(status_id),
        status_id,
        account_id,
    )
