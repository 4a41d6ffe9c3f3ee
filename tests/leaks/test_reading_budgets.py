"""Budgets of reading, as crawlers, guessers and honest members meet them at every door."""

import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from parley.asgi import make_application, state_of
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import new_account_id, new_id
from parley.kit.readings import Readings
from parley.kit.services import Services
from tests.conftest import client_of
from tests.identity.world import PASSWORD, change_user
from tests.web.visitor import Visitor, member, text_of
from tests.world import Member, join, ok, refused, settle

pytestmark = pytest.mark.usefixtures("at_noon")

BUDGET = 60
NEAR, SAME_BLOCK, FAR = "198.51.100.7", "198.51.100.8", "203.0.113.7"
PUBLIC, HOME = "/api/v1/timelines/public", "/api/v1/timelines/home"
OPEN_PAGES = (
    "/", "/about", "/privacy-policy", "/auth/sign_in", "/auth/sign_up", "/auth/forgot",
)  # fmt: skip


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(
        settings,
        rate_limits=True,
        trusted_proxies=("127.0.0.1",),
        read_by_address_max=BUDGET,
        read_by_block_max=3 * BUDGET,
        read_by_member_max=2 * BUDGET,
        read_by_new_member_max=BUDGET,
        misses_per_hour_max=20,
    )


@pytest.fixture
async def authors(conn: Connection, client: httpx.AsyncClient) -> list[Member]:
    """Two hundred posts of four people."""
    found = [await join(conn, client, name) for name in ("ann", "ben", "cleo", "dora")]
    for number in range(200):
        await found[number % 4].says(f"word {number}")
    return found


async def read(client: httpx.AsyncClient, address: str, path: str, **query: Any) -> httpx.Response:
    """As a stranger from there."""
    return await client.get(path, params=query or None, headers={"x-forwarded-for": address})


async def crawl(
    client: httpx.AsyncClient, address: str, last: str | None = None
) -> tuple[set[str], str | None]:
    """Down the local timeline until it is refused: what came, and where it ended."""
    came: set[str] = set()
    for _ in range(50):
        query = {"limit": 5, **({"max_id": last} if last else {})}
        answer = await read(client, address, PUBLIC, **query)
        if answer.status_code == 429:
            return came, last
        page = ok(answer)
        assert page, "all of it was read"
        came |= {each["id"] for each in page} | {each["account"]["id"] for each in page}
        last = page[-1]["id"]
    raise AssertionError("nobody stopped it")


async def test_a_stranger_reads_so_much_a_day_at_all_doors_together(
    client: httpx.AsyncClient, authors: list[Member]
) -> None:
    came, last = await crawl(client, NEAR)
    assert BUDGET * 0.75 <= len(came) <= BUDGET
    post = (await authors[0].list_ids(f"/api/v1/accounts/{authors[0].id}/statuses"))[0]
    ann = authors[0].wire_id
    api = (
        PUBLIC,
        f"/api/v1/statuses/{post}",
        f"/api/v1/statuses?id[]={post}",
        f"/api/v1/statuses/{post}/history",
        f"/api/v1/accounts/{ann}",
        f"/api/v1/accounts?id[]={ann}",
        f"/api/v1/accounts/{ann}/statuses",
        "/api/v1/accounts/lookup?acct=ann",
        f"/api/oembed?url=https://parley.test/@ann/{post}",
    )
    for path in api:
        answer = await read(client, NEAR, path)
        assert refused(answer, 429) == "This is as much as can be read from here in one day", path
        wait_seconds = int(answer.headers["retry-after"])
        assert 43_200 < wait_seconds < 60_000, "some time after midnight"
    for path in ("/local", "/@ann", f"/@ann/{post}", f"/@ann/{post}/embed", f"/@ann/{post}/edits"):
        page = await read(client, NEAR, path)
        assert page.status_code == 429, path
        assert "Members read on after signing in" in text_of(page.text)
        assert "retry-after" in page.headers
        assert "word " not in page.text
    for path in ("/about", "/auth/sign_in", "/api/v2/instance"):
        assert (await read(client, NEAR, path)).status_code == 200, path
    assert len(ok(await read(client, FAR, PUBLIC))) == 20
    with clock.shifted(timedelta(hours=12, minutes=10)):
        refused(await read(client, NEAR, PUBLIC, limit=1), 429)
    with clock.shifted(timedelta(seconds=wait_seconds)):
        ok(await read(client, NEAR, PUBLIC, limit=1))
    with clock.shifted(timedelta(hours=28)):
        assert len(ok(await read(client, NEAR, PUBLIC, max_id=last or ""))) == 20


