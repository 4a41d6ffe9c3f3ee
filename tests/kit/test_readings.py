"""Budgets of reading hold across processes, whatever is forgotten; figures for the alarm; what is kept for how long."""

import asyncio
from datetime import timedelta
from ipaddress import ip_network

import msgspec
import pytest

from parley.kit import clock, reading_rows
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.readings import ReadEnough, Readings
from parley.kit.services import Services

pytestmark = pytest.mark.usefixtures("at_noon")

SETTINGS = Settings(read_by_address_max=300, read_by_block_max=600, read_by_network_max=900)
ADDRESS = "203.0.113.7"


def stranger(readings: Readings, address: str = ADDRESS):
    return readings.reader({"client": (address, 4711), "headers": []}, None, None)


async def crawl(services: Services, processes: list[Readings], address: str = ADDRESS, first: int = 0) -> int:
    """Pages of ten new things, from one process after the other; returns how many things came before the end."""
    for page in range(200):
        readings = processes[page % len(processes)]
        things = range(first + page * 10, first + page * 10 + 10)
        try:
            await readings.count(services.database, stranger(readings, address), things)
        except ReadEnough:
            return page * 10
    raise AssertionError("nobody stopped it")


@pytest.mark.parametrize("processes", [1, 2, 8])
async def test_processes_keep_to_one_budget(services: Services, processes: int):
    shared = msgspec.structs.replace(SETTINGS, workers=processes)
    given = await crawl(services, [Readings(shared) for _ in range(processes)])
    assert SETTINGS.read_by_address_max * 0.7 <= given <= SETTINGS.read_by_address_max


@pytest.mark.parametrize("starts_anew", [False, True])
async def test_nobody_has_two_budgets_around_midnight(services: Services, starts_anew: bool):
    readings = Readings(SETTINGS)
    with clock.shifted(timedelta(hours=11, minutes=50)):
        evening = await crawl(services, [readings])
        await readings.write_all(services.database)
    if starts_anew:
        readings = Readings(SETTINGS)
    came, first = [], 0
    for hours in (12.1, 18, 24, 35.9):
        first += 100_000
        with clock.shifted(timedelta(hours=hours)):
            came.append(await crawl(services, [readings], first=first))
    assert came[0] == 0
    assert evening * 0.7 <= sum(came) <= SETTINGS.read_by_address_max
    assert all(each <= evening / 2 for each in came)


async def test_what_is_forgotten_was_written(services: Services, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("parley.kit.readings._READERS_MAX", 30)
    readings = Readings(SETTINGS)
    given = 0
    for page in range(30):
        try:
            await readings.count(services.database, stranger(readings), range(page * 20, page * 20 + 20))
            given += 20
        except ReadEnough:
            break
        for other in range(6):
            around = stranger(readings, f"198.{page}.{other}.1")
            await readings.count(services.database, around, [1])
        assert len(readings._kept) <= 33
    assert 200 <= given <= SETTINGS.read_by_address_max


async def test_the_network_of_all_who_ask_may_be_forgotten_while_one_more_comes(
    services: Services, monkeypatch: pytest.MonkeyPatch
):
    """It was the first that was kept, so it is the first that goes."""
    monkeypatch.setattr("parley.kit.readings._READERS_MAX", 30)
    readings = Readings(SETTINGS)
    for first in range(0, 100, 10):
        around = [stranger(readings, f"198.51.{first + each}.1") for each in range(10)]
        await asyncio.gather(*(readings.count(services.database, each, [first]) for each in around))
    assert len(readings._kept) <= 60
    network = await stored_things(services, readings)
    assert 9 <= network <= 11


async def stored_things(services: Services, readings: Readings) -> int:
    await readings.write_all(services.database)
    async with services.database.reading() as conn:
        return int(await conn.fetch_value("select things from readings where kind = 'network'"))


async def test_reading_the_same_again_costs_nothing_and_asks_nothing(services: Services, conn):
    readings, page = Readings(SETTINGS), range(40)
    await readings.count(services.database, stranger(readings), page)
    before = conn.statements
    for _ in range(500):
        await readings.count(services.database, stranger(readings), page)
    assert conn.statements == before
    kept = readings._find(stranger(readings), clock.now().date())
    assert kept is not None
    assert kept[0].sketch.things <= 42


async def test_a_block_and_a_network_have_budgets_of_their_own(services: Services):
    readings = Readings(SETTINGS)
    of_block = 0
    for host in range(1, 6):
        of_block += await crawl(services, [readings], f"203.0.113.{host}", first=host * 100_000)
    assert of_block <= SETTINGS.read_by_block_max
    of_network = of_block
    for block in range(5):
        of_network += await crawl(services, [readings], f"203.0.{block}.1", first=block * 1_000_000)
    assert of_network <= SETTINGS.read_by_network_max
    await readings.count(services.database, stranger(readings, "198.51.100.1"), range(10))


@pytest.mark.parametrize(
    ("address", "narrow", "block", "network"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.0/24", "203.0.0.0/16"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32"),
        ("unix socket", "unknown", "unknown", "unknown"),
    ],
)
def test_who_reads(address, narrow, block, network):
    readings = Readings(SETTINGS)
    reader = stranger(readings, address)
    assert [(each.kind, each.text) for each in reader.names] == [
        ("address", narrow),
        ("block", block),
        ("network", network),
    ]
    assert narrow in {"unknown", network} or address not in [each.shown for each in reader.names]


