"""The pool: a request that is broken off, at whatever step, leaves nothing behind for the next one on its connection."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from parley.kit.db import Database

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
