"""The benchmark of streams: a thousand open at once, one post to all of them; memory and CPU a stream.

Readers are connections of this process, which nobody measures; the server's process tree is.
"""

import argparse
import asyncio
import base64
import os
import resource
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from bench import processes
from bench.load import percentile, request
from bench.seed import LARGE_AUDIENCE, MASTER_KEY, World, seed
from parley.kit import clock, crypto, ids
from parley.kit.db import Connection, connect
from parley.kit.ids import bucket_of
from parley.kit.migrate import migrate
from parley.kit.partitions import keep_partitions
from parley.kit.postgres import EmbeddedPostgres

POSTS = 20
WARM_POSTS = 5
IDLE_SECONDS = 61
_PATIENCE_SECONDS = 30
_OPENED_AT_ONCE = 50


class Usage(msgspec.Struct, frozen=True):
    """CPU seconds so far, by process tree."""

    web: float
    worker: float
    postgres: float

    def since(self, before: "Usage") -> "Usage":
        return Usage(self.web - before.web, self.worker - before.worker, self.postgres - before.postgres)

    @property
    def total(self) -> float:
        return self.web + self.worker + self.postgres


class Measured(msgspec.Struct, frozen=True):
    """`first` and `last`: milliseconds from asking to post until a reader, and until every reader, had it."""

    way: str
    streams: int
    kilobytes_a_stream: float
    idle_ms_a_stream_minute: float
    post: Usage
    plain_post: Usage
    first: list[float]
    last: list[float]


class Server(msgspec.Struct, frozen=True):
    port: int
    web: int
    worker: int
    postgres: int

    def usage(self) -> Usage:
        trees = [processes.cpu_seconds([each]) for each in (self.web, self.worker, self.postgres)]
        return Usage(*trees)

    def web_bytes(self) -> int:
        """What the web server alone takes: shared pages, as of its parent, left out."""
        top = psutil.Process(self.web)
        return sum(each.memory_full_info().uss for each in (top, *top.children(recursive=True)))


class Audience:
    """Open connections that count what comes in."""

    def __init__(self) -> None:
        self.arrived: list[float] = []
        self.wanted = 0
        self.complete = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.writers: list[asyncio.StreamWriter] = []

    def expect(self, count: int) -> None:
        self.arrived, self.wanted = [], count
        self.complete.clear()

    def take(self, frame: bytes) -> None:
        if b"heartbeat" in frame[:60] or b"thump" in frame[:20]:
            return
        self.arrived.append(time.perf_counter())
        if len(self.arrived) == self.wanted:
            self.complete.set()

    async def leave(self) -> None:
        for task in self.tasks:
            task.cancel()
        for writer in self.writers:
            writer.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)


Open = Callable[[Server, str, Audience], Awaitable[None]]


async def open_socket(server: Server, token: str, audience: Audience) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /api/v1/streaming?stream=user HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head.splitlines()[0], head
    audience.writers.append(writer)
    audience.tasks.append(asyncio.create_task(_read_frames(reader, audience)))


async def _read_frames(reader: asyncio.StreamReader, audience: Audience) -> None:
    while True:
        length = (await reader.readexactly(2))[1]
        if length >= 126:
            length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8))
        audience.take(await reader.readexactly(length))


async def open_lines(server: Server, token: str, audience: Audience) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        f"GET /api/v1/streaming/user HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0], head
    audience.writers.append(writer)
    audience.tasks.append(asyncio.create_task(_read_chunks(reader, audience)))


async def _read_chunks(reader: asyncio.StreamReader, audience: Audience) -> None:
    while True:
        length = int(await reader.readuntil(b"\r\n"), 16)
        audience.take(await reader.readexactly(length + 2))


async def measure(server: Server, world: World, tokens: list[str], way: str, open_one: Open) -> Measured:
    """Posts without an audience first, then with it: the difference is what streams cost."""
    plain = await _post_without(server, world)
    before = server.web_bytes()
    audience = Audience()
    for start in range(0, len(tokens), _OPENED_AT_ONCE):
        some = tokens[start : start + _OPENED_AT_ONCE]
        await asyncio.gather(*(open_one(server, each, audience) for each in some))
    await asyncio.sleep(2)
    kilobytes = (server.web_bytes() - before) / len(tokens) / 1024
    at_rest = server.usage()
    await asyncio.sleep(IDLE_SECONDS)
    idle = server.usage().since(at_rest).total
    for _ in range(WARM_POSTS):
        await _post_to_all(server, world, audience, len(tokens))
    began, first, last = server.usage(), [], []
    for _ in range(POSTS):
        asked = await _post_to_all(server, world, audience, len(tokens))
        first.append((min(audience.arrived) - asked) * 1000)
        last.append((max(audience.arrived) - asked) * 1000)
    used = server.usage().since(began)
    await audience.leave()
    idle_ms = idle * 1000 / len(tokens) * 60 / IDLE_SECONDS
    return Measured(way, len(tokens), kilobytes, idle_ms, used, plain, sorted(first), sorted(last))


