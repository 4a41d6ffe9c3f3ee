"""A Database of one connection inside one transaction, so that each test is rolled back whole."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from parley.kit.db import Connection, Database


class RolledBackDatabase(Database):
    """Hands out the same connection to everyone, one task at a time; transactions become savepoints."""

    def __init__(self, conn: Connection) -> None:
        super().__init__("unused", size=1)
        self._conn = conn
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[object] | None = None
        self.statements = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        async with self._held():
            yield self._conn
            self._conn.run_after_commit()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self._held():
            async with self._conn.savepoint():
                yield self._conn
            self._conn.run_after_commit()

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if self._holder is task:
            yield
            return
        async with self._lock:
            self._holder = task
            try:
                yield
            finally:
                self._holder = None


class CountingConnection(Connection):
    """Counts the statements that go to the server, for bounds on hot paths."""

    __slots__ = ("statements",)

    def __init__(self, raw: object) -> None:
        super().__init__(raw)
        self.statements = 0

    async def fetch_all(self, into, sql, *values, **options):
        self.statements += 1
        return await super().fetch_all(into, sql, *values, **options)

    async def fetch_one(self, into, sql, *values):
        self.statements += 1
        return await super().fetch_one(into, sql, *values)

    async def fetch_rows(self, sql, *values, **options):
        self.statements += 1
        return await super().fetch_rows(sql, *values, **options)

    async def fetch_column(self, sql, *values, **options):
        self.statements += 1
        return await super().fetch_column(sql, *values, **options)

    async def fetch_value(self, sql, *values):
        self.statements += 1
        return await super().fetch_value(sql, *values)

    async def execute(self, sql: str, *values: Any, held: bool | None = None) -> int:
        self.statements += 1
        return await super().execute(sql, *values, held=held)

    async def execute_many(self, sql, rows):
        self.statements += 1
        await super().execute_many(sql, rows)

    async def copy_in(self, table, columns, rows):
        self.statements += 1
        await super().copy_in(table, columns, rows)


class Count:
    """How many statements went to the server inside `counted`."""

    statements = 0


@contextmanager
def counted(conn: CountingConnection) -> Iterator[Count]:
    count, before = Count(), conn.statements
    yield count
    count.statements = conn.statements - before
