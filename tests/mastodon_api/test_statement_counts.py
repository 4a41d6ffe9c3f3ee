"""Reading costs the same few statements however much there is to read: none of a list's, thread's or page's is per item."""

from datetime import timedelta

import httpx
import msgspec
import pytest

from parley.discovery.index_accounts import index_more_accounts
from parley.discovery.models import Kind, Trend
from parley.discovery.trend_queries import insert_trends
from parley.identity.queries import list_members
from parley.kit import clock
from parley.kit.services import Services
from parley.notifications.announcements import AnnouncementDraft, create_announcement
from tests.conftest import forget_caches
from tests.database import CountingConnection, counted
from tests.moderation.world import join_as
from tests.world import Cast, Member, join, make_cast, ok, settle

# The most that a full page asks: of a process that knows nothing, and of one that has just been asked the same.
# Whoever reads has filters, which takes four statements of lists of statuses the first time. Keys take one more, and
# what the index is made with another.
DOORS = {
    "/api/v1/timelines/home?limit=40": (10, 1),
    "/api/v1/timelines/public?limit=40": (9, 1),
    "/api/v1/timelines/tag/parley?limit=40": (10, 2),
    "/api/v1/timelines/list/{list}?limit=40": (11, 2),
    "/api/v1/accounts/{bob}/statuses?limit=40": (10, 1),
    "/api/v1/notifications?limit=40": (11, 1),
    "/api/v2/notifications?limit=40": (12, 2),
    "/api/v1/statuses/{root}/context": (14, 1),
    "/api/v1/statuses/{root}/favourited_by?limit=80": (7, 2),
    "/api/v1/statuses/{quoted}/quotes?limit=40": (12, 2),
    "/api/v1/scheduled_statuses?limit=40": (3, 2),
    "/api/v1/accounts/{alice}/following?limit=80": (5, 3),
    "/api/v1/followed_tags?limit=80": (5, 4),
    "/api/v1/trends/statuses?limit=40": (11, 1),
    "/api/v1/directory?limit=80": (4, 3),
    "/api/v1/favourites?limit=40": (10, 2),
    "/api/v1/bookmarks?limit=40": (10, 2),
    "/api/v2/filters": (4, 3),
    "/api/v1/filters": (4, 3),
    "/api/v1/domain_blocks": (1, 1),
    "/api/v1/announcements": (7, 4),
    "/api/v1/lists/{list}/accounts?limit=80": (4, 3),
    "/api/v1/accounts/search?q=person&limit=80": (9, 7),
    "/api/v2/search?q=person&type=accounts&limit=40": (9, 7),
    "/api/v2/search?q=talk&type=statuses&limit=40": (17, 6),
    "/api/v2/search?q=numb&type=statuses&limit=40": (17, 6),
    "/api/v2/search?q=number+from:bob&type=statuses&limit=40": (17, 7),
}


class Cost(msgspec.Struct, frozen=True):
    """Statements of the first and the second time, and how many items there were."""

    cold: int
    warm: int
    items: int


