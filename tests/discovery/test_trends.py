"""Trends: by how many people, fading, never by one alone or by accounts made for it, and only what staff allow."""

from datetime import timedelta

import msgspec
import pytest

from parley.discovery import ranking
from parley.discovery.models import Kind
from parley.discovery.uses import note_uses
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.ids import new_id
from parley.kit.jobs import run_schedules
from parley.mastodon_api.entities.status import Status
from parley.mastodon_api.entities.tag import AdminTag, Tag
from parley.mastodon_api.entities.trend import (
    AdminPublisher,
    AdminTrendsLink,
    AdminTrendsStatus,
    TrendsLink,
)
from tests.discovery.world import make_card
from tests.identity.world import bearer, make_token
from tests.mastodon_api.answers import strictly
from tests.world import Member, join, make_cast, ok, refused, settle

TAGS, STATUSES, LINKS = (f"/api/v1/trends/{kind}" for kind in ("tags", "statuses", "links"))
ADMIN = "/api/v1/admin/trends"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, trends_need_approval=False)


@pytest.fixture
async def people(conn, client) -> list[Member]:
    """Six who have been here for weeks."""
    with clock.shifted(timedelta(days=-30)):
        cast = await make_cast(conn, client)
        others = [await join(conn, client, name) for name in ("dave", "erin", "fred")]
        return [cast.alice, cast.bob, cast.carol, *others]


async def rank(services) -> None:
    async with services.database.transaction() as conn:
        await ranking.rank_all(conn)


async def names(asker: Member, **query: str) -> list[str]:
    return [each["name"] for each in ok(await asker.get(TAGS, **query))]


async def say_all(people: list[Member], text: str, **more: str) -> None:
    for person in people:
        await person.says(text, **more)


async def test_tags_are_ranked_by_people_not_by_posts(people, services, conn, client):
    alice = people[0]
    await say_all(people[:4], "#Popular")
    await say_all(people[:3], "#known")
    await say_all([alice] * 12, "#shouted")
    await say_all(people[:2], "#few")
    newcomers = [await join(conn, client, f"new{number}") for number in range(5)]
    await say_all(newcomers, "#bought")
    await say_all([*people[:2], newcomers[0]], "#nearly")
    await settle(services)
    await rank(services)
    assert await names(alice) == ["Popular", "known"]
    shown = strictly(await alice.client.get(TAGS), list[Tag])
    assert (shown[0].history[0].accounts, shown[0].history[0].uses) == ("4", "4")
    assert ok(await alice.get("/api/v1/trends")) == ok(await alice.get(TAGS))

    await conn.execute("update accounts set limited_at = $2 where id = $1", people[2].id, clock.now())
    await rank(services)
    assert await names(alice) == ["Popular"], "a limited account has no voice"


async def test_trends_fade_and_what_is_always_said_stands_back(people, services, conn):
    alice = people[0]
    for days in range(2, 7):
        with clock.shifted(timedelta(days=-days)):
            await say_all(people[:5], "good morning #daily")
    with clock.shifted(timedelta(hours=-20)):
        await say_all(people[:5], "#yesterday")
    await say_all(people[:4], "#fresh")
    await say_all(people[:4], "#daily")
    await settle(services)
    await rank(services)
    assert await names(alice) == ["fresh", "daily", "yesterday"]
    with clock.shifted(timedelta(days=3)):
        await run_schedules(services)
        assert await names(alice) == []
        with clock.shifted(timedelta(days=10)):
            await run_schedules(services)
    assert await conn.fetch_value("select count(*) from usages") == 0
    assert await conn.fetch_value("select count(*) from usage_days") == 0


