"""What counting a page of things read costs: figures for docs/performance.md, on a PostgreSQL of its own.

Run by `python -m bench.readings`.
"""

import asyncio
import itertools
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from parley.kit.config import Settings
from parley.kit.db import Database
from parley.kit.migrate import migrate
from parley.kit.postgres import EmbeddedPostgres
from parley.kit.readings import Readings
from parley.kit.sealing import KeyRing

# Twenty posts with their authors.
_THINGS = 40
_BEST_OF = 15
_SCOPE = {"client": ("203.0.113.7", 4711), "headers": []}


def _pages() -> Iterator[range]:
    return (range(first, first + _THINGS) for first in itertools.count(0, _THINGS))


async def _microseconds(act: Callable[[], Awaitable[None]], rounds: int) -> float:
    best = float("inf")
    for _ in range(_BEST_OF):
        begun = time.perf_counter()
        for _ in range(rounds):
            await act()
        best = min(best, time.perf_counter() - begun)
    return best / rounds * 1e6


async def measure(dsn: str) -> None:
    database = Database(dsn, size=2, keys=KeyRing(lambda: (b"a key of thirty-two bytes or so."[:32],)))
    huge = Settings(read_by_address_max=10**9, read_by_block_max=10**9, read_by_network_max=10**9)
    readings, pages, page = Readings(huge), _pages(), range(_THINGS)

    async def read(things: range) -> None:
        await readings.count(database, readings.reader(_SCOPE, None, None), things)

    await read(page)
    known = await _microseconds(lambda: read(page), 500)
    new = await _microseconds(lambda: read(next(pages)), 20)
    print("| a page of 20 posts with their authors | time |")
    print("|---|---|")
    print(f"| all read before today | {known:.0f} µs |")
    print(f"| all new, with its part of what is written | {new:.0f} µs |")
    await database.stop()


def main() -> None:
    folder = Path("data/bench-readings").absolute()
    server = EmbeddedPostgres(folder, durable=False).start()
    try:
        asyncio.run(migrate(server.dsn()))
        asyncio.run(measure(server.dsn()))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
