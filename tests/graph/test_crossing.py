"""Acts that meet in the middle, on connections of their own: none waits for ever, none is counted twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from parley.graph import block, follow
from parley.identity.viewer import Viewer
from parley.kit.db import Connection, Database
from tests.graph.world import counts_of, id_of, make_viewer, rows_of

Act = Callable[..., Awaitable[Any]]


@pytest.fixture
async def database(database_dsn: str) -> AsyncIterator[Database]:
    """Not rolled back, so it takes away what it made."""
    opened = Database(database_dsn, size=4)
    yield opened
    async with opened.transaction() as conn:
        for table in ("accounts", "account_counts", "relationships", "jobs"):
            await conn.execute(f"delete from {table}")
    await opened.stop()


async def _two(database: Database) -> tuple[Viewer, Viewer]:
    async with database.transaction() as conn:
        return await make_viewer(conn, "dora"), await make_viewer(conn, "emil")


async def _do(database: Database, act: Act, viewer: Viewer, other: Viewer) -> None:
    async with database.transaction() as conn:
        await act(conn, viewer, id_of(other))


async def _following(conn: Connection, viewer: Viewer) -> int:
    return sum(row.follow_id is not None for row in (await rows_of(conn, viewer)).values())


async def test_acts_that_cross_wait_for_each_other_in_turn(database: Database) -> None:
    dora, emil = await _two(database)
    for act, answer in [(follow.follow, follow.follow), (block.block, follow.unfollow)] * 4:
        await asyncio.gather(_do(database, act, dora, emil), _do(database, answer, emil, dora))
        await asyncio.gather(
            _do(database, block.unblock, dora, emil), _do(database, block.unblock, emil, dora)
        )
    async with database.reading() as conn:
        assert await counts_of(conn, dora) == await counts_of(conn, emil) == (0, 0)
        assert await _following(conn, dora) == await _following(conn, emil) == 0


async def test_a_follow_sent_twice_at_once_counts_once(database: Database) -> None:
    dora, emil = await _two(database)
    await asyncio.gather(*[_do(database, follow.follow, dora, emil) for _ in range(3)])
    async with database.reading() as conn:
        assert await counts_of(conn, dora) == (1, 0)
        assert await counts_of(conn, emil) == (0, 1)
        told = await conn.fetch_value("select count(*) from jobs where lane = 'events'")
        assert (await _following(conn, dora), told) == (1, 1)

    await asyncio.gather(*[_do(database, follow.unfollow, dora, emil) for _ in range(3)])
    async with database.reading() as conn:
        assert await counts_of(conn, emil) == await counts_of(conn, dora) == (0, 0)
