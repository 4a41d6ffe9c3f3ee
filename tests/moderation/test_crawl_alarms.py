"""Alarms about crawling, as staff, strangers and members meet them: through HTTP, minute by minute."""

import asyncio
import logging
import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from parley.cli.doctor import _of_crawling
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId, new_account_id
from parley.kit.jobs import registered_schedules
from parley.kit.mail import list_outbox
from parley.kit.services import Services
from parley.moderation import crawl_signs
from tests.identity.world import change_user
from tests.moderation.world import join_as
from tests.web.visitor import Visitor, member, text_of
from tests.world import Member, join, ok, refused

pytestmark = pytest.mark.usefixtures("at_noon")

POSTS = 120
BLOCKS = ("192.0.2", "198.51.100", "203.0.113")
ADDRESS = re.compile(r"(192\.0\.2|198\.51\.100|203\.0\.113)\.[1-9][0-9]*")
PUBLIC = "/api/v1/timelines/public"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(
        settings,
        rate_limits=True,
        trusted_proxies=("127.0.0.1",),
        crawl_alarm_floor=40,
        read_by_address_max=80,
    )


class Place(msgspec.Struct):
    """A server with staff, and with as many posts as a test needs."""

    app: Litestar
    conn: Connection
    client: httpx.AsyncClient
    services: Services
    boss: Member
    alice: Member
    posts: list[str]

    async def read(self, address: str, path: str = PUBLIC, **query: Any) -> httpx.Response:
        """As a stranger from there."""
        return await self.client.get(path, params=query, headers={"x-forwarded-for": address})

    async def minute(self) -> None:
        """What was read is written down, and the job looks at it."""
        await self.app.state.readings.write_all(self.services.database)
        watch = registered_schedules()["watch_for_crawling"]
        async with self.services.database.transaction() as conn:
            await watch.run(conn, self.services)

    async def alarms(self) -> dict[tuple[str, str], bool]:
        """(kind, readers) of all there are, and whether they are open."""
        rows = await self.conn.fetch_rows("select kind, readers, closed_at is null from crawl_alarms")
        return {(kind, readers): is_open for kind, readers, is_open in rows}

    async def actors(self) -> set[str]:
        rows = await self.conn.fetch_rows("select actors from crawl_alarms")
        return {each["name"] for (actors,) in rows for each in actors}

    async def mails(self) -> list[str]:
        return [each.text_body for each in await list_outbox(self.conn) if "Alarm" in each.subject]


@pytest.fixture
async def place(
    shared_app: Litestar, conn: Connection, client: httpx.AsyncClient, services: Services
) -> Place:
    boss = await join_as(conn, client, "boss", "admin")
    alice = await join(conn, client, "alice")
    for account_id in (boss.id, alice.id):
        await make_old(conn, account_id)
    posts = [(await alice.says(f"number {number}"))["id"] for number in range(POSTS)]
    return Place(shared_app, conn, client, services, boss, alice, posts)


async def make_old(conn: Connection, account_id: AccountId) -> None:
    """A member of long standing."""
    await change_user(conn, account_id, created_at=clock.now() - timedelta(days=400))
    await conn.execute(
        "update accounts set created_at = $2 where id = $1", account_id, clock.now() - timedelta(days=400)
    )


async def some_usual_days(place: Place) -> None:
    """On three days, some strangers read a first page now and then."""
    for days in (3, 2, 1):
        for hours in (0, 1, 2):
            with clock.shifted(timedelta(hours=hours, days=-days)):
                ok(await place.read(f"192.0.2.{hours}", limit=3))
                await place.minute()


async def test_who_asks_at_once_is_answered_after_the_alarm(place: Place) -> None:
    """Else everything could be out by the time that somebody has looked."""
    before: set[str] = set()

    async def reads(number: int) -> None:
        page = await place.read(f"198.51.100.{number}", limit=4, max_id=place.posts[4 * number + 3])
        async with place.services.database.reading() as conn:
            if not await conn.fetch_value("select count(*) from crawl_alarms"):
                before.update(each["id"] for each in ok(page))

    await asyncio.gather(*(reads(number) for number in range(29)))
    assert ("rush", "anonymous") in await place.alarms()
    assert len(before) <= 48


