"""Connections: what is broken off leaves nothing to who comes next, and nobody waits behind a change of partitions."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from parley.kit import clock
from parley.kit.db import Database
from parley.kit.errors import Unavailable
from parley.kit.partitions import keep_partitions
from tests.world import make_cast

# More than a transaction of one statement has.
_STEPS = 40


@pytest.fixture
async def database(database_dsn: str) -> AsyncIterator[Database]:
    """One connection, so that who comes next gets the same; not rolled back, so it takes away what it made."""
    opened = Database(database_dsn, size=1)
    yield opened
    async with opened.transaction() as conn:
        await conn.execute("delete from schedules where name like 'step %'")
    await opened.stop()


async def _write(database: Database, step: int) -> None:
    async with database.transaction() as conn:
        await conn.execute("insert into schedules (name, last_run_at) values ($1, now())", f"step {step}")


async def test_what_is_broken_off_harms_nobody_who_comes_next(database: Database, database_dsn: str) -> None:
    broken_off = 0
    for step in range(_STEPS):
        acting = asyncio.create_task(_write(database, -step - 1))
        for _ in range(step):
            await asyncio.sleep(0)
        acting.cancel()
        ended = await asyncio.gather(acting, return_exceptions=True)
        broken_off += isinstance(ended[0], asyncio.CancelledError)
        await _write(database, step)
    assert broken_off > 1

    other = Database(database_dsn, size=1)
    async with other.reading() as conn:
        kept = await conn.fetch_column("select name from schedules where name like 'step %'")
    await other.stop()
    assert {f"step {step}" for step in range(_STEPS)} <= set(kept)


async def test_partitions_give_way_to_who_reads_for_long(database: Database, database_dsn: str) -> None:
    """A dump reads for hours: who waits for it to end has every other reader wait behind."""
    dump = Database(database_dsn, size=1)
    async with dump.transaction() as reading, asyncio.timeout(60):
        await reading.fetch_value("select count(*) from home_entries")
        with clock.shifted(timedelta(weeks=10)), pytest.raises(Unavailable, match="partition"):
            await _keep_partitions(database)
    await dump.stop()


async def _keep_partitions(database: Database) -> None:
    async with database.transaction() as conn:
        await keep_partitions(conn)


async def test_what_waits_for_too_long_ends_and_may_be_asked_again(
    conn, client, database: Database, database_dsn: str
) -> None:
    async with database.reading() as pooled:
        assert await pooled.fetch_value("show statement_timeout") == "1min"
    cast = await make_cast(conn, client)
    stuck = Database(database_dsn, size=1)
    async with stuck.transaction() as holding:
        await holding.execute("lock table home_entries in access exclusive mode nowait")
        await conn.fetch_value("select set_config('statement_timeout', '200ms', true)")
        answer = await cast.alice.get("/api/v1/timelines/home")
    await stuck.stop()
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_statements_are_held_unless_a_limit_makes_their_plan_one_for_these_values(
    database: Database,
) -> None:
    plain, page = "select 1 + $1::int", "select lane from jobs where lane > $1 order by lane limit $2"
    held_page = "select lane from jobs where lane = $1 order by id limit $2"
    held = "select statement from pg_prepared_statements where from_sql = false and name like 'held%'"
    async with database.reading() as conn:
        for number in range(7):
            assert await conn.fetch_value(plain, number) == number + 1
            assert await conn.fetch_column(page, "x", number) == []
            assert await conn.fetch_column(held_page, "x", number, held=True) == []
            assert await conn.execute("delete from jobs where lane = $1", "x", held=False) == 0
        known = set(await conn.fetch_column(held))
    assert {plain, held_page} <= known
    assert not known & {page, "delete from jobs where lane = $1"}
