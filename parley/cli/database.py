"""Commands on the database: migrate, and write the schema file anew."""

import asyncio
import os

from parley.kit.config import Settings
from parley.kit.migrate import migrate
from parley.kit.postgres import create_database, database_beside, drop_database, with_database
from parley.kit.schema_text import FILE, dump_schema


def migrate_database(settings: Settings) -> None:
    with with_database(settings) as reachable:
        applied = asyncio.run(migrate(reachable.control_database_url or reachable.database_url))
    print("\n".join(f"migrated: {name}" for name in applied) or "The database is up to date.")


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
