"""Publish after commit, subscribe: NOTIFY in batches from one connection per process, never inside a transaction.

A message is a topic and a short text. A batch travels as one payload of JSON pairs; PostgreSQL takes at most
8,000 bytes a payload, so a message is at most MESSAGE_BYTES_MAX and batches are cut to fit.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import asyncpg
import msgspec

CHANNEL = "parley"
# A job was committed; the text is its lane.
JOBS_TOPIC = "jobs"
MESSAGE_BYTES_MAX = 2000
_BATCH_BYTES_MAX = 7500
_BATCH_DELAY_SECONDS = 0.05
_QUEUE_MAX = 10_000
_RECONNECT_DELAY_SECONDS = 1.0

log = logging.getLogger(__name__)

Listener = Callable[[str], None]


class PubSub:
    """One publisher and one listener connection to the control DSN; both reconnect by themselves.

    Delivery is at most once: whoever needs certainty reads the database and takes a message as a hint to look.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._queue: list[tuple[str, str]] = []
        self._wake = asyncio.Event()
        self._listeners: dict[str, list[Listener]] = {}
        self._on_reconnect: list[Callable[[], None]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def publish(self, topic: str, text: str = "") -> None:
        """Queues a message; the same message waits only once. Dropped, and logged, when the queue is full."""
        if len(text.encode()) > MESSAGE_BYTES_MAX:
            raise ValueError("message too long")
        if (topic, text) in self._queue[-50:]:
            return
        if len(self._queue) >= _QUEUE_MAX:
            log.warning("live updates: queue full, one message on %s dropped", topic)
            return
        self._queue.append((topic, text))
        self._wake.set()

    def subscribe(self, topic: str, listener: Listener) -> None:
        self._listeners.setdefault(topic, []).append(listener)

    def unsubscribe(self, topic: str, listener: Listener) -> None:
        with suppress(KeyError, ValueError):
            self._listeners[topic].remove(listener)

    def on_reconnect(self, act: Callable[[], None]) -> None:
        """`act` runs whenever listening begins (again): messages may have been missed before."""
        self._on_reconnect.append(act)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._keep(self._publishing)),
            loop.create_task(self._keep(self._listening)),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, act: Callable[[asyncpg.Connection], object]) -> None:
        while True:
            conn = None
            try:
                conn = await asyncpg.connect(self._dsn, statement_cache_size=0, timeout=10)
                await act(conn)  # type: ignore[misc]
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("live updates: connection lost (%s), trying again", error)
            except Exception:
                log.exception("live updates: failed, trying again")
            finally:
                if conn is not None:
                    conn.terminate()
            await asyncio.sleep(_RECONNECT_DELAY_SECONDS)

    async def _publishing(self, conn: asyncpg.Connection) -> None:
        statement = await conn.prepare(f"select pg_notify('{CHANNEL}', $1)", name="notify")
        while True:
            await self._wake.wait()
            await asyncio.sleep(_BATCH_DELAY_SECONDS)
            self._wake.clear()
            while self._queue:
                batch = self._take_batch()
                try:
                    await statement.fetch(msgspec.json.encode(batch).decode())
                except BaseException:
                    self._queue[:0] = batch
                    self._wake.set()
                    raise

    def _take_batch(self) -> list[tuple[str, str]]:
        size, count = 0, 0
        for topic, text in self._queue:
            size += len(msgspec.json.encode((topic, text))) + 1
            if size > _BATCH_BYTES_MAX and count:
                break
            count += 1
        batch, self._queue = self._queue[:count], self._queue[count:]
        return batch

    async def _listening(self, conn: asyncpg.Connection) -> None:
        closed = asyncio.Event()
        conn.add_termination_listener(lambda _: closed.set())
        await conn.add_listener(CHANNEL, self._received)
        for act in self._on_reconnect:
            act()
        await closed.wait()

    def _received(self, _conn: object, _pid: int, _channel: str, payload: str) -> None:
        for topic, text in msgspec.json.decode(payload, type=list[tuple[str, str]]):
            for listener in list(self._listeners.get(topic, ())):
                try:
                    listener(text)
                except Exception:
                    log.exception("live updates: a listener on %s failed", topic)
