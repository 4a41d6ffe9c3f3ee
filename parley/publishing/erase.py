"""An account's posts and boosts go, a slice at a time, once it is no more; and of all posts those that the ledger names."""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, bucket_of
from parley.kit.ledger import deleted_among
from parley.kit.pubsub import PubSub
from parley.publishing import erase_queries, queries
from parley.publishing.delete import delete_reblog, delete_status
from parley.publishing.models import Status

_STEP = 50


async def delete_some_statuses(conn: Connection, pubsub: PubSub, account_id: AccountId) -> bool:
    """Whether there may be more. Boosts of what is gone are left to the job that follows its deletion."""
    ids = await erase_queries.status_ids_of(conn, account_id, _STEP)
    return await _delete_all(conn, pubsub, ids) > 0 and len(ids) == _STEP


async def delete_some_statuses_again(
    conn: Connection, pubsub: PubSub, after: int, limit: int
) -> tuple[int, int | None]:
    """Of a slice of all statuses those that the ledger names: how many, and where the next slice begins."""
    ids = await erase_queries.status_ids_after(conn, bucket_of(after) if after else -1, after, limit)
    again = await deleted_among(conn, "status", ids)
    deleted = await _delete_all(conn, pubsub, [StatusId(each) for each in again])
    return deleted, ids[-1] if len(ids) == limit else None


async def _delete_all(conn: Connection, pubsub: PubSub, ids: list[StatusId]) -> int:
    statuses = await queries.statuses_by_ids(conn, ids)
    targets = await _targets_of(conn, statuses)
    deleted = 0
    for status in sorted(statuses, key=lambda each: each.id):
        if status.reblog_of_id is None:
            await delete_status(conn, pubsub, status)
            deleted += 1
        elif status.reblog_of_id in targets:
            await delete_reblog(conn, pubsub, status, targets[status.reblog_of_id])
            deleted += 1
    return deleted


async def _targets_of(conn: Connection, statuses: list[Status]) -> dict[int, Status]:
    wanted = [each.reblog_of_id for each in statuses if each.reblog_of_id is not None]
    found = await queries.statuses_by_ids(conn, wanted) if wanted else []
    return {each.id: each for each in found}
