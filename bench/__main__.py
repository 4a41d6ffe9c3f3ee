"""The benchmark: seeds a database, drives a real server, prints CPU per request of the whole process tree.

Times on shared machines lie; CPU per request and ratios within one run are what counts. `ceiling` is the same HTTP
server returning the same bytes without work, plus PostgreSQL running the same statement under pgbench.
"""

import argparse
import asyncio
import itertools
import os
import shutil
import subprocess
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench import archivist, ceiling_statements, media, processes
from bench.load import Job, Outcome, percentile, request
from bench.seed import COMMON_WORD, MASTER_KEY, RARE_WORD, World, seed
from parley.kit.db import Connection, connect
from parley.kit.migrate import migrate
from parley.kit.partitions import keep_partitions
from parley.kit.postgres import EmbeddedPostgres

CONNECTIONS = 8


class Row(msgspec.Struct, frozen=True):
    name: str
    outcome: Outcome
    cpu_ms: float
    python_ms: float
    postgres_ms: float
    budget: float | None
    ceiling_ms: float | None = None


class Server(msgspec.Struct, frozen=True):
    """The server under measurement. `watched`: the roots of its process tree, PostgreSQL's last."""

    port: int
    watched: list[int]
    dsn: str
    world: World

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    arguments.add_argument("--scale", type=float, default=1.0, help="multiplies the number of requests")
    arguments.add_argument("--only", default="", help="run the scenarios whose names begin so")
    arguments.add_argument("--markdown", type=Path, help="also write the table into this file")
    arguments.add_argument("--json", type=Path, help="also write the figures into this file")
    arguments.add_argument("--media", action="store_true", help="measure what files cost, and nothing else")
    arguments.add_argument(
        "--archivist", action="store_true", help="attack a seeded server, and nothing else"
    )
    arguments.add_argument(
        "--pictures", type=int, default=0, help="so many in the archivist's world, whatever the scale"
    )
    options = arguments.parse_args()
    if options.media:
        media.main()
        return
    if options.archivist:
        archivist.main(options.scale, options.pictures)
        return
    folder = Path("data/bench")
    shutil.rmtree(folder, ignore_errors=True)
    postgres = EmbeddedPostgres(folder.absolute())
    postgres.start()
    try:
        rows = _measure(postgres, options.scale, options.only)
    finally:
        postgres.stop()
    _print(rows)
    if options.markdown:
        options.markdown.write_text(_markdown(rows), encoding="utf-8")
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode([_figures(row) for row in rows])))


def _measure(postgres: EmbeddedPostgres, scale: float, only: str) -> list[Row]:
    dsn = postgres.dsn()
    world = asyncio.run(_prepare(dsn))
    port = processes.free_port()
    environment = {"PARLEY_DATABASE_URL": dsn, "PARLEY_PORT": str(port), "PARLEY_RATE_LIMITS": "off"}
    environment["PARLEY_MASTER_KEYS"] = MASTER_KEY
    web = processes.start(["-m", "bench.web"], environment)
    worker = processes.start(["-m", "parley", "worker"], environment)
    try:
        processes.wait_until_open(port)
        server = Server(port, [web.pid, worker.pid, postgres.process.pid], dsn, world)
        return list(_scenarios(server, scale, only))
    finally:
        processes.stop(worker)
        processes.stop(web)


async def _prepare(dsn: str) -> World:
    await migrate(dsn)
    conn = await connect(dsn)
    await keep_partitions(conn)
    world = await seed(conn)
    await conn.close()
    return world


