"""How much tags and links are used: counted by day, with how many people they were, and forgotten after a week."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from parley.discovery import tag_queries
from parley.discovery.models import DayOfUse, Kind
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, moment_of

DAYS_SHOWN = 7
# Who used what is forgotten sooner than how many they were.
_PEOPLE_KEPT = timedelta(days=8)
_DAYS_KEPT = timedelta(days=9)
_PRUNED_AT_ONCE = 20_000
# So many who use one thing at once need not wait for each other.
_SHARDS = 16


async def note_uses(
    conn: Connection,
    kind: Kind,
    subject_ids: Sequence[int],
    account_id: AccountId,
    act_id: int,
    language: str | None = None,
) -> None:
    """`act_id` tells the moment: that of the post, or of the follow."""
    if not subject_ids:
        return
    at = moment_of(act_id)
    # Random bits of an account's id.
    shard = (account_id >> 22) % _SHARDS
    await tag_queries.add_usages(
        conn, kind, list(dict.fromkeys(subject_ids)), at.date(), account_id, language, at, shard
    )


async def histories_of(
    conn: Connection, kind: Kind, subject_ids: Collection[int]
) -> dict[int, tuple[DayOfUse, ...]]:
    """The last week of each, from today back, unused days included. One statement."""
    if not subject_ids:
        return {}
    today = clock.now().date()
    days = [today - timedelta(days=number) for number in range(DAYS_SHOWN)]
    rows = await tag_queries.days_of_use(conn, kind, subject_ids, days[-1])
    counted = {(row[0], row[1]): DayOfUse(row[1], row[2], row[3]) for row in rows}
    return {
        each: tuple(counted.get((each, day)) or DayOfUse(day, 0, 0) for day in days) for each in subject_ids
    }


async def prune_uses(conn: Connection) -> None:
    now = clock.now()
    await tag_queries.delete_old_usages(conn, now - _PEOPLE_KEPT, _PRUNED_AT_ONCE)
    await tag_queries.delete_old_days(conn, (now - _DAYS_KEPT).date(), _PRUNED_AT_ONCE)
