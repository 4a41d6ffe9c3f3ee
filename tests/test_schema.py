"""The schema: every way that leads to it leads to the same, and it keeps the discipline that spreading it asks for."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parley.kit.migrate import FOLDER, migrate
from parley.kit.postgres import create_database, database_beside, drop_database
from parley.kit.schema_text import FILE, dump_schema

FILES = sorted(path.name for path in FOLDER.glob("*.sql"))

# Small or rarely written, or looked up by a key that is one of its kind on the whole site.
TABLES_WITHOUT_BUCKET = {
    "allowed_domains": "few, and every machine holds them",
    "announcements": "few, and every machine holds them",
    "blocked_domains": "few, and every machine holds them",
    "canonical_email_blocks": "few, and one of a kind on the site, by the hash of an address",
    "celebrities": "a few rows that every machine holds",
    "crawl_alarms": "at most some a day, for a month",
    "custom_emojis": "two thousand rows at most, and every machine holds them",
    "daily_figures": "a few rows a day",
    "email_addresses": "one of a kind on the site, by the hash of the address",
    "email_domain_attempts": "rows of a week, about blocked domains alone",
    "email_domain_blocks": "few, and every machine holds them",
    "handles": "one of a kind on the site, by the handle",
    "ip_blocks": "few, and every machine holds them",
    "jobs": "spread by lane",
    "rate_windows": "forgotten within the hour, and by a crash",
    "reading_groups": "three rows each five minutes, for a fortnight",
    "readings": "rows of two days, of whoever asks for anything",
    "retention_figures": "some rows a day, of sums",
    "rules": "a few rows that every machine holds",
    "schedules": "a row a schedule",
    "search_progress": "a row for each kind of thing that search finds",
    "server_secrets": "a few rows",
    "site_texts": "a few rows that every machine holds",
    "trends": "some hundred rows that every machine holds",
    "wall_by_hand": "one row",
    "weekly_activity": "a row a week",
}
# Constants may stand as defaults; times, random values and numbers out of a sequence come from Python.
DEFAULT = re.compile(r"true|false|\d+|''::text|'\{\}'::\w+\[\]|null")


@pytest.fixture
async def empty_dsn(server_dsn: str) -> AsyncIterator[str]:
    name = f"parley_upgrade_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    await drop_database(server_dsn, name)
    await create_database(server_dsn, name)
    yield database_beside(server_dsn, name)
    await drop_database(server_dsn, name)


@pytest.mark.parametrize("applied", range(len(FILES)))
async def test_an_upgrade_from_any_earlier_state_leads_to_the_same_schema(empty_dsn, tmp_path: Path, applied):
    for name in FILES[:applied]:
        shutil.copy(FOLDER / name, tmp_path)
    if applied:
        await migrate(empty_dsn, tmp_path)
    await migrate(empty_dsn)
    assert await dump_schema(empty_dsn) == FILE.read_text(), "run: parley migrate --write-schema"


async def test_every_large_table_has_its_bucket_in_every_key(conn):
    rows = await conn.fetch_rows(
        """
        select c.relname::text, i.indexrelid::regclass::text,
            exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'bucket' and a.attnum > 0),
            exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'bucket'
                and a.attnum = any(i.indkey::int2[]))
        from pg_class c left join pg_index i on i.indrelid = c.oid and i.indisunique
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            and c.relname <> 'migrations'
        """
    )
    without_bucket = {table for table, _, has_bucket, _ in rows if not has_bucket}
    assert without_bucket == set(TABLES_WITHOUT_BUCKET)
    assert [table for table, index, *_ in rows if index is None] == [], "a table without a key"
    assert [index for _, index, has_bucket, in_key in rows if has_bucket and not in_key] == []


async def test_the_database_does_nothing_by_itself(conn):
    """No sequences, triggers, rules or functions; no default but a constant; no foreign key out of a bucket."""
    own = await conn.fetch_rows(
        """
        select relname::text from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('S', 'v', 'm', 'f')
        union all select tgname::text from pg_trigger where not tgisinternal
        union all select rulename::text from pg_rules where schemaname = 'public'
        union all select proname::text from pg_proc where pronamespace = 'public'::regnamespace
        union all select conname::text from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
        union all select extname::text from pg_extension where extname <> 'plpgsql'
        """
    )
    defaults = await conn.fetch_rows(
        "select d.adrelid::regclass::text, pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d"
    )
    assert [row[0] for row in own] == []
    assert [row for row in defaults if not DEFAULT.fullmatch(row[1])] == []
