"""The archivist's test: seeds a world, runs a server over it, and attacks it as whoever wants to copy all there is.

    script/bench --archivist [--scale 0.1] [--pictures 5000]

Time is compressed: attackers read as fast as they are answered, so a day's budget is used up within minutes. What the
rows ask for stands in docs/archivist.md.
"""

import asyncio
import itertools
import os
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import msgspec
from rich.console import Console
from rich.table import Table

from bench import processes
from bench.archivist_world import (
    CANARY,
    HIDDEN,
    Post,
    Size,
    World,
    each_of,
    live_there,
    seed_world,
    take_away,
)
from bench.seed import MASTER_KEY
from parley.kit.db import connect
from parley.kit.migrate import migrate
from parley.kit.partitions import keep_partitions
from parley.kit.postgres import EmbeddedPostgres

GONE_SECONDS_MAX = 60
ALARM_SECONDS_MAX = 300
READ_BY_ADDRESS_MAX = 2000
SHARES_MAX = {"b": 0.05, "c": 0.01}
_PAGES_MAX = 80
_PORT = 9250
# Where somebody who knows a post's number looks for it.
DOORS = (
    "/api/v1/statuses/{id}", "/api/v1/statuses/{id}/context", "/api/v1/statuses/{id}/history",
    "/api/v1/statuses/{id}/card", "/api/v1/statuses/{id}/favourited_by", "/api/v1/statuses/{id}/reblogged_by",
    "/api/v1/statuses/{id}/quotes", "/api/v1/statuses?id[]={id}", "/@x/{id}", "/@x/{id}/embed",
    "/api/oembed?url={base}/@x/{id}",
)  # fmt: skip
# Where a former follower finds posts again without knowing numbers.
LISTS = (
    "/api/v1/timelines/home?limit=40", "/api/v1/bookmarks?limit=40", "/api/v1/favourites?limit=40",
    "/api/v1/notifications", "/api/v1/conversations", "/api/v2/search?q=picture&type=statuses", "/home", "/local",
)  # fmt: skip


class Row(msgspec.Struct, frozen=True):
    name: str
    tried: str
    requests: int
    came_out: str
    wanted: str
    passed: bool


class Haul:
    """What one attacker was given: canaries by kind, each with the second at which it was first seen."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.requests = 0
        self.codes: Counter[int] = Counter()
        self.unread: list[str] = []
        self.known: set[str] = set()
        self.retry_after = True
        self.seen: dict[str, dict[str, float]] = {}

    def take(self, answer: httpx.Response) -> int:
        self.requests += 1
        self.codes[answer.status_code] += 1
        if answer.status_code == 429:
            self.retry_after = self.retry_after and "retry-after" in answer.headers
        moment, known = time.monotonic() - self.began, len(self.seen.get("open", {}))
        for kind, number in CANARY.findall(answer.content.decode("utf-8", "ignore")):
            self.seen.setdefault(kind, {}).setdefault(number, moment)
        return len(self.seen.get("open", {})) - known

    def meet(self, authors: Iterable[str]) -> None:
        new = set(authors) - self.known
        self.known |= new
        self.unread += new

    @property
    def refused(self) -> int:
        return self.codes[429]

    @property
    def open(self) -> dict[str, float]:
        return self.seen.get("open", {})

    @property
    def hidden(self) -> int:
        return sum(len(self.seen.get(kind, {})) for kind in HIDDEN)


class Server:
    """As `parley serve` runs web server and worker, but that it can be begun anew with nothing read yet."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn, self.folder, self.base = dsn, folder, f"http://127.0.0.1:{_PORT}"
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, **settings: str) -> None:
        environment = {
            "PARLEY_DATABASE_URL": self.dsn, "PARLEY_PORT": str(_PORT), "PARLEY_MASTER_KEYS": MASTER_KEY,
            "PARLEY_DATA_DIR": str(self.folder / "data"), "PARLEY_TRUSTED_PROXIES": "127.0.0.1",
            **settings,
        }  # fmt: skip
        self.running = [
            processes.start(["-m", "bench.web"], environment),
            processes.start(["-m", "parley", "worker"], environment),
        ]
        processes.wait_until_open(_PORT)

    def stop(self) -> None:
        for each in self.running:
            processes.stop(each)

    async def start_anew(self, **settings: str) -> None:
        """As if nobody had read anything today."""
        self.stop()
        conn = await connect(self.dsn)
        for table in ("readings", "reading_groups", "crawl_alarms", "rate_windows"):
            await conn.execute(f"delete from {table}")
        await conn.close()
        self.start(**settings)

    async def alarm_second(self, haul: Haul, readers: str) -> float | None:
        """How long after the attack began an alarm about these readers was opened."""
        conn = await connect(self.dsn)
        age = await conn.fetch_value("select extract(epoch from now() - min(opened_at)) from crawl_alarms where readers = $1", readers)  # fmt: skip
        await conn.close()
        return None if age is None else time.monotonic() - haul.began - float(age)

    async def words_in_rows(self) -> int:
        """How many canaries of any kind stand in the open in any row of any table."""
        conn = await connect(self.dsn)
        found: set[tuple[str, str]] = set()
        for table in await conn.fetch_column("select tablename from pg_tables where schemaname = 'public'"):
            texts = await conn.fetch_column(f'select t::text from "{table}" t where t::text ~ $1', "zq[a-z]+[0-9]+x")  # fmt: skip
            found.update(pair for text in texts for pair in CANARY.findall(text))
        await conn.close()
        return len(found)

    def words_in_files(self) -> int:
        files = [each for each in (self.folder / "data").rglob("*") if each.is_file()]
        return sum(bool(CANARY.search(each.read_bytes().decode("utf-8", "ignore"))) for each in files)

    async def quiet(self) -> None:
        """Until no job is due."""
        conn = await connect(self.dsn)
        while await conn.fetch_value("select count(*) from jobs where run_at <= now() and not dead"):  # noqa: ASYNC110 - another process does the work
            await asyncio.sleep(0.1)
        await conn.close()


