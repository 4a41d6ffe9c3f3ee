"""All SQL on what somebody who is no more did with others' posts."""

from collections.abc import Sequence

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, PollId, StatusId, bucket_of


class Mark(msgspec.Struct, frozen=True):
    """That something was done with a status; like the others, a boost's mark goes with the boost."""

    status_id: StatusId
    favourite_id: int | None


async def marks_of(conn: Connection, account_id: AccountId, limit: int) -> list[Mark]:
    return await conn.fetch_all(
        Mark,
        """
        select status_id, favourite_id from interactions
        where bucket = $1 and account_id = $2 order by status_id limit $3
        """,
        bucket_of(account_id),
        account_id,
        limit,
    )


async def delete_votes(conn: Connection, account_id: AccountId, poll_ids: Sequence[PollId]) -> None:
    await conn.execute_many(
        "delete from poll_votes where bucket = $1 and poll_id = $2 and account_id = $3",
        [(bucket_of(poll_id), poll_id, account_id) for poll_id in poll_ids],
    )