def _scenarios(server: Server, scale: float, only: str) -> list[Row]:
    world = server.world
    home, local = "/api/v1/timelines/home?limit=20", "/api/v1/timelines/public?local=true&limit=20"
    one, staff = world.reader_tokens[0], world.large_author_token
    statuses = [f"/api/v1/statuses/{each}" for each in world.status_ids[:100]]
    authors = [f"/api/v1/accounts/{each}/statuses?limit=20" for each in world.author_ids[:100]]
    notifications = "/api/v1/notifications?limit=20"
    search = "/api/v2/search?limit=20&type="
    conversations = "/api/v1/conversations?limit=20"
    groups = notifications.replace("v1", "v2")
    quotes = f"/api/v1/statuses/{world.quoted_id}/quotes?limit=20"
    reads = [
        ("home, one reader", 0.35, [_get(server, home, one)], 3000),
        ("home, 50 readers in turn", 0.35, [_get(server, home, each) for each in world.reader_tokens], 3000),
        ("local timeline", 0.30, [_get(server, local, one)], 2000),
        ("one status", 0.12, [_get(server, path, one) for path in statuses], 3000),
        ("an account's statuses", 0.40, [_get(server, path, one) for path in authors], 2000),
        ("quotes of a post", None, [_get(server, quotes, one)], 1000),
        ("scheduled posts", None, [_get(server, "/api/v1/scheduled_statuses", one)], 1000),
        ("notifications", 0.45, [_get(server, notifications, each) for each in world.reader_tokens], 2000),
        ("search, common word", 1.5, [_get(server, f"{search}statuses&q={COMMON_WORD}", one)], 500),
        ("search, rare word", 1.0, [_get(server, f"{search}statuses&q={RARE_WORD}", one)], 500),
        ("search, accounts", 2.0, [_get(server, f"{search}accounts&q=member1", one)], 500),
        ("followed tags", None, [_get(server, "/api/v1/followed_tags?limit=40", one)], 1000),
        ("trends, tags", None, [_get(server, "/api/v1/trends/tags?limit=20", one)], 1000),
        ("trends, statuses", None, [_get(server, "/api/v1/trends/statuses?limit=20", one)], 1000),
        ("suggestions", None, [_get(server, "/api/v2/suggestions?limit=20", one)], 1000),
        ("directory", None, [_get(server, "/api/v1/directory?limit=20", one)], 1000),
        ("conversations", 0.6, [_get(server, conversations, each) for each in world.reader_tokens], 2000),
        ("accounts, for staff", None, [_get(server, "/api/v2/admin/accounts?limit=100", staff)], 200),
        ("reports, for staff", None, [_get(server, "/api/v1/admin/reports?limit=20", staff)], 500),
        ("grouped notifications", 0.6, [_get(server, groups, each) for each in world.reader_tokens], 2000),
    ]
    reads += [(name, None, [_get(server, path, one)], 500) for name, path in _other_lists(world)]
    rows = [
        _read(server, name, budget, requests, int(count * scale))
        for name, budget, requests, count in reads
        if name.startswith(only)
    ]
    rows += [
        _write(server, name, budget, requests, int(count * scale))
        for name, budget, requests, count in _writes(server)
        if name.startswith(only)
    ]
    return rows


def _other_lists(world: World) -> list[tuple[str, str]]:
    """Every other list of the API, as one reader asks for it: name and path."""
    author, status = f"/api/v1/accounts/{world.author_ids[0]}", f"/api/v1/statuses/{world.status_ids[0]}"
    plain = (
        "favourites", "bookmarks", "lists", "filters", "blocks", "mutes", "follow_requests", "endorsements",
        "domain_blocks", "featured_tags", "announcements", "custom_emojis", "trends/links", "notifications/requests",
    )  # fmt: skip
    return [
        *((each.replace("_", " "), f"/api/v1/{each}") for each in plain),
        ("filters, v2", "/api/v2/filters"),
        ("followers", f"{author}/followers"),
        ("following", f"{author}/following"),
        ("featured tags of an account", f"{author}/featured_tags"),
        ("a thread", f"{status}/context"),
        ("who likes a post", f"{status}/favourited_by"),
        ("who boosts a post", f"{status}/reblogged_by"),
        ("edits of a post", f"{status}/history"),
        ("a hashtag", f"/api/v1/timelines/tag/{COMMON_WORD}"),
        ("search, tags", f"/api/v2/search?type=hashtags&q={COMMON_WORD[:3]}"),
    ]


def _writes(server: Server) -> list[tuple[str, float | None, list[bytes], int]]:
    world = server.world
    mixed = itertools.chain.from_iterable(_mixed(server, number) for number in range(10))
    return [
        ("post, 50 followers", 2.0, [_post(server, world.small_author_token)], 300),
        ("post, 1,000 followers", None, [_post(server, world.large_author_token)], 100),
        ("mixed", 0.6, list(mixed), 3000),
    ]


def _mixed(server: Server, number: int) -> list[bytes]:
    """80 % home, 10 % notifications, 5 % post, 5 % favourite."""
    tokens = server.world.reader_tokens[number * 5 : number * 5 + 5]
    token = tokens[0]
    favourite = f"/api/v1/statuses/{server.world.status_ids[number]}/favourite"
    return [
        *[_get(server, "/api/v1/timelines/home?limit=20", tokens[turn % 5]) for turn in range(16)],
        *[_get(server, "/api/v1/notifications?limit=20", token) for _ in range(2)],
        _post(server, server.world.small_author_token),
        request(server.host, "POST", favourite, token, b"{}"),
    ]