# Who reads all that is public


async def walk(client: httpx.AsyncClient, haul: Haul, headers: dict[str, str], before: int) -> None:
    """Down the public timeline from one post on; when that is closed, first pages of whoever anybody has seen."""
    path = f"/api/v1/timelines/public?local=true&limit=40&max_id={before}"
    for _ in range(_PAGES_MAX):
        answer = await client.get(path, headers=headers)
        haul.take(answer)
        if answer.status_code == 429:
            return
        if answer.status_code == 200:
            haul.meet(each["account"]["id"] for each in answer.json())
        if "next" in answer.links:
            path = answer.links["next"]["url"].removeprefix(str(client.base_url).rstrip("/"))
        elif haul.unread:
            path = f"/api/v1/accounts/{haul.unread.pop()}/statuses?limit=40"
        else:
            return


def starts(world: World, count: int) -> list[int]:
    """Numbers of posts tell their time, so a place to begin can be reckoned."""
    known = sorted(each.id for each in world.of_kind("open"))
    return [known[len(known) * (number + 1) // count - 1] + 1 for number in range(count)]


async def one_stranger(server: Server, client: httpx.AsyncClient, world: World) -> Row:
    """Without the sign-in wall that the alarm puts up, which would end it sooner."""
    await server.start_anew(PARLEY_SIGN_IN_WALL_ON_ALARM="false")
    haul, headers = Haul(), {"x-forwarded-for": "198.51.100.7"}
    for before in starts(world, 4):
        await walk(client, haul, headers, before)
    alarm = await server.alarm_second(haul, "anonymous")
    things = len(haul.open)
    passed = things <= READ_BY_ADDRESS_MAX and haul.hidden == 0 and _in_time(alarm) and haul.retry_after
    enough = len(world.of_kind("open")) > READ_BY_ADDRESS_MAX
    return Row(
        "L3 a", "one address walks all timelines and profiles", haul.requests,
        f"{things} posts, then {haul.refused} x 429; alarm {_seconds(alarm)}",
        f"<= {READ_BY_ADDRESS_MAX} a day, 429 with Retry-After, alarm <= 5 min",
        passed and (haul.refused > 0 or not enough),
    )  # fmt: skip


async def many(server: Server, client: httpx.AsyncClient, world: World, attacker: str) -> Row:
    """Strangers of 200 addresses in four blocks, or a hundred fresh accounts, each from a part of the whole on."""
    await server.start_anew()
    haul, readers = Haul(), "anonymous" if attacker == "b" else "fresh"
    if attacker == "b":
        addresses = [f"198.51.{100 + block}.{number}" for number in range(1, 51) for block in range(4)]
        everybody = [{"x-forwarded-for": each} for each in addresses]
    else:
        everybody = [world.headers(each, f"203.0.113.{n + 1}") for n, each in enumerate(world.fresh)]
    turns = zip(everybody, starts(world, len(everybody)), strict=True)
    await each_of(turns, lambda turn: walk(client, haul, *turn))
    alarm = await server.alarm_second(haul, readers)
    corpus = len(world.of_kind("open"))
    before = sum(second <= (alarm or 1e9) for second in haul.open.values())
    tried = "200 addresses in 4 blocks" if attacker == "b" else "100 fresh accounts"
    return Row(
        f"L4 {attacker}, L21", f"{tried} walk everything", haul.requests,
        f"{before} posts ({before / corpus:.1%}) before the alarm after {_seconds(alarm)}; in the end {len(haul.open) / corpus:.1%}",
        f"<= {SHARES_MAX[attacker]:.0%} before an alarm <= 5 min",
        _in_time(alarm) and before / corpus <= SHARES_MAX[attacker] and haul.hidden == 0,
    )  # fmt: skip


# Who guesses, and who knows what was hidden


async def guess(server: Server, client: httpx.AsyncClient, world: World, count: int) -> Row:
    """Around known numbers, by steps and by single bits, of posts, accounts, files, polls and messages."""
    await server.start_anew()
    draw, haul, known = random.Random(7), Haul(), {str(each.id) for each in world.posts}
    paths = ("/api/v1/statuses/{}", "/@x/{}", "/api/v1/accounts/{}", "/api/v1/media/{}", "/api/v1/polls/{}", "/api/v1/conversations/{}", "/api/oembed?url=" + server.base + "/@x/{}")  # fmt: skip
    steps = (1, 2, 255, 256, 1 << 22, 1000, 1_000_000)
    hits = 0

    async def one(number: int) -> int:
        near = draw.choice(world.posts).id + draw.choice((-1, 1)) * draw.choice(steps)
        path = paths[number % len(paths)].format(near)
        address = f"100.{64 + number % 60}.{number // 150 % 256}.{number % 250}"
        answer = await client.get(path, headers={"x-forwarded-for": address})
        haul.take(answer)
        return int(answer.status_code == 200 and str(near) not in known)

    hits = sum(await each_of(range(count), one))
    return Row(
        "L1", "numbers beside known ones, seven routes", haul.requests,
        f"{hits} hits, {haul.hidden} hidden words, {haul.refused} x 429", "0 hits", hits == 0 and haul.hidden == 0,
    )  # fmt: skip


def hidden_sample(world: World, each_kind: int) -> list[Post]:
    draw = random.Random(11)
    kinds = {kind: world.of_kind(kind) for kind in HIDDEN}
    return [post for posts in kinds.values() for post in draw.sample(posts, min(each_kind, len(posts)))]


async def knock(server: Server, client: httpx.AsyncClient, world: World, each_kind: int) -> Row:
    """Strangers and fresh members who know the numbers of what is hidden."""
    await server.start_anew()
    haul = Haul()
    tries = [
        (post, door) for post, door in itertools.product(hidden_sample(world, each_kind), enumerate(DOORS))
    ]

    async def one(turn: tuple[int, tuple[Post, tuple[int, str]]]) -> None:
        number, (post, (_, door)) = turn
        address = f"100.{64 + number % 60}.{number // 150 % 256}.{number % 250}"
        headers = {"x-forwarded-for": address}
        if number % 2:
            headers = world.headers(world.fresh[number // 2 % len(world.fresh)], address)
        haul.take(await client.get(door.format(id=post.id, base=server.base), headers=headers))

    await each_of(enumerate(tries), one)
    addresses = [*world.pictures.get("gone", ())]
    await each_of(addresses, lambda address: _fetch(client, haul, address))
    return Row(
        "L7 a b c", "numbers of deleted, private, banned, erased and direct posts, at eleven doors", haul.requests,
        f"{haul.hidden} seen, {haul.refused} x 429", "0", haul.hidden == 0,
    )  # fmt: skip


async def _fetch(client: httpx.AsyncClient, haul: Haul, address: str) -> int:
    """From somewhere else each time, so that only the file itself can refuse."""
    place = f"100.{64 + haul.requests % 60}.{haul.requests // 150 % 256}.9"
    answer = await client.get(address, headers={"x-forwarded-for": place})
    haul.take(answer)
    return answer.status_code


async def remember(client: httpx.AsyncClient, world: World) -> list[Post]:
    """A follower reads, likes and bookmarks some of what will be deleted."""
    sample, headers = random.Random(3).sample(world.of_kind("gone"), 40), world.headers(world.follower)

    async def keep(post: Post) -> None:
        for act in ("bookmark", "favourite"):
            answer = await client.post(f"/api/v1/statuses/{post.id}/{act}", headers=headers)
            answer.raise_for_status()

    await each_of(sample, keep)
    return sample


async def former_follower(server: Server, client: httpx.AsyncClient, world: World, kept: list[Post]) -> Row:
    """Who saw it looks again at every door, until nothing of it is left or a minute is over."""
    haul, headers = Haul(), world.headers(world.follower)
    paths = [door.format(id=post.id, base=server.base) for post in kept for door in DOORS[:4]]
    for path in itertools.chain(paths, LISTS):
        haul.take(await client.get(path, headers={**headers, "cookie": f"__Host-parley-session={world.bearers[world.follower]}"}))  # fmt: skip
    words = sum(len(haul.seen.get(kind, {})) for kind in ("gone", "banned", "erased", "whisper"))
    left, files = list(world.pictures.get("gone", ())), 0
    while left and time.monotonic() - haul.began < GONE_SECONDS_MAX:
        codes = await each_of(left, lambda address: _fetch(client, haul, address))
        left = [each for each, code in zip(left, codes, strict=True) if code != 404]
        files = int(time.monotonic() - haul.began)
    return Row(
        "L6 d", f"{len(kept)} posts and {len(world.pictures.get('gone', ()))} files that were seen before", haul.requests,
        f"{words} seen, {len(left)} files left after {files} s", f"0 after {GONE_SECONDS_MAX} s", not words and not left,
    )  # fmt: skip


async def stolen(server: Server) -> Row:
    await server.quiet()
    rows, files = await server.words_in_rows(), server.words_in_files()
    return Row(
        "L8, L9, L12 f", "every row of every table, every byte of every file", 0,
        f"{rows} canaries in rows, {files} in files", "0", not rows and not files,
    )  # fmt: skip


def _in_time(alarm: float | None) -> bool:
    return alarm is not None and alarm <= ALARM_SECONDS_MAX


def _seconds(alarm: float | None) -> str:
    return "never" if alarm is None else f"{max(0.0, alarm):.1f} s"


async def attack(server: Server, scale: float, pictures: int) -> list[Row]:
    size = Size().scaled(scale)
    size = msgspec.structs.replace(size, pictures=pictures or size.pictures)
    conn = await connect(server.dsn)
    await keep_partitions(conn)
    world = await seed_world(conn, size)
    await conn.close()
    server.start()
    rows = []
    async with httpx.AsyncClient(base_url=server.base, timeout=60) as client:
        world = await live_there(client, world, size)
        kept = await remember(client, world)
        refused = await take_away(client, world)
        if refused:
            raise SystemExit(
                f"{refused} acts of those who live there were refused: the world is not what it should be"
            )
        rows.append(await former_follower(server, client, world, kept))
        rows.append(await stolen(server))
        rows.append(await one_stranger(server, client, world))
        rows += [await many(server, client, world, each) for each in ("b", "c")]
        rows.append(await guess(server, client, world, max(200, int(10_000 * scale))))
        rows.append(await knock(server, client, world, max(5, int(100 * scale))))
    return rows


def main(scale: float, pictures: int = 0, folder: Path = Path("data/bench-archivist")) -> None:
    """`pictures`: so many, whatever the scale."""
    folder = folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    postgres.start()
    server = Server(postgres.dsn(), folder)
    try:
        asyncio.run(migrate(server.dsn))
        rows = asyncio.run(attack(server, scale, pictures))
    finally:
        server.stop()
        postgres.stop()
    _print(rows)


def _print(rows: Iterable[Row]) -> None:
    table = Table("row", "what was tried", "requests", "what came out", "asked for", "passed")
    for each in rows:
        table.add_row(*_cells(each), style=None if each.passed else "red")
    Console(width=int(os.environ.get("COLUMNS", "170"))).print(table)


def _cells(row: Row) -> Iterator[str]:
    yield from (row.name, row.tried, f"{row.requests:,}", row.came_out, row.wanted)
    yield "yes" if row.passed else "NO"


if __name__ == "__main__":
    main(float(os.environ.get("SCALE", "0.05")))
