"""How much tags and links are used: counted by day, with how many people they were, and forgotten after a week."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from parley.discovery import tag_queries
from parley.discovery.models import DayOfUse, Kind, Use
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId

DAYS_SHOWN = 7
# Who used what is forgotten sooner than how many they were.
_PEOPLE_KEPT = timedelta(days=8)
_DAYS_KEPT = timedelta(days=9)
_PRUNED_AT_ONCE = 20_000


async def note_uses(
    conn: Connection,
    kind: Kind,
    subject_ids: Sequence[int],
    account_id: AccountId,
    act_id: int,
    language: str | None = None,
) -> None:
    await note_many_uses(conn, kind, [Use(each, account_id, act_id, language) for each in subject_ids])


async def note_many_uses(conn: Connection, kind: Kind, uses: Iterable[Use]) -> None:
    """Each once, and in an order that is the same for all: so no two who note some wait for each other."""
    ordered = sorted(set(uses), key=lambda use: (use.subject_id, use.shard, use.act_id))
    await tag_queries.add_usages(conn, kind, ordered)


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
