"""What a page of posts costs that a process has never seen: reading, opening and judging 20 of them, and their keys.

Run by `python -m bench.cold`. CPU of this process and of PostgreSQL's for it, best of seven rounds.
"""

import asyncio
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from bench.seed import MASTER_KEY, World, seed
from parley.identity import cache as account_cache
from parley.identity.viewer import Viewer
from parley.kit import recent
from parley.kit.db import Connection, connect
from parley.kit.ids import AccountId
from parley.kit.master_keys import parse_key
from parley.kit.migrate import migrate
from parley.kit.partitions import keep_partitions
from parley.kit.postgres import EmbeddedPostgres
from parley.kit.sealing import KeyRing
from parley.publishing import cache
from parley.publishing.visibility import visible_statuses

ROUNDS, PAGES, PER_PAGE = 7, 200, 20


def main() -> None:
    folder = Path("data/bench-cold")
    shutil.rmtree(folder, ignore_errors=True)
    postgres = EmbeddedPostgres(folder.absolute())
    postgres.start()
    try:
        asyncio.run(_measure(postgres.dsn()))
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(dsn: str) -> None:
    await migrate(dsn)
    conn = await connect(dsn, keys=KeyRing(lambda: (parse_key(MASTER_KEY),)))
    await keep_partitions(conn)
    world = await seed(conn)
    pid = await conn.fetch_value("select pg_backend_pid()")
    for name, forget in (("nothing is known", _forget_all), ("keys and counts are known", cache.clear)):
        rounds = [await _round(conn, world, pid, forget) for _ in range(ROUNDS)]
        here, there = min(each[0] for each in rounds), min(each[1] for each in rounds)
        print(f"{name}: {here + there:.2f} ms a page; of it Python {here:.2f}, PostgreSQL {there:.2f}")
    await conn.close()


def _forget_all() -> None:
    cache.clear()
    account_cache.clear()
    recent.clear()


async def _round(conn: Connection, world: World, pid: int, forget: Callable[[], None]) -> tuple[float, float]:
    draw, viewer = random.Random(20261121), Viewer(account_id=AccountId(world.reader_ids[0]))
    here, there = time.process_time(), _seconds_of(pid)
    for _ in range(PAGES):
        forget()
        found = await visible_statuses(conn, viewer, draw.sample(world.status_ids, PER_PAGE))
        if len(found) != PER_PAGE:
            raise RuntimeError("not all could be read")
    spent = time.process_time() - here, _seconds_of(pid) - there
    return spent[0] * 1000 / PAGES, spent[1] * 1000 / PAGES


def _seconds_of(pid: int) -> float:
    """CPU of one process, to a nanosecond where Linux tells."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


if __name__ == "__main__":
    main()
