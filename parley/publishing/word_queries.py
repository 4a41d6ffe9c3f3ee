"""The SQL by which the index learns what hangs on statuses."""

from collections.abc import Sequence
from typing import Any

from parley.kit.db import Connection
from parley.kit.ids import StatusId, bucket_of


async def media_of_statuses(conn: Connection, status_ids: Sequence[StatusId]) -> list[Any]:
    """(status_id, kind, id, description, sealed_description); for the index, in a job. A status's files lie in its bucket."""
    return await conn.fetch_rows(
        """
        select m.status_id, m.kind, m.id, m.description, m.sealed_description
        from unnest($1::smallint[], $2::bigint[]) as o (bucket, status_id)
        join media_files m on m.bucket = o.bucket and m.status_id = o.status_id
        order by m.id
        """,
        [bucket_of(each) for each in status_ids],
        list(status_ids),
    )
