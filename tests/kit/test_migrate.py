import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from parley.kit.migrate import MigrationError, load_migrations, migrate
from parley.kit.postgres import create_database, database_beside, drop_database
from parley.kit.schema_text import FILE, dump_schema


@pytest.fixture
async def dsn(server_dsn: str) -> AsyncIterator[str]:
    name = f"parley_migrate_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    await drop_database(server_dsn, name)
    await create_database(server_dsn, name)
    yield database_beside(server_dsn, name)
    await drop_database(server_dsn, name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_pre_things.sql").write_text(
        "-- The first; of all.\ncreate table things (id bigint primary key, word text);\n"
        "insert into things values (1, 'a;b');\n"
    )
    (tmp_path / "0002_post_more.sql").write_text("insert into things values (2, 'c');\n")
    return tmp_path


async def _fetch(dsn: str, sql: str) -> list[tuple[object, ...]]:
    conn = await asyncpg.connect(dsn)
    rows = await conn.fetch(sql)
    await conn.close()
    return [tuple(row) for row in rows]


async def test_applies_in_order_once_and_later_only_what_is_new(dsn, folder):
    assert await migrate(dsn, folder) == ["0001_pre_things", "0002_post_more"]
    assert await migrate(dsn, folder) == []
    (folder / "0003_pre_last.sql").write_text("update things set word = word || '!'")
    assert await migrate(dsn, folder) == ["0003_pre_last"]
    assert await _fetch(dsn, "select * from things order by id") == [(1, "a;b!"), (2, "c!")]


async def test_a_file_with_a_lower_number_that_came_later_is_applied_all_the_same(dsn, folder):
    """Two were written at the same time, and the database was brought up to date between them."""
    (folder / "0002_post_more.sql").rename(folder / "0003_post_more.sql")
    await migrate(dsn, folder)
    (folder / "0002_pre_late.sql").write_text("update things set word = word || '?'")
    assert await migrate(dsn, folder) == ["0002_pre_late"]
    assert await migrate(dsn, folder) == []
    assert await _fetch(dsn, "select * from things order by id") == [(1, "a;b?"), (2, "c?")]


async def test_of_two_at_once_one_works_and_the_other_finds_it_done(dsn, folder):
    assert sorted(await asyncio.gather(migrate(dsn, folder), migrate(dsn, folder)), key=len) == [
        [],
        ["0001_pre_things", "0002_post_more"],
    ]


async def test_goes_on_after_the_last_statement_that_was_done(dsn, folder):
    path = folder / "0002_post_more.sql"
    path.write_text("insert into things values (2, 'once');\ninsert into things values (1, 'taken');\n")
    with pytest.raises(MigrationError, match=r"0002_post_more, statement 2: duplicate key"):
        await migrate(dsn, folder)
    path.write_text("insert into things values (2, 'once');\ninsert into things values (3, 'mended');\n")
    assert await migrate(dsn, folder) == ["0002_post_more"]
    assert await _fetch(dsn, "select id, word from things where id > 1 order by id") == [
        (2, "once"),
        (3, "mended"),
    ]


async def test_a_void_index_is_made_anew_and_a_finished_one_is_kept(dsn, folder):
    await migrate(dsn, folder)
    await _fetch(dsn, "insert into things values (3, 'c')")
    (folder / "0003_pre_index.sql").write_text(
        "create unique index concurrently things_word on things (word);\ndrop index concurrently things_gone;\n"
    )
    with pytest.raises(MigrationError, match="could not create unique index"):
        await migrate(dsn, folder)
    assert await _fetch(
        dsn, "select indisvalid from pg_index where indexrelid = 'things_word'::regclass"
    ) == [(False,)]

    await _fetch(dsn, "delete from things where id = 3")
    assert await migrate(dsn, folder) == ["0003_pre_index"]
    made = await _fetch(
        dsn,
        "select 'things_word'::regclass::oid, indisvalid from pg_index where indisunique "
        "and indexrelid = 'things_word'::regclass",
    )
    await _fetch(
        dsn, "delete from migrations where name = '0003_pre_index'"
    )  # as if killed before the record
    assert await migrate(dsn, folder) == ["0003_pre_index"]
    assert await _fetch(dsn, "select 'things_word'::regclass::oid, true") == made


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("0001_pre_things.sql", "create table things (id bigint);", "0001_pre_things was changed after"),
        (
            "0002_post_more.sql",
            "insert into things values (2, 'c');\nselect 1;",
            "0002_post_more was changed after",
        ),
        ("0001_post_late.sql", "select 1", "two migrations bear the number 0001"),
        ("0003_late.sql", "select 1", "a migration is named"),
        ("0003_pre_open.sql", "select 'a", "0003_pre_open.sql: line 1"),
        ("0003_pre_empty.sql", "-- nothing", "0003_pre_empty.sql holds no statement"),
    ],
)
async def test_what_does_not_fit_is_refused_before_anything_is_done(dsn, folder, name, text, complaint):
    await migrate(dsn, folder)
    before = await _fetch(dsn, "select * from migrations order by name")
    (folder / name).write_text(text)
    with pytest.raises(MigrationError, match=complaint):
        await migrate(dsn, folder)
    assert await _fetch(dsn, "select * from migrations order by name") == before


async def test_comments_and_blank_lines_of_an_applied_file_may_change(dsn, folder):
    await migrate(dsn, folder)
    path = folder / "0001_pre_things.sql"
    path.write_text("-- Other words.\n\n" + path.read_text().partition("\n")[2])
    assert await migrate(dsn, folder) == []


async def test_a_database_newer_than_the_code_is_refused(dsn, folder):
    await migrate(dsn, folder)
    (folder / "0002_post_more.sql").unlink()
    with pytest.raises(MigrationError, match="0002_post_more, which this version of Parley does not know"):
        await migrate(dsn, folder)


async def test_an_unreachable_database_is_one_sentence_without_its_password(server_dsn):
    with pytest.raises(MigrationError, match="the database can't be reached") as refused:
        await migrate("postgresql://somebody:hushhush@127.0.0.1:1/none")
    assert "hushhush" not in str(refused.value)
    with pytest.raises(MigrationError, match="does not exist"):
        await migrate(database_beside(server_dsn, "parley_nowhere"))


async def test_schema_file_equals_what_the_migrations_make(database_dsn):
    assert await dump_schema(database_dsn) == FILE.read_text(), "run: parley migrate --write-schema"


async def test_schema_text_shows_what_tables_are_made_of(dsn):
    conn = await asyncpg.connect(dsn)
    await conn.execute("""
        create table parts (id bigint, word text collate "C" default 'NOT', primary key (id),
            check (word <> 'IT' or id > 0)) partition by range (id);
        create table parts_1 partition of parts for values from (1) to (2);
        create index parts_word on parts (word desc) where word is not null;
        create unlogged table passing (id bigint primary key) with (fillfactor = 70);
        create view seen as select 1;
    """)
    await conn.close()
    assert (await dump_schema(dsn)).partition("\n\n")[2] == (
        "create table parts (\n    id bigint not null,\n"
        "    word text collate \"C\" default 'NOT'::text,\n    primary key (id),\n"
        "    constraint parts_check check (word <> 'IT'::text or id > 0)\n"
        ") partition by range (id);\n"
        "create index parts_word on parts (word desc) where word is not null;\n\n"
        "create unlogged table passing (\n    id bigint not null,\n    primary key (id)\n) with (fillfactor=70);\n\n"
        "-- also: view seen\n"
    )


def test_our_own_migrations_read_well():
    assert load_migrations()[0].name == "0001_pre_core"