async def scrape(place: Place, addresses: int = 30) -> int:
    """Each address reads another part of the timeline; how many were let."""
    let = 0
    for number in range(addresses):
        address = f"{BLOCKS[number % 3]}.{number + 1}"
        answer = await place.read(address, max_id=place.posts[-1 - 4 * number], limit=4)
        assert answer.status_code in {200, 401}
        let += answer.status_code == 200
    return let


async def test_a_scrape_from_thirty_addresses(
    place: Place, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    caplog.set_level(logging.INFO)
    await some_usual_days(place)
    for number in range(5):
        ok(await place.read(f"192.0.2.{number + 100}", limit=10))
    await place.minute()
    assert await place.alarms() == {}
    deep = {"max_id": place.posts[50]}
    ok(await place.read("192.0.2.200", **deep))

    let = await scrape(place)
    assert 4 * let < 2 * settings.crawl_alarm_floor, "no minute has passed, and the rest is not to be had"
    assert ("rush", "anonymous") in await place.alarms()
    await place.minute()
    alarms = await place.alarms()
    assert alarms[("rush", "anonymous")] is True
    assert await place.actors() == {f"{block}.0/24" for block in BLOCKS}
    refused(await place.read("192.0.2.200", **deep), 401)
    ok(await place.read("192.0.2.200"))
    ok(await place.read("192.0.2.200", f"/api/v1/statuses/{place.posts[50]}"))
    ok(await place.alice.get(PUBLIC, **deep))
    front = Visitor(place.app, settings.base_url)
    assert (await front.get(f"/local?max_id={place.posts[50]}")).status_code == 303

    mails = await place.mails()
    assert len(mails) == len(alarms)
    with clock.shifted(timedelta(minutes=1)):
        await place.minute()
    assert await place.mails() == mails, "one mail an alarm"
    warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert any("crawl alarm: rush by anonymous" in each and "192.0.2.0/24" in each for each in warnings)
    stored = await place.conn.fetch_rows("select actors::text, figures::text from crawl_alarms")
    assert not ADDRESS.search(" ".join([*mails, caplog.text, str(stored)]).replace(".0/24", ".x"))
    (finding, *_) = await _of_crawling(place.conn, settings)
    assert finding.health == "warning"
    assert "strangers" in finding.said

    with clock.shifted(timedelta(minutes=50)):
        await place.minute()
        refused(await place.read("192.0.2.200", **deep), 401)
    with clock.shifted(timedelta(minutes=70)):
        await place.minute()
        assert set((await place.alarms()).values()) == {False}
        ok(await place.read("192.0.2.200", **deep))
        (finding,) = await _of_crawling(place.conn, settings)
        assert finding.health == "ok"


async def test_what_was_ready_is_given_though_nothing_can_be_written(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk, or a database that is lost in the middle: it is told once, and made up for."""
    await place.conn.execute("alter table readings add constraint full_disk check (misses < 0) not valid")
    assert await scrape(place) == 30
    assert await place.alarms() == {}
    for number in range(len(place.posts) // 40):
        answer = await place.read("192.0.2.99", limit=40, max_id=place.posts[-1 - 40 * number])
    assert answer.status_code == 429, "this process counts on by itself"
    told = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each.split(",")[0] for each in told] == [
        "what was read could not be written",
        "nobody could look whether somebody copies all there is",
    ]
    await place.conn.execute("alter table readings drop constraint full_disk")
    assert await scrape(place) < 30
    assert ("rush", "anonymous") in await place.alarms()


async def test_a_hundred_fresh_accounts(place: Place) -> None:
    crowd = [await join(place.conn, place.client, f"fresh{number}") for number in range(100)]
    for number, each in enumerate(crowd):
        ok(await each.get(f"/api/v1/statuses/{place.posts[number]}"))
    await place.minute()
    alarms = await place.alarms()
    assert {readers for _, readers in alarms} == {"fresh"}
    assert alarms[("share", "fresh")] is True
    assert await place.actors() <= {each.wire_id for each in crowd}
    ok(await place.read("192.0.2.7", max_id=place.posts[50]))
    ok(await crowd[0].get(PUBLIC, max_id=place.posts[50]))


async def test_a_usual_day_alarms_nobody(place: Place) -> None:
    await some_usual_days(place)
    for hour in range(4):
        with clock.shifted(timedelta(hours=hour)):
            for number in range(30):
                ok(await place.read(f"{BLOCKS[number % 3]}.{number + 1}", limit=20))
                ok(
                    await place.read(
                        f"{BLOCKS[number % 3]}.{number + 1}", "/api/v1/accounts/lookup", acct="alice"
                    )
                )
            for _ in range(20):
                ok(await place.alice.get("/api/v1/timelines/home"))
                ok(await place.alice.get(PUBLIC, limit=40))
            await place.minute()
    assert await place.alarms() == {}
    assert await place.mails() == []


async def test_guessing_ids(place: Place) -> None:
    for _ in range(crawl_signs.MISSES_LATELY):
        refused(await place.read("198.51.100.9", f"/api/v1/accounts/{new_account_id()}"), 404)
    await place.minute()
    assert await place.alarms() == {("guessing", "anonymous"): True}
    assert await place.actors() == {"198.51.100.0/24"}
    ok(await place.read("192.0.2.1", max_id=place.posts[50]))
    for block in range(4):
        for _ in range(crawl_signs.MISSES_LATELY):
            refused(await place.read(f"10.0.{block}.9", f"/api/v1/statuses/{new_account_id()}"), 404)
    await place.minute()
    assert await place.actors() > {"198.51.100.0/24", "10.0.0.0/24"}
    refused(await place.read("192.0.2.1", max_id=place.posts[50]), 401)


async def test_a_budget_used_up(place: Place) -> None:
    ok(await place.read("192.0.2.1", limit=40))
    for each in place.posts[:60]:
        answer = await place.read("192.0.2.1", f"/api/v1/statuses/{each}")
        assert answer.status_code in {200, 429}
    assert answer.status_code == 429
    await place.minute()
    assert (await place.alarms())[("budget", "anonymous")] is True
    assert "192.0.2.0/24" in await place.actors()
    # For the sake of one nobody else has to sign in.
    ok(await place.read("203.0.113.7", max_id=place.posts[50]))


async def test_what_staff_do(place: Place, settings: Settings) -> None:
    await scrape(place)
    await place.minute()
    moderator = await member(place.app, place.conn, settings.base_url, "mod", role="moderator")
    assert (await moderator.get("/admin/crawling")).status_code == 404
    chief = await member(place.app, place.conn, settings.base_url, "chief", role="admin")
    assert "about crawling" in text_of(await chief.open("/admin"))
    shown = text_of(await chief.open("/admin/crawling"))
    assert "203.0.113.0/24" in shown
    assert "An alarm has put it there" in shown
    assert not ADDRESS.search(shown.replace(".0/24", ".x"))
    deep = {"max_id": place.posts[50]}

    assert (await chief.send("/admin/crawling/wall", height="off", hours="0")).status_code == 422
    await chief.open("/admin/crawling")
    assert (await chief.send("/admin/crawling/wall", height="high", hours="1")).status_code == 422
    await chief.open("/admin/crawling")
    await chief.does("/admin/crawling/wall", height="off", hours="2")
    ok(await place.read("192.0.2.200", **deep))
    with clock.shifted(timedelta(hours=2, minutes=1)):
        refused(await place.read("192.0.2.200", **deep), 401)
    await chief.does("/admin/crawling/wall", height="all", hours="1")
    refused(await place.read("192.0.2.200"), 401)
    access = ok(await place.client.get("/api/v2/instance"))["configuration"]["timelines_access"]
    assert access["live_feeds"]["local"] == "authenticated"
    await chief.does("/admin/crawling/wall/leave")
    ok(await place.read("192.0.2.200"))
    refused(await place.read("192.0.2.200", **deep), 401)

    await chief.does("/admin/blocks/networks", ip="203.0.113.0/24")
    assert (await place.read("203.0.113.77")).status_code == 403
    assert "blocked" in text_of(await chief.open("/admin/crawling"))
    ids = [
        row[0] for row in await place.conn.fetch_rows("select id from crawl_alarms where closed_at is null")
    ]
    for alarm_id in ids:
        await chief.does(f"/admin/crawling/{alarm_id}/close")
    assert "Close the alarm" not in await chief.open("/admin/crawling")
    ok(await place.read("192.0.2.200", **deep))
    await place.minute()
    assert set((await place.alarms()).values()) == {False}, "staff have an hour's peace"
    log = text_of(await chief.open("/admin/log"))
    for said in (
        "put the sign-in wall to all until",
        "took down the sign-in wall put up by hand",
        "closed the alarm about",
    ):
        assert said in log, said