async def test_statuses_are_ranked_by_who_likes_and_boosts_them(people, services, conn):
    alice, bob, carol, dave, erin, fred = people
    good = await bob.says("well said")
    better = await carol.says("better said", language="de")
    second = await carol.says("also by carol")
    kept_out = [
        await dave.says("a reply", in_reply_to_id=good["id"]),
        await dave.says("quiet", visibility="unlisted"),
        await dave.says("folded", spoiler_text="careful"),
        await dave.says("a sensitive one", sensitive=True),
    ]
    for person in (alice, dave, erin):
        ok(await person.post(f"/api/v1/statuses/{good['id']}/favourite"))
        ok(await person.post(f"/api/v1/statuses/{second['id']}/favourite"))
        ok(await person.post(f"/api/v1/statuses/{good['id']}/reblog"))
    for person in (alice, dave, erin, fred):
        ok(await person.post(f"/api/v1/statuses/{better['id']}/favourite"))
        for each in kept_out:
            ok(await person.post(f"/api/v1/statuses/{each['id']}/favourite"))
    own = await erin.says("liked by its author, too")
    for person in (alice, bob, erin):
        ok(await person.post(f"/api/v1/statuses/{own['id']}/favourite"))
    await settle(services)
    await rank(services)
    shown = strictly(await alice.get(STATUSES), list[Status])
    assert [each.id for each in shown] == [better["id"], good["id"]], "one of each author"

    english = {**alice.headers, "accept-language": "en-GB,en;q=0.8"}
    ranked = ok(await alice.client.get(STATUSES, headers=english))
    assert [each["id"] for each in ranked] == [good["id"], better["id"]]
    part = await alice.client.get(STATUSES, params={"limit": 1}, headers=english)
    assert [each["id"] for each in ok(part)] == [good["id"]]
    rest = await alice.client.get(part.links["next"]["url"], headers=english)
    assert [each["id"] for each in ok(rest)] == [better["id"]]
    assert "next" not in rest.links

    ok(await alice.post(f"/api/v1/accounts/{bob.id}/block"))
    assert await alice.list_ids(STATUSES) == [better["id"]]
    assert await bob.list_ids(STATUSES) == [better["id"], good["id"]]
    ok(await erin.post(f"/api/v1/statuses/{better['id']}/unfavourite"))
    ok(await fred.post(f"/api/v1/statuses/{better['id']}/unfavourite"))
    ok(await carol.delete(f"/api/v1/statuses/{second['id']}"))
    await rank(services)
    assert await bob.list_ids(STATUSES) == [good["id"]]


async def test_links_are_ranked_with_their_cards(people, services, conn):
    card_id = await make_card(conn, "https://www.news.test/article")
    for person in people[:3]:
        await note_uses(conn, Kind.LINK, [card_id], person.id, new_id(person.id), "en")
    await rank(services)
    found = strictly(await people[0].get(LINKS), list[TrendsLink])
    assert [(each.title, each.history[0].accounts) for each in found] == [("An article", "3")]

    staff = await promoted(conn, people[5])
    publishers = strictly(await staff.get(f"{ADMIN}/links/publishers"), list[AdminPublisher])
    assert [(each.domain, each.requires_review) for each in publishers] == [("news.test", True)]
    path = f"{ADMIN}/links/publishers/{publishers[0].id}"
    assert strictly(await staff.post(f"{path}/reject"), AdminPublisher).trendable is False
    assert ok(await people[0].get(LINKS)) == []
    assert strictly(await staff.get(f"{ADMIN}/links"), list[AdminTrendsLink])[0].requires_review is False
    assert strictly(await staff.post(f"{ADMIN}/links/{card_id}/approve"), AdminTrendsLink).id == str(card_id)
    assert len(ok(await people[0].get(LINKS))) == 1, "a decision on the link itself goes first"
    strictly(await staff.post(f"{ADMIN}/links/{card_id}/reject"), AdminTrendsLink)
    strictly(await staff.post(f"{path}/approve"), AdminPublisher)
    assert ok(await people[0].get(LINKS)) == []
    for unknown in (f"{ADMIN}/links/77/approve", f"{ADMIN}/links/publishers/77/approve"):
        refused(await staff.post(unknown), 404)
    assert await conn.fetch_rows("select action, target_name from audit_entries order by id") == [
        ("publisher_trend.refuse", "news.test"),
        ("link_trend.allow", "https://www.news.test/article"),
        ("link_trend.refuse", "https://www.news.test/article"),
        ("publisher_trend.allow", "news.test"),
    ]


