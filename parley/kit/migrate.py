"""Applies migrations/*.sql in order: forward only, under one lock, one statement a transaction, with timeouts.

How far a file has come is recorded with each statement, in the same transaction: whoever is killed in the middle
goes on exactly there. `pre` files suit the code before and after them; `post` files only the code after.
"""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec

from parley.kit import clock
from parley.kit.errors import OperatorError
from parley.kit.sql_text import split_statements

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parents[1] / "migrations"

_VERSION_MIN = 15
# An arbitrary number that nothing else locks.
_LOCK_KEY = 0x7061726C6579
_LOCK_WAIT_SECONDS = 300.0
_ATTEMPTS_MAX = 10
_FILE_NAME = re.compile(r"\d{4}_(?:pre|post)_[a-z0-9_]+\.sql")
_CONCURRENTLY = re.compile(
    r"(?:create\s+(?:unique\s+)?|drop\s+)index\s+concurrently\s+(?:if\s+(?:not\s+)?exists\s+)?(\w+)",
    re.IGNORECASE,
)
_CREATE_TABLE = """
    create table if not exists migrations (
        name text primary key,
        statements integer not null,
        statements_done integer not null,
        checksum text not null,
        changed_at timestamptz not null
    )
"""


class MigrationError(OperatorError):
    """The schema can't be brought up to date; one sentence says why."""


class Migration(msgspec.Struct, frozen=True):
    name: str
    statements: tuple[str, ...]

    def checksum(self, done: int) -> str:
        """Of the first `done` statements: those still to come may be mended."""
        return hashlib.sha256("\0".join(self.statements[:done]).encode()).hexdigest()


class _Progress(msgspec.Struct, frozen=True):
    statements: int
    done: int
    checksum: str


async def migrate(dsn: str, folder: Path = FOLDER) -> list[str]:
    """Brings the database up to date; returns the names of the files it worked on. One query when nothing is due.

    `dsn` leads to the control node. Raises MigrationError.
    """
    migrations = load_migrations(folder)
    conn = await _connect(dsn)
    try:
        _refuse_unfit(conn)
        if not _due(migrations, await _read_progress(conn)):
            return []
        async with _alone(conn):
            return await _apply_due(conn, migrations)
    except asyncpg.PostgresError as error:
        raise MigrationError(f"the database can't be migrated: {error}") from error
    finally:
        await conn.close()


async def _connect(dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn, timeout=10)
    except (OSError, asyncpg.PostgresError) as error:
        raise MigrationError(f"the database can't be reached: {error}") from error
    except (ValueError, OverflowError):
        # What is said of a wrong address may hold a part of its password.
        raise MigrationError("the database can't be reached: its address can't be read") from None


def _refuse_unfit(conn: asyncpg.Connection) -> None:
    if (major := conn.get_server_version().major) < _VERSION_MIN:
        raise MigrationError(f"the database is PostgreSQL {major}: Parley needs {_VERSION_MIN} or newer")
    if (encoding := conn.get_settings().server_encoding) != "UTF8":
        raise MigrationError(f"the database stores text as {encoding}: Parley needs UTF8")