async def test_the_way_in_stays_open_to_all_who_share_an_address(
    shared_app: Litestar,
    client: httpx.AsyncClient,
    conn: Connection,
    authors: list[Member],
    settings: Settings,
) -> None:
    """Of one address nothing more is left, then of its whole block."""
    old = await member(shared_app, conn, settings.base_url, "old")
    fresh = await member(shared_app, conn, settings.base_url, "fresh")
    await change_user(conn, old.id, created_at=clock.now() - timedelta(days=30))
    await conn.execute(
        "update accounts set created_at = $2 where id = $1", old.id, clock.now() - timedelta(days=30)
    )
    front = Visitor(shared_app, settings.base_url, "old")
    assert "word 199" in (await front.get("/")).text
    last = (await crawl(client, NEAR))[1]
    for address, helps in (
        (NEAR, "Members read on after signing in"),
        (SAME_BLOCK, "joined more than 7 days ago read on after signing in"),
    ):
        for visitor in (front, fresh):
            visitor.client.headers["x-forwarded-for"] = address
        for path in OPEN_PAGES:
            page = await front.get(path)
            assert (page.status_code, "<p>word " in page.text) == (200, False), path
        assert "posts are shown to members only: sign in, or come back in about" in text_of(
            await front.open("/")
        )
        refusal = await front.get("/local")
        assert "You can read on in about 1" in text_of(refusal.text)
        assert helps in text_of(refusal.text)
        front.page = await front.get(re.findall(r'href="(/auth/sign_in[^"]*)"', refusal.text)[-1])
        signed_in = await front.send("/auth/sign_in", name="old", password=PASSWORD)
        assert signed_in.headers["location"] == "/local", "and back to what was to be read"
        assert "word " in await front.open("/local")
        front = Visitor(shared_app, settings.base_url, "old")
        for host in range(20, 30):
            last = (await crawl(client, f"198.51.100.{host}", last))[1]
    told = text_of((await fresh.get("/local")).text)
    assert "by you or by others around you" in told
    assert "Your home, notifications and messages stay open. From 7 days after joining" in told


async def test_many_addresses_of_a_block_share_its_budget(
    client: httpx.AsyncClient, authors: list[Member]
) -> None:
    came: set[str] = set()
    last = None
    for host in range(1, 201):
        found, last = await crawl(client, f"198.51.100.{host}", last)
        came |= found
    assert 2 * BUDGET <= len(came) <= 3 * BUDGET
    assert len(ok(await read(client, FAR, PUBLIC))) == 20


async def test_another_process_knows_the_same_budget(
    client: httpx.AsyncClient, authors: list[Member], services: Services, shared_app: Litestar
) -> None:
    shared = msgspec.structs.replace(services, settings=msgspec.structs.replace(services.settings, workers=2))
    shared_app.state.update(state_of(shared))
    second = make_application(shared)
    async with client_of(second, services.settings.base_url) as other:
        came: set[str] = set()
        last: str | None = None
        stopped = 0
        for turn in range(60):
            asked = {"limit": 5, **({"max_id": last} if last else {})}
            answer = await read((client, other)[turn % 2], NEAR, PUBLIC, **asked)
            if answer.status_code == 429:
                stopped += 1
                continue
            page = ok(answer)
            came |= {each["id"] for each in page} | {each["account"]["id"] for each in page}
            last = page[-1]["id"]
        assert stopped > 20
        assert len(came) <= BUDGET


