"""All SQL on markers."""

from collections.abc import Sequence
from datetime import datetime

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of
from parley.timelines.models import Marker


async def markers_of(conn: Connection, account_id: AccountId, timelines: Sequence[str]) -> list[Marker]:
    return await conn.fetch_all(
        Marker,
        """
        select timeline, last_read_id, version, updated_at from markers
        where bucket = $1 and account_id = $2 and timeline = any($3)
        """,
        bucket_of(account_id),
        account_id,
        timelines,
    )


async def insert_marker(conn: Connection, account_id: AccountId, marker: Marker) -> bool:
    """False when there is one already; waits for one that is being written."""
    inserted = await conn.execute(
        """
        insert into markers (bucket, account_id, timeline, last_read_id, version, updated_at)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing
        """,
        bucket_of(account_id),
        account_id,
        marker.timeline,
        marker.last_read_id,
        marker.version,
        marker.updated_at,
    )
    return inserted == 1


async def update_marker(
    conn: Connection, account_id: AccountId, timeline: str, last_read_id: int, version: int, now: datetime
) -> bool:
    """False when it is no longer at `version`; waits for a change that is being written."""
    updated = await conn.execute(
        """
        update markers set last_read_id = $4, version = version + 1, updated_at = $6
        where bucket = $1 and account_id = $2 and timeline = $3 and version = $5
        """,
        bucket_of(account_id),
        account_id,
        timeline,
        last_read_id,
        version,
        now,
    )
    return updated == 1