def _get(server: Server, path: str, token: str) -> bytes:
    return request(server.host, "GET", path, token)


def _post(server: Server, token: str) -> bytes:
    body = (
        b'{"status":"A post of ordinary length, with a #tag and nothing else to it.","visibility":"public"}'
    )
    return request(server.host, "POST", "/api/v1/statuses", token, body)


def _read(server: Server, name: str, budget: float | None, requests: list[bytes], count: int) -> Row:
    row = _run(server, name, budget, requests, count)
    reached = ceiling_statements.ceiling_ms(server.dsn, server.world, name, row.outcome.bytes_per_answer)
    return msgspec.structs.replace(row, ceiling_ms=reached)


def _write(server: Server, name: str, budget: float | None, requests: list[bytes], count: int) -> Row:
    return _run(server, name, budget, requests, count)


def _run(server: Server, name: str, budget: float | None, requests: list[bytes], count: int) -> Row:
    """Warm first, then measured; work that answers leave to jobs is waited for and counted."""
    warm = max(len(requests), CONNECTIONS * 10)
    processes.load(Job("127.0.0.1", server.port, requests, warm, CONNECTIONS))
    asyncio.run(_drain(server.dsn))
    before = _cpu(server)
    outcome = processes.load(Job("127.0.0.1", server.port, requests, count, CONNECTIONS))
    asyncio.run(_drain(server.dsn))
    python, postgres = (after - start for after, start in zip(_cpu(server), before, strict=True))
    if outcome.failures:
        raise SystemExit(f"{name}: {outcome.failures} of {count} answers were not 200")
    each = 1000 / count
    return Row(name, outcome, (python + postgres) * each, python * each, postgres * each, budget)


def _cpu(server: Server) -> tuple[float, float]:
    return processes.cpu_seconds(server.watched[:2]), processes.cpu_seconds(server.watched[2:])


async def _drain(dsn: str) -> None:
    """Until no job is due."""
    conn: Connection = await connect(dsn)
    try:
        due = "select count(*) from jobs where run_at <= now() and not dead"
        while await conn.fetch_value(due):  # noqa: ASYNC110 - another process does the work
            await asyncio.sleep(0.05)
    finally:
        await conn.close()


def _figures(row: Row) -> dict[str, float | str | None]:
    times = row.outcome.milliseconds
    return {
        "request": row.name,
        "requests_per_second": len(times) / row.outcome.seconds,
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "cpu_ms": row.cpu_ms,
        "python_ms": row.python_ms,
        "postgres_ms": row.postgres_ms,
        "budget_ms": row.budget,
        "ceiling_ms": row.ceiling_ms,
        "times_ceiling": row.cpu_ms / row.ceiling_ms if row.ceiling_ms else None,
    }


_COLUMNS = (
    "request",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "CPU ms",
    "of it Python",
    "PostgreSQL",
    "budget",
    "ceiling",
    "x ceiling",
)


def _cells(row: Row) -> list[str]:
    figures = list(_figures(row).values())
    shown = [
        "-" if each is None else f"{each:.0f}" if index == 0 else f"{each:.2f}"
        for index, each in enumerate(figures[1:])
    ]
    return [row.name, *shown]


def _delivery(rows: list[Row]) -> str:
    by_name = {row.name: row for row in rows}
    small, large = by_name.get("post, 50 followers"), by_name.get("post, 1,000 followers")
    if small is None or large is None:
        return ""
    return f"each further delivery: {(large.cpu_ms - small.cpu_ms) / 950:.4f} CPU ms (budget 0.010)"


def _print(rows: list[Row]) -> None:
    table = Table(*_COLUMNS)
    for row in rows:
        over = row.budget is not None and row.cpu_ms > row.budget
        table.add_row(*_cells(row), style="red" if over else None)
    console = Console(width=int(os.environ.get("COLUMNS", "130")))
    console.print(table)
    console.print(_delivery(rows))


def _markdown(rows: list[Row]) -> str:
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|" + "---|" * len(_COLUMNS)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    return "\n".join(lines) + f"\n\n{_delivery(rows)}; measured {time.strftime('%Y-%m-%d')}, {_machine()}.\n"


def _machine() -> str:
    model = subprocess.run(["nproc"], capture_output=True, text=True, check=False).stdout.strip()
    return f"{model} cores"


if __name__ == "__main__":
    main()