def test_fresh_members_count_where_they_come_from():
    readings, scope = Readings(SETTINGS), {"client": (ADDRESS, 1), "headers": []}
    fresh = readings.reader(scope, AccountId(1), clock.now() - timedelta(days=6))
    older = readings.reader(scope, AccountId(1), clock.now() - timedelta(days=8))
    assert (fresh.group, [each.kind for each in fresh.names]) == ("fresh", ["account", "block", "network"])
    assert (older.group, [each.kind for each in older.names]) == ("member", ["account"])
    limits = []
    for days in range(8):
        joined_at = clock.now() - timedelta(days=days) + timedelta(minutes=1)
        limits.append(readings.reader(scope, AccountId(1), joined_at).names[0].limit)
    assert limits == [(1 + days) * SETTINGS.read_by_new_member_max for days in range(8)]
    assert fresh.names[0].limit < older.names[0].limit == SETTINGS.read_by_member_max


async def test_figures_tell_groups_readers_and_what_is_normal(services: Services, conn: Connection):
    database = services.database
    for day in range(3):
        with clock.shifted(timedelta(days=day - 3)):
            then = Readings(SETTINGS)
            await then.count(database, stranger(then), range(20 * (day + 1)))
            await then.note_misses(database, stranger(then), 4)
            await then.write_all(database)
    one, other = Readings(SETTINGS), Readings(SETTINGS)
    await one.count(database, stranger(one), range(100))
    await other.count(database, stranger(other, "198.51.100.1"), range(50, 150))
    await other.note_misses(database, stranger(other), 30)
    for readings in (one, other):
        await readings.write_all(database)
    today = (await reading_rows.groups_today(conn))["anonymous"]
    assert (abs(today.things - 150) <= 15, today.misses) == (True, 30)
    slots = await reading_rows.slots_since(conn, clock.now() - timedelta(minutes=6))
    assert abs(slots[0].things - 150) <= 15
    normal = await reading_rows.normal_of(conn, "anonymous")
    assert (normal.days, normal.misses_a_day) == (3, 4)
    assert abs(normal.things_a_day - 40) <= 4
    assert abs(normal.things_in_slot - 40) <= 4
    busiest = await reading_rows.busiest_readers(conn, clock.now() - timedelta(minutes=1))
    assert {each.kind for each in busiest} == {"address", "block", "network"}
    assert all(ip_network(each.shown) for each in busiest)
    assert not any(each.shown in {ADDRESS, f"{ADDRESS}/32"} for each in busiest)
    assert abs(busiest[0].slot_things - 100) <= 10
    guessing = await reading_rows.guessing_readers(conn, clock.now() - timedelta(minutes=1), 30)
    assert {each.kind for each in guessing} == {"address", "block", "network"}


async def test_rows_name_nobody_and_go(services: Services, conn: Connection):
    readings = Readings(SETTINGS)
    await readings.count(services.database, stranger(readings), range(30))
    await readings.write_all(services.database)
    rows = await conn.fetch_rows("select r.* from readings r")
    assert len(rows) == 3
    assert not any(ADDRESS in repr(tuple(row)) for row in rows)
    with clock.shifted(timedelta(days=2)):
        await reading_rows.delete_old_readings(conn, services)
        assert await conn.fetch_value("select count(*) from readings") == 0
        assert (await reading_rows.normal_of(conn, "anonymous")).days == 1
    with clock.shifted(timedelta(days=16)):
        await reading_rows.delete_old_readings(conn, services)
        assert await conn.fetch_value("select count(*) from reading_groups") == 0
