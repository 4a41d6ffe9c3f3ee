"""Two devices at once: the later of two that saw the same state is refused, never half heard."""

import asyncio

import pytest

from parley.kit.db import Database
from parley.kit.errors import Conflict
from parley.kit.ids import bucket_of, new_account_id
from parley.timelines.markers import markers_of, set_markers


@pytest.mark.parametrize("existing", [False, True])
async def test_whoever_loses_the_race_is_told(database_dsn: str, existing: bool):
    database = Database(database_dsn, size=4)
    account_id = new_account_id()

    async def slower() -> None:
        async with database.transaction() as conn:
            await set_markers(conn, account_id, {"home": 20, "notifications": 21})

    try:
        if existing:
            async with database.transaction() as conn:
                await set_markers(conn, account_id, {"home": 1})
        async with database.transaction() as conn:
            await set_markers(conn, account_id, {"home": 10})
            late = asyncio.create_task(slower())
            async with database.reading() as looking:
                while not await looking.fetch_value(
                    "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"
                ):
                    assert not late.done()
        with pytest.raises(Conflict):
            await late
        async with database.reading() as conn:
            found = await markers_of(conn, account_id, ["home", "notifications"])
    finally:
        async with database.transaction() as conn:
            await conn.execute(
                "delete from markers where bucket = $1 and account_id = $2", bucket_of(account_id), account_id
            )
        await database.stop()
    assert {name: (each.last_read_id, each.version) for name, each in found.items()} == {
        "home": (10, 1 + existing)
    }