def load_migrations(folder: Path = FOLDER) -> list[Migration]:
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        if not _FILE_NAME.fullmatch(path.name):
            raise MigrationError(f"{path.name}: a migration is named 0001_pre_what.sql or 0001_post_what.sql")
        try:
            statements = split_statements(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise MigrationError(f"{path.name}: {error}") from None
        if not statements:
            raise MigrationError(f"{path.name} holds no statement")
        migrations.append(Migration(path.stem, tuple(statements)))
    numbers = [migration.name[:4] for migration in migrations]
    for number in numbers:
        if numbers.count(number) > 1:
            raise MigrationError(f"two migrations bear the number {number}")
    return migrations


async def _read_progress(conn: asyncpg.Connection) -> dict[str, _Progress]:
    try:
        rows = await conn.fetch("select name, statements, statements_done, checksum from migrations")
    except asyncpg.UndefinedTableError:
        return {}
    return {name: _Progress(*rest) for name, *rest in rows}


class SchemaState(msgspec.Struct, frozen=True):
    """Names of migrations: those not (wholly) applied, and those that this version does not know."""

    pending: list[str]
    unknown: list[str]


async def schema_state(dsn: str, folder: Path = FOLDER) -> SchemaState:
    """Looks without changing anything. Raises MigrationError when the database can't be reached."""
    conn = await _connect(dsn)
    try:
        known = await conn.fetchval("select to_regclass('migrations') is not null")
        progress = await _read_progress(conn) if known else {}
    finally:
        await conn.close()
    migrations = load_migrations(folder)
    pending = [each.name for each in migrations if _done(progress, each) < len(each.statements)]
    return SchemaState(pending, sorted(progress.keys() - {each.name for each in migrations}))


def _done(progress: dict[str, _Progress], migration: Migration) -> int:
    return progress[migration.name].done if migration.name in progress else 0


def _due(migrations: Sequence[Migration], progress: dict[str, _Progress]) -> list[tuple[Migration, int]]:
    """What is still to be applied, with the number of statements done already. Refuses what doesn't fit."""
    known = {migration.name for migration in migrations}
    for name in sorted(progress.keys() - known):
        raise MigrationError(
            f"the database has {name}, which this version of Parley does not know: update Parley"
        )
    due: list[tuple[Migration, int]] = []
    for migration in migrations:
        record = progress.get(migration.name, _Progress(0, 0, migration.checksum(0)))
        finished = record.done > 0 and record.done == record.statements
        if migration.checksum(record.done) != record.checksum or (
            finished and len(migration.statements) != record.done
        ):
            raise MigrationError(
                f"{migration.name} was changed after it was applied: put the change into a new file"
            )
        if not finished:
            due.append((migration, record.done))
    return due


@asynccontextmanager
async def _alone(conn: asyncpg.Connection) -> AsyncIterator[None]:
    """Under the lock that lets one process migrate at a time.

    Asked for again and again instead of waited for: a waiting session holds a snapshot, and an index made
    concurrently by the lock's holder would wait for that in turn.
    """
    deadline = time.monotonic() + _LOCK_WAIT_SECONDS
    while not await conn.fetchval("select pg_try_advisory_lock($1)", _LOCK_KEY):
        if time.monotonic() > deadline:
            raise MigrationError("another process has been migrating this database for too long")
        await asyncio.sleep(0.2)
    try:
        yield
    finally:
        if not conn.is_closed():
            await conn.fetchval("select pg_advisory_unlock($1)", _LOCK_KEY)


async def _apply_due(conn: asyncpg.Connection, migrations: Sequence[Migration]) -> list[str]:
    await conn.execute("set client_min_messages = warning")
    await conn.execute(_CREATE_TABLE)
    applied = []
    # Read again: whoever held the lock before may have done it all.
    for migration, done in _due(migrations, await _read_progress(conn)):
        started = time.monotonic()
        for index in range(done, len(migration.statements)):
            await _apply_patiently(conn, migration, index)
        log.info("migrated: %s (%.1f s)", migration.name, time.monotonic() - started)
        applied.append(migration.name)
    return applied


async def _apply_patiently(conn: asyncpg.Connection, migration: Migration, index: int) -> None:
    """A lock that isn't free within its timeout is let go, so that others' statements don't queue behind ours."""
    where = f"{migration.name}, statement {index + 1}"
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        try:
            await _apply(conn, migration, index)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            if attempt == _ATTEMPTS_MAX:
                raise MigrationError(f"{where}: {error}") from error
            log.warning("%s: %s; trying again", where, error)
            await asyncio.sleep(1)
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{where}: {error}") from error
        else:
            return


async def _apply(conn: asyncpg.Connection, migration: Migration, index: int) -> None:
    statement = migration.statements[index]
    if _CONCURRENTLY.match(statement):
        await _apply_concurrently(conn, statement)
        await _record(conn, migration, index + 1)
        return
    async with conn.transaction():
        await conn.execute("set local lock_timeout = '5s'; set local statement_timeout = '60s'")
        if index + 1 < len(migration.statements):
            # The last commit of the file is waited for, and with it all before it.
            await conn.execute("set local synchronous_commit = off")
        await conn.execute(statement)
        await _record(conn, migration, index + 1)


async def _apply_concurrently(conn: asyncpg.Connection, statement: str) -> None:
    """Outside any transaction and without a limit of time: on a large table it works for hours, in nobody's way.

    A kill may have come between the work and its record, or have left an index that is void.
    """
    found = _CONCURRENTLY.match(statement)
    name = found[1] if found else ""
    valid = await conn.fetchval("select indisvalid from pg_index where indexrelid = to_regclass($1)", name)
    creates = statement[:6].lower() == "create"
    if (creates and valid) or (not creates and valid is None):
        return
    await conn.execute("set lock_timeout = '5s'")
    await conn.execute("set statement_timeout = 0")
    if creates and valid is False:
        await conn.execute(f"drop index concurrently {name}")
    await conn.execute(statement)


async def _record(conn: asyncpg.Connection, migration: Migration, done: int) -> None:
    await conn.execute(
        "insert into migrations (name, statements, statements_done, checksum, changed_at) "
        "values ($1, $2, $3, $4, $5) on conflict (name) do update set statements = excluded.statements, "
        "statements_done = excluded.statements_done, checksum = excluded.checksum, changed_at = excluded.changed_at",
        migration.name,
        len(migration.statements),
        done,
        migration.checksum(done),
        clock.now(),
    )