async def test_members_who_read_the_same_all_day_are_never_refused(
    client: httpx.AsyncClient, conn: Connection, authors: list[Member]
) -> None:
    with clock.shifted(timedelta(days=8)):
        reader = await join(conn, client, "reader")
        await reader.follows(authors[0])
    with clock.shifted(timedelta(days=8, minutes=6)):
        for _ in range(60):
            for path in (PUBLIC, "/api/v1/timelines/home", f"/api/v1/accounts/{authors[0].id}/statuses"):
                ok(await reader.get(path))
        assert refused(await _walked(reader), 429)
        ok(await reader.get("/api/v1/timelines/home"))
        ok(await reader.get("/api/v1/notifications"))
        assert (await reader.says("still here"))["content"] == "<p>still here</p>"


async def test_fresh_members_read_less_and_older_ones_more(
    client: httpx.AsyncClient, conn: Connection, authors: list[Member]
) -> None:
    fresh = await join(conn, client, "fresh")
    post = (await authors[0].list_ids(f"/api/v1/accounts/{authors[0].id}/statuses"))[0]
    assert refused(await _walked(fresh), 429)
    assert (await fresh.post(f"/api/v1/statuses/{post}/favourite")).status_code == 200, "acts are done"
    with clock.shifted(timedelta(days=8)):
        came = 0
        last = ""
        while (answer := await fresh.get(PUBLIC, limit=5, **({"max_id": last} if last else {}))).is_success:
            came += len(answer.json())
            last = answer.json()[-1]["id"]
        assert BUDGET < came <= 2 * BUDGET


async def test_following_all_of_them_is_no_way_around(
    shared_app: Litestar,
    client: httpx.AsyncClient,
    conn: Connection,
    authors: list[Member],
    services: Services,
) -> None:
    """A follow fills a home, and a list, with what somebody wrote: who has just joined reads that out of the same budget."""
    ann, ben, cleo, dora = authors
    settings = services.settings
    fresh, browser = (
        await join(conn, client, "fresh"),
        await member(shared_app, conn, settings.base_url, "hurried"),
    )
    for each in (ann, ben):
        await fresh.follows(each)
    listed = ok(await fresh.post("/api/v1/lists", {"title": "all"}))["id"]
    ok(await fresh.post(f"/api/v1/lists/{listed}/accounts", {"account_ids": [ann.wire_id, ben.wire_id]}))
    await settle(services)
    came = await fresh.list_ids(HOME, limit=40)
    came += await fresh.list_ids(HOME, limit=40, max_id=came[-1])
    assert len(came) > BUDGET
    refusals = [
        await fresh.get(PUBLIC),
        await fresh.get(f"/api/v1/timelines/list/{listed}"),
        await fresh.post(f"/api/v1/accounts/{cleo.id}/follow"),
        await fresh.post("/api/v1/tags/birds/follow"),
    ]
    assert [refused(each, 429) for each in refusals] == [
        "This is as much as can be read from here in one day"
    ] * 4
    assert len(await fresh.list_ids(HOME, limit=40)) == 40, "and nobody is shut out of their home"
    profile = await browser.get("/@dora")
    page = await browser.get("/local")
    while (older := re.search(r'href="(/local\?max_id=\d+)"', page.text)) and page.status_code == 200:
        page = await browser.get(older[1])
    assert page.status_code == 429
    browser.page = profile
    assert (await browser.send(f"/accounts/{dora.id}/follow")).status_code == 429
    assert (await browser.get("/home")).status_code == 200
    with clock.shifted(timedelta(days=8)):
        assert refused(await _walked(fresh), 429)
        ok(await fresh.post(f"/api/v1/accounts/{cleo.id}/follow"))
        await fresh.list_ids(HOME, limit=40)