async def _post_to_all(server: Server, world: World, audience: Audience, count: int) -> float:
    audience.expect(count)
    asked = time.perf_counter()
    await _post(server, world)
    await asyncio.wait_for(audience.complete.wait(), _PATIENCE_SECONDS)
    # Each delivery by itself, all work it left behind included.
    await asyncio.sleep(0.3)
    return asked


async def _post_without(server: Server, world: World) -> Usage:
    for _ in range(WARM_POSTS):
        await _post(server, world)
    await asyncio.sleep(1)
    began = server.usage()
    for _ in range(POSTS):
        await _post(server, world)
        await asyncio.sleep(0.5)
    return server.usage().since(began)


async def _post(server: Server, world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    body = (
        b'{"status":"A post of ordinary length, with a #tag and nothing else to it.","visibility":"public"}'
    )
    writer.write(request("bench", "POST", "/api/v1/statuses", world.large_author_token, body))
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0], head
    writer.close()


async def _prepare(dsn: str, streams: int) -> tuple[World, list[str]]:
    """The usual world, and a token for each of as many followers of its large author."""
    await migrate(dsn)
    conn = await connect(dsn)
    await keep_partitions(conn)
    world = await seed(conn)
    tokens = await _make_tokens(conn, streams)
    await conn.close()
    return world, tokens


async def _make_tokens(conn: Connection, count: int) -> list[str]:
    large_author = await conn.fetch_value(
        "select account_id from relationships where followed_by_id is not null "
        "group by account_id order by count(*) desc limit 1"
    )
    followers = await conn.fetch_column(
        "select other_id from relationships where account_id = $1 and followed_by_id is not null limit $2",
        large_author,
        count,
    )
    now, made = clock.now(), [(each, ids.new_id(each), crypto.new_secret()) for each in followers]
    await conn.copy_in(
        "access_tokens",
        ("bucket", "id", "secret_hash", "account_id", "application_name", "scopes", "user_agent", "created_at", "last_used_at"),
        [(bucket_of(token_id), token_id, crypto.hash_secret(secret), account_id, "bench", ["read"], "", now, now)
         for account_id, token_id, secret in made],
    )  # fmt: skip
    return [crypto.join_token(token_id, secret) for _, token_id, secret in made]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    arguments.add_argument("--streams", type=int, default=LARGE_AUDIENCE)
    options = arguments.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = Path("data/bench-streams")
    shutil.rmtree(folder, ignore_errors=True)
    postgres = EmbeddedPostgres(folder.absolute())
    postgres.start()
    try:
        _print(_measure_all(postgres, options.streams))
    finally:
        postgres.stop()


def _measure_all(postgres: EmbeddedPostgres, streams: int) -> list[Measured]:
    dsn = postgres.dsn()
    world, tokens = asyncio.run(_prepare(dsn, streams))
    ways = {"WebSocket": open_socket, "server-sent events": open_lines}
    return [_measure_way(postgres, world, tokens, way, open_one) for way, open_one in ways.items()]


def _measure_way(
    postgres: EmbeddedPostgres, world: World, tokens: list[str], way: str, open_one: Open
) -> Measured:
    """By a server that has served nobody yet: memory that was used once is not given back."""
    port = processes.free_port()
    environment = {
        "PARLEY_DATABASE_URL": postgres.dsn(),
        "PARLEY_PORT": str(port),
        "PARLEY_RATE_LIMITS": "off",
        "PARLEY_MASTER_KEYS": MASTER_KEY,
    }
    web = processes.start(["-m", "bench.web"], environment)
    worker = processes.start(["-m", "parley", "worker"], environment)
    try:
        processes.wait_until_open(port)
        server = Server(port, web.pid, worker.pid, postgres.process.pid)
        return asyncio.run(measure(server, world, tokens, way, open_one))
    finally:
        processes.stop(worker)
        processes.stop(web)


def _print(measured: list[Measured]) -> None:
    table = Table(
        "way", "streams", "kB a stream", "idle CPU ms a stream and minute", "CPU ms a post", "of it for streams",
        "web", "worker", "PostgreSQL", "µs a delivery", "first ms", "last ms p50", "last ms p95",
    )  # fmt: skip
    for each in measured:
        extra = each.post.total - each.plain_post.total
        shown = [
            each.kilobytes_a_stream,
            each.idle_ms_a_stream_minute,
            each.post.total * 1000 / POSTS,
            extra * 1000 / POSTS,
            each.post.web * 1000 / POSTS,
            each.post.worker * 1000 / POSTS,
            each.post.postgres * 1000 / POSTS,
            extra * 1_000_000 / POSTS / each.streams,
            percentile(each.first, 0.5),
            percentile(each.last, 0.5),
            percentile(each.last, 0.95),
        ]
        table.add_row(each.way, str(each.streams), *(f"{value:.2f}" for value in shown))
    Console(width=int(os.environ.get("COLUMNS", "170"))).print(table)


if __name__ == "__main__":
    main()