async def promoted(conn, member: Member, scopes: str = "read admin:read admin:write") -> Member:
    await conn.execute("update users set role = 'moderator' where account_id = $1", member.id)
    return msgspec.structs.replace(member, headers=bearer(await make_token(conn, member.id, scopes)))


class TestApproval:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, trends_need_approval=True)

    async def test_nothing_is_shown_that_staff_have_not_allowed(self, people, services, conn):
        alice = people[0]
        staff = await promoted(conn, people[5])
        await say_all(people[:4], "#first")
        await say_all(people[:3], "#second")
        liked = await people[1].says("to be liked")
        for person in (alice, people[2], people[3]):
            ok(await person.post(f"/api/v1/statuses/{liked['id']}/favourite"))
        await settle(services)
        await rank(services)
        assert [ok(await alice.get(path)) for path in (TAGS, STATUSES, LINKS)] == [[], [], []]

        waiting = strictly(await staff.get(f"{ADMIN}/tags"), list[AdminTag])
        assert [(each.name, each.requires_review, each.trendable) for each in waiting] == [
            ("first", True, False),
            ("second", True, False),
        ]
        approved = strictly(await staff.post(f"{ADMIN}/tags/{waiting[1].id}/approve"), AdminTag)
        assert (approved.requires_review, approved.trendable) == (False, True)
        assert await names(alice) == ["second"]
        strictly(await staff.post(f"{ADMIN}/tags/{waiting[0].id}/reject"), AdminTag)
        await rank(services)
        assert await names(alice) == ["second"], "a decision outlives the ranking"

        held = strictly(await staff.get(f"{ADMIN}/statuses"), list[AdminTrendsStatus])
        assert [(each.id, each.requires_review) for each in held] == [(liked["id"], True)]
        path = f"{ADMIN}/statuses/{liked['id']}"
        assert strictly(await staff.post(f"{path}/approve"), AdminTrendsStatus).requires_review is False
        assert await alice.list_ids(STATUSES) == [liked["id"]]
        strictly(await staff.post(f"{path}/reject"), AdminTrendsStatus)
        assert await alice.list_ids(STATUSES) == []
        logged = await conn.fetch_rows("select action, target_name from audit_entries order by id")
        assert [action for action, _ in logged] == [
            "tag_trend.allow",
            "tag_trend.refuse",
            "status_trend.allow",
            "status_trend.refuse",
        ]
        assert logged[0][1] == "#second"
        assert liked["id"] in logged[2][1]
        assert "to be liked" not in str(logged), "words of members are not kept there"

    async def test_only_staff_with_the_scope_decide(self, people, conn):
        alice, moderator = people[0], await promoted(conn, people[5])
        reader = await promoted(conn, people[5], "read write admin:read")
        member = msgspec.structs.replace(
            alice, headers=bearer(await make_token(conn, alice.id, "read admin:read admin:write"))
        )
        for kind in ("tags", "statuses", "links", "links/publishers"):
            refused(await alice.get(f"{ADMIN}/{kind}"), 403)
            refused(await member.get(f"{ADMIN}/{kind}"), 403)
            refused(await alice.client.get(f"{ADMIN}/{kind}"), 401)
            assert ok(await moderator.get(f"{ADMIN}/{kind}")) == []
            for act in ("approve", "reject"):
                refused(await member.post(f"{ADMIN}/{kind}/5/{act}"), 403)
                refused(await reader.post(f"{ADMIN}/{kind}/5/{act}"), 403)
                refused(await moderator.post(f"{ADMIN}/{kind}/5/{act}"), 404)


class TestSwitchedOff:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, trends=False)

    async def test_nothing_is_ranked_nor_shown(self, people, services, conn):
        await say_all(people[:4], "#popular")
        await settle(services)
        await run_schedules(services)
        assert await conn.fetch_value("select count(*) from trends") == 0
        await rank(services)
        assert ok(await people[0].get(TAGS)) == []