async def _walked(reader: Member) -> httpx.Response:
    """The first refusal on the way down the local timeline."""
    last = ""
    for _ in range(50):
        answer = await reader.get(PUBLIC, limit=10, **({"max_id": last} if last else {}))
        if not answer.is_success:
            return answer
        last = answer.json()[-1]["id"]
    raise AssertionError("nobody stopped it")


async def test_the_page_for_members_says_what_stays_open(
    shared_app: Litestar,
    client: httpx.AsyncClient,
    conn: Connection,
    authors: list[Member],
    settings: Settings,
) -> None:
    reader = await member(shared_app, conn, settings.base_url, "reader")
    page = await reader.get("/local")
    for _ in range(20):
        older = re.search(r'href="(/local\?max_id=\d+)"', page.text)
        assert older is not None
        page = await reader.get(older[1])
        if page.status_code == 429:
            break
    assert "Your home, notifications and messages stay open" in text_of(page.text)
    for path in ("/home", "/notifications", "/messages", "/settings"):
        assert (await reader.get(path)).status_code == 200, path


async def test_who_guesses_names_is_sent_away_whether_or_not_the_next_is_right(
    client: httpx.AsyncClient, conn: Connection
) -> None:
    await join(conn, client, "ann")
    finger = "/.well-known/webfinger?resource=acct:{}@parley.test"
    told = [(await read(client, NEAR, finger.format(f"nobody{turn}"))).status_code for turn in range(22)]
    assert told == [404] * 20 + [429] * 2
    assert (await read(client, NEAR, finger.format("ann"))).status_code == 429
    assert (await read(client, SAME_BLOCK, finger.format("ann"))).status_code == 200
    for host in range(100, 110):
        for turn in range(19):
            await read(client, f"198.51.100.{host}", finger.format(f"nobody{turn}"))
    assert (await read(client, SAME_BLOCK, finger.format("ann"))).status_code == 429, (
        "the block has guessed enough"
    )
    assert (await read(client, FAR, finger.format("ann"))).status_code == 200
    with clock.shifted(timedelta(hours=1)):
        assert (await read(client, SAME_BLOCK, finger.format("ann"))).status_code == 200


GUESSES = (
    "/api/v1/statuses/{id}",
    "/api/v1/statuses?id[]={id}",
    "/api/v1/accounts/{id}",
    "/api/v1/accounts?id[]={id}",
    "/api/v1/polls/{id}",
    "/@ann/{id}",
    "/media/{id}/0123456789012345678901234567890123456789.webp",
)


@pytest.mark.parametrize("guess", GUESSES)
async def test_who_guesses_ids_is_sent_away_for_an_hour(
    client: httpx.AsyncClient, conn: Connection, shared_app: Litestar, guess: str
) -> None:
    ann = await join(conn, client, "ann")
    post = (await ann.says("found"))["id"]
    told = []
    for _ in range(30):
        guessed = new_account_id() if "accounts" in guess else new_id(ann.id)
        told.append((await read(client, NEAR, guess.format(id=guessed))).status_code)
    assert told == [200 if "id[]" in guess else 404] * 20 + [429] * 10
    for path in (f"/api/v1/statuses/{post}", f"/@ann/{post}"):
        answer = await read(client, NEAR, path)
        assert answer.status_code == 429, path
        assert 0 < int(answer.headers["retry-after"]) <= 3600
        assert (await read(client, SAME_BLOCK, path)).status_code == 200
    with clock.shifted(timedelta(hours=1)):
        ok(await read(client, NEAR, f"/api/v1/statuses/{post}"))
    readings: Readings = shared_app.state.readings
    await readings.write_all(shared_app.state.services.database)
    assert await conn.fetch_value("select max(misses) from readings where kind = 'block'") == 20
