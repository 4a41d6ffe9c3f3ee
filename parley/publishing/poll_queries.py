"""All SQL on polls and votes. Votes lie in their poll's bucket, so that a poll knows its voters in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, PollId, bucket_of
from parley.publishing.models import Poll

_COLUMNS = """
    p.id, p.status_id, p.account_id, p.options, p.multiple, p.hide_totals, p.expires_at, p.closed_at,
    p.votes_counts, p.voters_count, p.sealed
"""
_WIDTH = len(Poll.__struct_fields__)


class PollWithVotes(msgspec.Struct, frozen=True):
    """`choices` is None when the account asked for has not voted."""

    poll: Poll
    choices: tuple[int, ...] | None


def _poll(*columns: Any) -> Poll:
    # The driver gives arrays as lists.
    values: list[Any] = [tuple(value) if isinstance(value, list) else value for value in columns]
    return Poll(*values)


def _poll_with_votes(*columns: Any) -> PollWithVotes:
    choices = columns[_WIDTH]
    return PollWithVotes(_poll(*columns[:_WIDTH]), None if choices is None else tuple(choices))


async def insert_poll(conn: Connection, poll: Poll) -> None:
    await conn.execute(
        """
        insert into polls (bucket, id, status_id, account_id, options, multiple, hide_totals, expires_at,
            closed_at, votes_counts, voters_count, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        bucket_of(poll.id),
        *msgspec.structs.astuple(poll),
    )


async def find_poll(conn: Connection, poll_id: PollId) -> Poll | None:
    return await conn.fetch_one(
        _poll,
        "select " + _COLUMNS + " from polls p where p.bucket = $1 and p.id = $2",
        bucket_of(poll_id),
        poll_id,
    )


async def polls_with_votes(
    conn: Connection, poll_ids: Sequence[PollId], account_id: AccountId | None
) -> list[PollWithVotes]:
    """Hydration: several buckets at once, allowed by name. With nobody's account id there are no votes."""
    return await conn.fetch_all(
        _poll_with_votes,
        "select "
        + _COLUMNS
        + """
        , v.choices
        from polls p left join poll_votes v
            on v.bucket = p.bucket and v.poll_id = p.id and v.account_id = $3
        where p.id = any($1) and p.bucket = any($2)
        """,
        poll_ids,
        [bucket_of(each) for each in poll_ids],
        account_id,
    )


async def votes_of_members(
    conn: Connection, poll_ids: Sequence[PollId], account_ids: Sequence[AccountId]
) -> list[Any]:
    """(poll_id, account_id, choices) of those who have voted: hydration for many viewers, of one poll or two."""
    return await conn.fetch_rows(
        """
        select poll_id, account_id, choices from poll_votes
        where bucket = any($1) and poll_id = any($2) and account_id = any($3)
        """,
        sorted({bucket_of(each) for each in poll_ids}),
        poll_ids,
        account_ids,
    )


async def insert_vote(
    conn: Connection, poll_id: PollId, account_id: AccountId, choices: Sequence[int], now: datetime
) -> bool:
    """False when the account has voted already; waits for a vote of the same account that is under way."""
    inserted = await conn.execute(
        """
        insert into poll_votes (bucket, poll_id, account_id, choices, created_at) values ($1, $2, $3, $4, $5)
        on conflict do nothing
        """,
        bucket_of(poll_id),
        poll_id,
        account_id,
        choices,
        now,
    )
    return inserted == 1


async def count_vote(conn: Connection, poll_id: PollId, added: Sequence[int], now: datetime) -> bool:
    """Adds one voter, and `added` (one number an option) to the counts; False when the poll is over or gone."""
    counted = await conn.execute(
        """
        update polls set voters_count = voters_count + 1, votes_counts = array(
            select have + more from unnest(votes_counts, $3::integer[]) with ordinality as t(have, more, place)
            order by place)
        where bucket = $1 and id = $2 and closed_at is null and (expires_at is null or expires_at > $4)
        """,
        bucket_of(poll_id),
        poll_id,
        added,
        now,
    )
    return counted == 1


async def mark_closed(conn: Connection, poll_id: PollId, now: datetime) -> Poll | None:
    """The poll, if it was open and its time has come."""
    return await conn.fetch_one(
        _poll,
        """
        update polls p set closed_at = $3
        where p.bucket = $1 and p.id = $2 and p.closed_at is null and p.expires_at <= $3
        returning
        """
        + _COLUMNS,
        bucket_of(poll_id),
        poll_id,
        now,
    )


async def update_terms(
    conn: Connection, poll_id: PollId, expires_at: datetime | None, *, hide_totals: bool
) -> None:
    await conn.execute(
        "update polls set expires_at = $3, hide_totals = $4 where bucket = $1 and id = $2",
        bucket_of(poll_id),
        poll_id,
        expires_at,
        hide_totals,
    )


async def voters_after(conn: Connection, poll_id: PollId, after: AccountId, limit: int) -> list[AccountId]:
    return await conn.fetch_column(
        """
        select account_id from poll_votes
        where bucket = $1 and poll_id = $2 and account_id > $3 order by account_id limit $4
        """,
        bucket_of(poll_id),
        poll_id,
        after,
        limit,
    )


async def delete_poll(conn: Connection, poll_id: PollId) -> None:
    """Waits for votes that are under way; then all votes are there to be deleted."""
    bucket = bucket_of(poll_id)
    await conn.execute("delete from polls where bucket = $1 and id = $2", bucket, poll_id)
    await conn.execute("delete from poll_votes where bucket = $1 and poll_id = $2", bucket, poll_id)
