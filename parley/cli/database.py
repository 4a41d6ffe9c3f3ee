"""Commands on the database: migrate, and write the schema file anew."""

import asyncio
import os

from parley.kit.config import Settings
from parley.kit.db import connect
from parley.kit.migrate import migrate
from parley.kit.partitions import keep_partitions
from parley.kit.postgres import create_database, database_beside, drop_database, with_database
from parley.kit.schema_text import FILE, dump_schema


def migrate_database(settings: Settings) -> None:
    with with_database(settings) as reachable:
        applied = asyncio.run(bring_up_to_date(reachable.control_database_url or reachable.database_url))
    print("\n".join(f"migrated: {name}" for name in applied) or "The database is up to date.")


async def bring_up_to_date(dsn: str) -> list[str]:
    """Schema and partitions; returns the names of the migrations applied. `dsn` leads to the control node.

    Partitions too, because after a first start, or a long pause, the first post comes before the first schedule.
    """
    applied = await migrate(dsn)
    conn = await connect(dsn)
    try:
        await keep_partitions(conn)
    finally:
        await conn.close()
    return applied


def write_schema_file(settings: Settings) -> None:
    with with_database(settings) as reachable:
        text = asyncio.run(_schema_of_migrations(reachable.database_url))
    FILE.write_text(text, encoding="utf-8")
    print(f"Written: {FILE}")


async def _schema_of_migrations(dsn: str) -> str:
    """From an empty database, so that nothing but the migrations shows."""
    name = f"parley_schema_{os.getpid()}"
    await create_database(dsn, name)
    try:
        scratch = database_beside(dsn, name)
        await migrate(scratch)
        return await dump_schema(scratch)
    finally:
        await drop_database(dsn, name)
