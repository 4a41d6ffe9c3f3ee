"""Weekly and monthly partitions of the time-ordered tables: made ahead, dropped when old.

The partition key is an id whose high bits are milliseconds, so a range of ids is a range of time. There is no
default partition: with one, PostgreSQL could no longer read the newest rows by walking partitions in order.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import asyncpg
import msgspec

from parley.kit import clock, ids
from parley.kit.db import Connection
from parley.kit.errors import Unavailable


class PartitionedTable(msgspec.Struct, frozen=True):
    """`kept`: how many spans before the present one; None for all, with one partition for what was before the first."""

    name: str
    span: timedelta
    kept: int | None
    ahead: int


PARTITIONED_TABLES = (
    PartitionedTable("home_entries", timedelta(days=7), kept=5, ahead=3),
    PartitionedTable("notifications", timedelta(days=28), kept=8, ahead=2),
    # Kept for three to six months: never for longer than what members hear of.
    PartitionedTable("filtered_notifications", timedelta(days=91), kept=1, ahead=1),
    PartitionedTable("search_documents", timedelta(days=84), kept=None, ahead=1),
    PartitionedTable("search_words", timedelta(days=84), kept=None, ahead=1),
)

# Whoever waits to change a table has all who read it wait behind.
_LOCK_TIMEOUT = "1s"
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def partition_start(table: PartitionedTable, moment: datetime) -> datetime:
    return _MONDAY + ((moment - _MONDAY) // table.span) * table.span


def oldest_kept_id(table_name: str) -> int:
    """Rows with ids below this have no partition any more: writers leave them out."""
    table = next(each for each in PARTITIONED_TABLES if each.name == table_name)
    return partition_of(table_name, clock.now() - (table.kept or 0) * table.span)[1]


def partition_of(table_name: str, moment: datetime) -> tuple[str, int]:
    """The partition that holds the rows of a moment, and the lowest id it may hold."""
    return _partition_of(table_name, int(moment.timestamp()) // 3600)


@lru_cache(maxsize=256)
def _partition_of(table_name: str, hour: int) -> tuple[str, int]:
    table = next(each for each in PARTITIONED_TABLES if each.name == table_name)
    start = partition_start(table, datetime.fromtimestamp(hour * 3600, UTC))
    return _partition_name(table, start), ids.id_at(int(start.timestamp() * 1000))


async def keep_partitions(conn: Connection) -> None:
    """Makes the partitions that will be needed and drops those whose time is over. Safe to repeat.

    Within a transaction it gives way to whoever reads for long, such as a dump: raises Unavailable, to be tried again.
    """
    await conn.fetch_value("select set_config('lock_timeout', $1, true)", _LOCK_TIMEOUT)
    try:
        for table in PARTITIONED_TABLES:
            await _keep_partitions_of(conn, table)
    except asyncpg.LockNotAvailableError:
        raise Unavailable(
            logged="a partition can't be made or dropped while somebody reads for long"
        ) from None


async def _keep_partitions_of(conn: Connection, table: PartitionedTable) -> None:
    existing = set(
        await conn.fetch_column(
            "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid "
            "where i.inhparent = to_regclass($1)",
            table.name,
        )
    )
    current = partition_start(table, clock.now())
    if table.kept is None and not existing:
        await conn.execute(_create_oldest_statement(table, current))
    wanted = [current + step * table.span for step in range(-(table.kept or 0), table.ahead + 1)]
    for start in wanted:
        if _partition_name(table, start) not in existing:
            await conn.execute(_create_statement(table, start))
    oldest = _partition_name(table, wanted[0])
    for name in sorted(existing):
        if table.kept is not None and name < oldest:
            await conn.execute(f"drop table if exists {name}")


def _partition_name(table: PartitionedTable, start: datetime) -> str:
    return f"{table.name}_{start:%Y%m%d}"


def _create_statement(table: PartitionedTable, start: datetime) -> str:
    low = ids.id_at(int(start.timestamp() * 1000))
    high = ids.id_at(int((start + table.span).timestamp() * 1000))
    name = _partition_name(table, start)
    return f"create table if not exists {name} partition of {table.name} for values from ({low}) to ({high})"


def _create_oldest_statement(table: PartitionedTable, start: datetime) -> str:
    high = ids.id_at(int(start.timestamp() * 1000))
    return f"create table if not exists {table.name}_before partition of {table.name} for values from (minvalue) to ({high})"
