"""All SQL on who quotes a status, and on what its author allows others to do with it."""

from typing import Any

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, bucket_of
from parley.publishing.cache import recent_counts
from parley.publishing.models import QuotePolicy, QuoteState, ReplyPolicy


async def insert_quote(
    conn: Connection, status_id: StatusId, quoting_id: StatusId, account_id: AccountId, state: QuoteState
) -> None:
    await conn.execute(
        """
        insert into status_quotes (bucket, status_id, quoting_id, account_id, state) values ($1, $2, $3, $4, $5)
        on conflict do nothing
        """,
        bucket_of(status_id),
        status_id,
        quoting_id,
        account_id,
        state,
    )


async def quotes_page(
    conn: Connection, status_id: StatusId, below: int, above: int, limit: int, *, ascending: bool
) -> list[Any]:
    """(quoting_id, account_id) of the accepted quotes of a status."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_rows(
        f"""
        select quoting_id, account_id from status_quotes
        where bucket = $1 and status_id = $2 and state = 1 and quoting_id < $3 and quoting_id > $4
        order by quoting_id {order} limit $5
        """,
        bucket_of(status_id),
        status_id,
        below,
        above,
        limit,
    )


async def some_quotes(conn: Connection, status_id: StatusId, limit: int) -> list[Any]:
    """Ids of statuses that quote this one, in whatever state."""
    return await conn.fetch_column(
        "select quoting_id from status_quotes where bucket = $1 and status_id = $2 order by quoting_id limit $3",
        bucket_of(status_id),
        status_id,
        limit,
    )


async def mark_revoked(conn: Connection, status_id: StatusId, quoting_id: StatusId) -> bool:
    """False when there is no accepted quote."""
    touched = await conn.execute(
        """
        update status_quotes set state = 3
        where bucket = $1 and status_id = $2 and quoting_id = $3 and state = 1
        """,
        bucket_of(status_id),
        status_id,
        quoting_id,
    )
    return touched == 1


async def delete_quote(conn: Connection, status_id: StatusId, quoting_id: StatusId) -> None:
    await conn.execute(
        "delete from status_quotes where bucket = $1 and status_id = $2 and quoting_id = $3",
        bucket_of(status_id),
        status_id,
        quoting_id,
    )


async def change_terms(
    conn: Connection,
    status_id: StatusId,
    version_step: int,
    *,
    quote_state: QuoteState | None = None,
    quote_policy: QuotePolicy | None = None,
    reply_policy: ReplyPolicy | None = None,
) -> None:
    """Changes what may be done with a status that the caller has locked; None stays. No edit, but a new version.

    The newest state of its history keeps bearing the status's version: so the next edit doesn't tell it twice.
    """
    recent_counts.changed(conn, status_id)
    await conn.execute(
        """
        with before as (select version from status_counts where bucket = $1 and status_id = $2),
            counts as (update status_counts set version = version + $3 where bucket = $1 and status_id = $2),
            edits as (
                update status_edits set version = version + $3
                where bucket = $1 and status_id = $2 and version = (select version from before))
        update statuses set quote_state = coalesce($4, quote_state), quote_policy = coalesce($5, quote_policy),
            reply_policy = coalesce($6, reply_policy)
        where bucket = $1 and id = $2
        """,
        bucket_of(status_id),
        status_id,
        version_step,
        quote_state,
        quote_policy,
        reply_policy,
    )


async def forget_quoted(conn: Connection, status_id: StatusId, version_step: int) -> None:
    """What this status quotes is gone, unless the quote was revoked before. See change_terms."""
    recent_counts.changed(conn, status_id)
    await conn.execute(
        """
        with before as (select version from status_counts where bucket = $1 and status_id = $2),
            counts as (update status_counts set version = version + $3 where bucket = $1 and status_id = $2),
            edits as (
                update status_edits set version = version + $3
                where bucket = $1 and status_id = $2 and version = (select version from before))
        update statuses set quote_state = 4 where bucket = $1 and id = $2 and quote_state = 1
        """,
        bucket_of(status_id),
        status_id,
        version_step,
    )
