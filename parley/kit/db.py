"""Pool, transactions and held prepared statements; rows become structs. The only door to the driver.

Held statements are the largest single lever on cost: PostgreSQL keeps them parsed, by name, and after five runs planned,
too, where one plan is as good as one made for each run's values. What ends in a `limit` is parsed and planned anew each
time unless its caller says `held`: the one plan knows neither the limit nor how much lies between two bounds, and may
choose to read and sort all there is. `held` is for a page that one index holds in the very order it is read.
"""

import asyncio
import functools
import itertools
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
import msgspec
from asyncpg.prepared_stmt import PreparedStatement

from parley.kit.errors import ParleyError, Unavailable
from parley.kit.sealing import NO_KEYS, KeyRing

Row = TypeVar("Row")
Value = TypeVar("Value")
Publish = Callable[[str, str], None]

UniqueViolation = asyncpg.UniqueViolationError

_ACQUIRE_TIMEOUT_SECONDS = 10.0
_STATEMENTS_MAX = 1000
# Nobody waits longer for an answer; what jobs do takes slices.
_STATEMENT_SECONDS_MAX = 60
_LIMITED = re.compile(r"\blimit\b")
_numbers = itertools.count(1)


class Connection:
    """One session of the database. Not shared between tasks."""

    __slots__ = ("_after_commit", "_depth", "_messages", "_prepared", "_publish", "_raw", "keys")

    def __init__(self, raw: Any, publish: Publish | None = None, keys: KeyRing = NO_KEYS) -> None:
        """`keys` open what lies sealed in the database."""
        self._raw = raw
        self.keys = keys
        self._publish = publish
        self._messages: set[tuple[str, str]] = set()
        self._depth = 0
        self._prepared: dict[str, PreparedStatement[Any]] = {}
        self._after_commit: list[Callable[[], None]] = []

    async def fetch_all(
        self, into: Callable[..., Row], sql: str, *values: Any, held: bool | None = None
    ) -> list[Row]:
        """Every row as `into(*columns)`: the columns stand in the order of the struct's fields."""
        statement = self._prepared.get(sql) or await self._prepare(sql, held=held)
        return [into(*row) for row in await statement.fetch(*values)]

    async def fetch_one(self, into: Callable[..., Row], sql: str, *values: Any) -> Row | None:
        statement = self._prepared.get(sql) or await self._prepare(sql)
        row = await statement.fetchrow(*values)
        return None if row is None else into(*row)

    async def fetch_rows(self, sql: str, *values: Any, held: bool | None = None) -> list[Any]:
        """Plain records, for statements whose columns are unpacked at once."""
        statement = self._prepared.get(sql) or await self._prepare(sql, held=held)
        rows: list[Any] = await statement.fetch(*values)
        return rows

    async def fetch_column(self, sql: str, *values: Any, held: bool | None = None) -> list[Any]:
        statement = self._prepared.get(sql) or await self._prepare(sql, held=held)
        return [row[0] for row in await statement.fetch(*values)]

    async def fetch_value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        statement = self._prepared.get(sql) or await self._prepare(sql)
        return await statement.fetchval(*values)

    async def execute(self, sql: str, *values: Any, held: bool | None = None) -> int:
        """Runs a statement; returns how many rows it touched."""
        statement = self._prepared.get(sql) or await self._prepare(sql, held=held)
        await statement.fetch(*values)
        return _count(statement.get_statusmsg())

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            statement = self._prepared.get(sql) or await self._prepare(sql)
            await statement.executemany(rows)

    async def copy_in(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """COPY rows into a table: the cheapest way to write many; it refuses duplicates as a whole."""
        await self._raw.copy_records_to_table(table, columns=columns, records=rows)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Runs `act` once the open transaction has committed; never when it rolls back."""
        self._after_commit.append(act)

    def publish_after_commit(self, topic: str, text: str) -> None:
        """Tells all processes, once the open transaction has committed; the same message once a transaction."""
        if self._publish is not None and (topic, text) not in self._messages:
            self._messages.add((topic, text))
            self.after_commit(functools.partial(self._publish, topic, text))

    @property
    def in_transaction(self) -> bool:
        """Whether what is read here may not be committed yet."""
        return self._depth > 0

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Within an open transaction: what fails inside is undone, the rest stands."""
        kept = len(self._after_commit)
        self._depth += 1
        try:
            async with self._raw.transaction():
                yield
        except BaseException:
            del self._after_commit[kept:]
            self._messages.clear()
            raise
        finally:
            self._depth -= 1

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[None]:
        transaction = self._raw.transaction()
        await self._or_give_up(transaction.start())
        self._depth += 1
        try:
            yield
        except BaseException:
            self._forget_acts()
            if not self._raw.is_closed():
                await self._or_give_up(transaction.rollback())
            raise
        finally:
            self._depth -= 1
        await self._or_give_up(transaction.commit())
        self.run_after_commit()

    async def _or_give_up(self, step: Awaitable[None]) -> None:
        """Broken off on the way into a transaction or out of it, nobody knows whether the server is in one."""
        try:
            await step
        except BaseException:
            self._forget_acts()
            self._raw.terminate()
            raise

    def _forget_acts(self) -> None:
        self._after_commit.clear()
        self._messages.clear()

    def run_after_commit(self) -> None:
        acts, self._after_commit = self._after_commit, []
        self._messages.clear()
        for act in acts:
            act()

    async def _prepare(self, sql: str, *, held: bool | None = None) -> "PreparedStatement[Any]":
        """Without a name the driver sends the statement's text along with each run."""
        if len(self._prepared) >= _STATEMENTS_MAX:
            self._prepared.clear()
        if held is None:
            held = _LIMITED.search(sql) is None
        statement = await self._raw.prepare(sql, name=f"held_{next(_numbers)}" if held else "")
        self._prepared[sql] = statement
        return statement

    def forget_statements(self) -> None:
        """After a change of schema under a running server, held plans are void."""
        self._prepared.clear()

    @property
    def closed(self) -> bool:
        return bool(self._raw.is_closed())

    async def close(self) -> None:
        await self._raw.close(timeout=5)


def _count(message: str) -> int:
    last = message.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


class Database:
    """A pool of connections to one DSN. `transaction()` for writes, `reading()` for reads without one."""

    def __init__(
        self, dsn: str, *, size: int, publish: Publish | None = None, keys: KeyRing = NO_KEYS
    ) -> None:
        """`publish(topic, text)` takes the messages that acts leave for after their commit."""
        self._dsn = dsn
        self._keys = keys
        self._publish = publish
        self._size = size
        self._idle: deque[Connection] = deque()
        self._open = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def start(self) -> None:
        """Opens the first connection, so that a wrong DSN fails at start and not at the first request."""
        async with self.reading():
            pass

    async def stop(self) -> None:
        while self._idle:
            await self._idle.popleft().close()
            self._open -= 1

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection for statements that each stand alone."""
        conn = await self._acquire()
        try:
            yield conn
        except asyncpg.InvalidCachedStatementError:
            conn.forget_statements()
            raise
        finally:
            # A statement that writes here stands alone, committed as soon as it is done.
            conn.run_after_commit()
            await self._release(conn)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: commits at the end of the block, rolls back when it raises."""
        conn = await self._acquire()
        try:
            async with conn.begin():
                yield conn
        except asyncpg.InvalidCachedStatementError:
            conn.forget_statements()
            raise
        finally:
            await self._release(conn)

    async def _acquire(self) -> Connection:
        while True:
            while self._idle:
                conn = self._idle.pop()
                if not conn.closed:
                    return conn
                self._open -= 1
            if self._open < self._size:
                self._open += 1
                try:
                    return await connect(
                        self._dsn, self._publish, self._keys, statement_seconds_max=_STATEMENT_SECONDS_MAX
                    )
                except BaseException:
                    self._open -= 1
                    self._wake()
                    raise
            await self._wait()

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await asyncio.wait_for(turn, _ACQUIRE_TIMEOUT_SECONDS)
        except TimeoutError:
            raise Unavailable(logged="no database connection became free") from None
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._wake()
            raise

    async def _release(self, conn: Connection) -> None:
        if conn.closed:
            self._open -= 1
        else:
            self._idle.append(conn)
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


async def connect(
    dsn: str, publish: Publish | None = None, keys: KeyRing = NO_KEYS, *, statement_seconds_max: int = 0
) -> Connection:
    """A single connection outside any pool. Raises Unavailable when the database can't be reached, or won't have us.

    What takes longer than `statement_seconds_max` is broken off; 0 for no limit, as for what an operator does.
    """
    try:
        raw = await asyncpg.connect(
            dsn, statement_cache_size=0, timeout=10, server_settings={"timezone": "UTC"}
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise Unavailable(logged=f"database: {error}") from error
    except (ValueError, OverflowError):
        # What is said of a wrong address may hold a part of its password.
        raise Unavailable(logged="database: its address can't be read") from None
    await raw.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda data: msgspec.json.decode(data[1:]),
        format="binary",
    )
    if statement_seconds_max:
        # By a statement: poolers that stand in between refuse what they don't know in a greeting.
        await raw.execute(f"set statement_timeout = '{statement_seconds_max}s'")
    return Connection(raw, publish, keys)


def may_pass(error: BaseException) -> bool:
    """Whether it is the database's, and may go well another time: it went away, took too long, or two acts met."""
    return lost_connection(error) or isinstance(
        error, asyncpg.QueryCanceledError | asyncpg.DeadlockDetectedError
    )


def lost_connection(error: BaseException) -> bool:
    """Whether an error means the database went away, rather than that a statement was wrong."""
    return isinstance(
        error,
        asyncpg.InterfaceError
        | asyncpg.PostgresConnectionError
        | asyncpg.AdminShutdownError
        | ConnectionError,
    ) and not isinstance(error, ParleyError)


def forget_values(error: BaseException | None) -> None:
    """What the database complains of may name a whole row; in this error, and in those it came from, it no longer does."""
    while error is not None:
        if isinstance(error, asyncpg.PostgresError):
            error.detail = None
        if isinstance(error, asyncpg.DataError):
            error.args = ("a value that the column can't hold",)
        error = error.__cause__ or error.__context__
