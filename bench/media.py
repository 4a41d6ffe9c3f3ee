"""What a photograph and a film cost: by the bare libraries, in the workshop, and through the door until they are ready.

    script/bench --media

The photograph has twelve megapixels, the film thirty seconds of 1080p; both are made by this run. `memory` of the
bare libraries and of the workshop is their process's most; of the whole way, what web server, worker and workshop
together hold beyond what the first two hold at rest. What the server computes at rest is left out, too.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from bench import processes
from bench.seed import MASTER_KEY, seed
from parley.kit.config import Settings
from parley.kit.db import connect
from parley.kit.migrate import migrate
from parley.kit.partitions import keep_partitions
from parley.kit.postgres import EmbeddedPostgres
from parley.media.models import Order
from parley.media.upload import limits_of

# Of the whole way: how much more than the bare libraries it may compute in the same run, and how much it may hold.
BUDGETS = {"photograph": 1.6, "film": 1.2}
MEMORY_BUDGETS_MB = {"photograph": 250, "film": 350}
_NAMES = {"photograph": "photo.jpg", "film": "film.mp4"}
_MB = 1_048_576
# As apps are told to.
_ASK_AGAIN_SECONDS = 1
_READY_SECONDS_MAX = 300
_REST_SECONDS, _REST_TRIES, _REST_MAX = 5, 30, 0.1


class Cost(msgspec.Struct, frozen=True):
    wall_seconds: float
    cpu_seconds: float
    memory_mb: float


def main() -> None:
    folder = Path("data/bench-media").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # By a process of its own: what this one once held would be counted as its children's.
    processes.run(["-m", "bench.media_samples", *(str(folder / each) for each in _NAMES.values())])
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    try:
        whole = _whole_way(postgres, folder)
    finally:
        postgres.stop()
    table = Table("file", "by", "wall s", "CPU s", "memory MB", "x libraries", "budget", "budget MB")
    for kind, name in _NAMES.items():
        source = folder / name
        _show(
            table,
            kind,
            {"libraries": _bare(kind, source), "workshop": _workshop(source), "door": whole[kind]},
        )
    Console(width=120).print(table)


def _show(table: Table, kind: str, costs: dict[str, Cost]) -> None:
    for name, cost in costs.items():
        budgets = (BUDGETS[kind], MEMORY_BUDGETS_MB[kind]) if name == "door" else ("-", "-")
        times = cost.cpu_seconds / costs["libraries"].cpu_seconds
        over = name == "door" and (times > BUDGETS[kind] or cost.memory_mb > MEMORY_BUDGETS_MB[kind])
        table.add_row(
            *(kind, name, f"{cost.wall_seconds:.2f}", f"{cost.cpu_seconds:.2f}", f"{cost.memory_mb:.0f}"),
            f"{times:.2f}",
            *map(str, budgets),
            style="red" if over else None,
        )


def _bare(kind: str, source: Path) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        return _process(["-m", "bench.media_bare", kind, str(source), folder], b"")


def _workshop(source: Path) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        order = Order(source=str(source), folder=folder, purpose="attachment", limits=limits_of(Settings()))
        return _process(["-m", "parley.media.workshop"], msgspec.json.encode(order))


def _process(arguments: list[str], order: bytes) -> Cost:
    """Of one process from its start to its end, by the system's own account."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=processes.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    process.stdin.write(order)
    process.stdin.close()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments[1]} ended with {status}")
    return Cost(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / _MB)


def _whole_way(postgres: EmbeddedPostgres, folder: Path) -> dict[str, Cost]:
    dsn, port = postgres.dsn(), processes.free_port()
    token = asyncio.run(_prepare(dsn))
    environment = {
        "PARLEY_DATABASE_URL": dsn,
        "PARLEY_PORT": str(port),
        "PARLEY_RATE_LIMITS": "off",
        "PARLEY_MASTER_KEYS": MASTER_KEY,
        "PARLEY_DATA_DIR": str(folder / "data"),
    }
    web = processes.start(["-m", "bench.web"], environment)
    worker = processes.start(["-m", "parley", "worker"], environment)
    try:
        processes.wait_until_open(port)
        watched = [web.pid, worker.pid, postgres.process.pid]
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {token}"}, timeout=120
        ) as client:
            _send(client, folder / _NAMES["photograph"])
            return {
                kind: _watched(watched, partial(_send, client, folder / name))
                for kind, name in _NAMES.items()
            }
    finally:
        processes.stop(worker)
        processes.stop(web)


async def _prepare(dsn: str) -> str:
    await migrate(dsn)
    conn = await connect(dsn)
    await keep_partitions(conn)
    world = await seed(conn)
    await conn.close()
    return world.small_author_token


def _send(client: httpx.Client, source: Path) -> None:
    """Until it is ready."""
    answer = client.post("/api/v2/media", files={"file": (source.name, source.read_bytes())})
    answer.raise_for_status()
    until = time.monotonic() + _READY_SECONDS_MAX
    while answer.status_code != 200:
        if time.monotonic() > until:
            raise SystemExit(f"{source.name} is not ready")
        time.sleep(_ASK_AGAIN_SECONDS)
        answer = client.get(f"/api/v1/media/{answer.json()['id']}").raise_for_status()


def _watched(watched: list[int], act: Callable[[], None]) -> Cost:
    """PostgreSQL's computing is counted; its memory is shared with all else that it does."""
    rest_each_second = _at_rest(watched)
    stop, held = threading.Event(), [_memory(watched[:2])]
    watcher = threading.Thread(target=_watch, args=(watched[:2], held, stop))
    before, began = processes.cpu_seconds(watched), time.monotonic()
    watcher.start()
    act()
    took = time.monotonic() - began
    stop.set()
    watcher.join()
    spent = processes.cpu_seconds(watched) - before - rest_each_second * took
    return Cost(took, spent, (max(held) - held[0]) / _MB)


def _at_rest(watched: list[int]) -> float:
    """CPU seconds a second, once what starting left to do is done."""
    for _ in range(_REST_TRIES):
        before = processes.cpu_seconds(watched)
        time.sleep(_REST_SECONDS)
        each_second = (processes.cpu_seconds(watched) - before) / _REST_SECONDS
        if each_second < _REST_MAX:
            return each_second
    raise SystemExit("the server does not come to rest")


def _watch(watched: list[int], held: list[int], stop: threading.Event) -> None:
    while not stop.wait(0.02):
        held.append(_memory(watched))


def _memory(watched: list[int]) -> int:
    """Resident bytes of these processes and all below them."""
    total = 0
    for process_id in watched:
        top = psutil.Process(process_id)
        for process in (top, *top.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    return total


if __name__ == "__main__":
    main()