@pytest.fixture
async def cast(conn: CountingConnection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


class Town:
    """What alice reads: `grow` adds people who post, answer, like and are followed, listed and liked by her."""

    def __init__(self, conn: CountingConnection, services: Services, cast: Cast) -> None:
        self.conn = conn
        self.services = services
        self.cast = cast
        self.names: dict[str, str] = {"alice": cast.alice.wire_id, "bob": cast.bob.wire_id}

    async def found(self) -> None:
        alice = self.cast.alice
        self.names["root"] = (await alice.says("What do you say to #parley?"))["id"]
        self.names["quoted"] = (await self.cast.carol.says("worth quoting"))["id"]
        self.names["list"] = ok(await alice.post("/api/v1/lists", {"title": "All"}))["id"]
        await self.befriend(self.cast.bob)
        bob = self.cast.bob
        path = "/api/v1/accounts/update_credentials"
        ok(await bob.client.patch(path, json={"indexable": True}, headers=bob.headers))

    async def grow(self, people: int, posts_by_bob: int) -> None:
        for number in range(people):
            await self.befriend(await join(self.conn, self.cast.alice.client, f"person{number}of{people}"))
        await index_more_accounts(self.conn, 0)
        await list_members(self.conn, 1000)
        for number in range(posts_by_bob):
            await self.cast.bob.says(f"number {number}")
            # By somebody whom alice doesn't follow, and of their own: these stand in this list alone.
            await self.cast.carol.says(
                "quoting", quoted_status_id=self.names["quoted"], visibility="unlisted"
            )
            await self.wait(days=2 + number)
        await settle(self.services)

    async def wait(self, days: int) -> None:
        to, at = f"@{self.cast.bob.name}", (clock.now() + timedelta(days=days)).isoformat()
        body = {"status": f"{to} then", "scheduled_at": at, "visibility": "direct"}
        ok(await self.cast.alice.post("/api/v1/statuses", body))

    async def befriend(self, other: Member) -> None:
        alice = self.cast.alice
        await alice.follows(other)
        ok(await alice.post(f"/api/v1/lists/{self.names['list']}/accounts", {"account_ids": [other.wire_id]}))
        await other.says("@alice this", in_reply_to_id=self.names["root"])
        post = (await other.says("#parley is how we talk", poll={"options": ["a", "b"], "expires_in": 999}))[
            "id"
        ]
        ok(await other.post(f"/api/v1/statuses/{self.names['root']}/favourite"))
        ok(await alice.post(f"/api/v1/statuses/{post}/favourite"))
        ok(await alice.post(f"/api/v1/statuses/{post}/bookmark"))
        ok(await alice.post(f"/api/v1/tags/{other.name}/follow"))
        ok(await alice.post("/api/v1/domain_blocks", {"domain": f"{other.name}.example"}))
        body = {"phrase": f"{other.name} {other.name}", "context": ["home"]}
        ok(await alice.post("/api/v1/filters", body))
        draft = AnnouncementDraft(text=f"Welcome @{other.name}")
        await create_announcement(self.conn, self.services.settings, draft)
        await insert_trends(self.conn, Kind.STATUS, [Trend(int(post), 1.0, allowed=True)])

    async def costs(self) -> dict[str, Cost]:
        return {door: await self.cost_of(door.format(**self.names)) for door in DOORS}

    async def cost_of(self, path: str) -> Cost:
        # Who asks is remembered for some seconds, and a slow machine takes longer between two pages.
        ok(await self.ask("/api/v1/preferences"))
        forget_caches()
        with counted(self.conn) as cold:
            first = ok(await self.ask(path))
        with counted(self.conn) as warm:
            again = ok(await self.ask(path))
        assert first == again
        if "notification_groups" in first:
            first = first["notification_groups"]
        lists = [first] if isinstance(first, list) else first.values()
        return Cost(cold.statements, warm.statements, sum(len(each) for each in lists))

    async def ask(self, path: str) -> httpx.Response:
        return await self.cast.alice.client.get(path, headers=self.cast.alice.headers)


async def test_what_reading_costs_does_not_grow(conn, services, cast):
    town = Town(conn, services, cast)
    await town.found()
    await town.grow(people=2, posts_by_bob=1)
    few = await town.costs()
    await town.grow(people=57, posts_by_bob=40)
    many = await town.costs()
    for door, (cold, warm) in DOORS.items():
        assert few[door].items <= 9, door
        assert many[door].items >= 40, door
        # A page that is not full looks further back, so few may cost more than many; and never less, but for one key:
        # a short page holds a post of the reader's own, whose key her filters need as well.
        assert many[door].cold <= few[door].cold + 1, door
        assert many[door].warm <= few[door].warm, door
        assert many[door].cold <= cold, (door, many[door])
        assert many[door].warm <= warm, (door, many[door])


STAFF_DOORS = {
    "/api/v2/admin/accounts?limit=200": (6, 4),
    "/api/v1/admin/accounts?local=true&limit=200": (6, 4),
    "/api/v1/admin/reports?limit=200": (14, 10),
    "/api/v1/admin/email_domain_blocks?limit=200": (2, 2),
    "/api/v1/admin/ip_blocks?limit=200": (1, 1),
}


async def test_what_staff_read_costs_does_not_grow(conn, services, cast, client):
    boss = await join_as(conn, client, "boss", "admin")

    async def grow(start: int, end: int) -> None:
        for number in range(start, end):
            other = await join(conn, client, f"reported{number}")
            post = (await other.says("Look at this"))["id"]
            ok(await cast.alice.post("/api/v1/reports", {"account_id": other.wire_id, "status_ids": [post]}))
            ok(await boss.post("/api/v1/admin/email_domain_blocks", {"domain": f"d{number}.example"}))
            block = {"ip": f"192.0.2.{number}", "severity": "sign_up_block"}
            ok(await boss.post("/api/v1/admin/ip_blocks", block))

    async def costs() -> dict[str, Cost]:
        found = {}
        for door in STAFF_DOORS:
            # Who asks is remembered for some seconds.
            ok(await boss.get("/api/v1/preferences"))
            forget_caches()
            with counted(conn) as cold:
                first = ok(await boss.get(door))
            with counted(conn) as warm:
                assert ok(await boss.get(door)) == first
            found[door] = Cost(cold.statements, warm.statements, len(first))
        return found

    await grow(0, 3)
    few = await costs()
    await grow(3, 45)
    many = await costs()
    for door, (cold, warm) in STAFF_DOORS.items():
        assert many[door].items >= 40, door
        assert (many[door].cold, many[door].warm) == (few[door].cold, few[door].warm), door
        assert many[door].cold <= cold, (door, many[door])
        assert many[door].warm <= warm, (door, many[door])
