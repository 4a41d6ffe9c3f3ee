"""Hashtags: looked at, followed into a home, featured on a profile, and counted by day and by people."""

from datetime import timedelta

import pytest

from parley.graph import followed_tags as following_tags
from parley.kit import clock
from parley.mastodon_api.entities.tag import FeaturedTag, Tag
from parley.timelines.backfill import rebuild_home
from tests.database import counted
from tests.mastodon_api.answers import strictly
from tests.world import join, make_cast, ok, refused, settle

HOME = "/api/v1/timelines/home"


@pytest.fixture
async def cast(conn, client):
    return await make_cast(conn, client)


async def test_a_tag_tells_a_week_of_use_and_keeps_its_first_spelling(cast, services):
    alice, bob = cast.alice, cast.bob
    with clock.shifted(timedelta(days=-2)):
        await alice.says("on the way #NightTrains")
        await alice.says("still #nighttrains and #NIGHTTRAINS")
        await bob.says("me too #nightTrains")
        await bob.says("not for everybody #nightTrains", visibility="unlisted")
        await settle(services)
    await alice.says("again #nighttrains")
    await settle(services)

    tag = strictly(await alice.get("/api/v1/tags/nightTRAINS"), Tag)
    assert (tag.name, tag.url) == ("NightTrains", "https://parley.test/tags/nighttrains")
    assert [(each.uses, each.accounts) for each in tag.history] == [
        ("1", "1"), ("0", "0"), ("3", "2"), ("0", "0"), ("0", "0"), ("0", "0"), ("0", "0"),
    ]  # fmt: skip
    assert tag.history[0].day == str(int(clock.today_start().timestamp()))
    assert (tag.following, tag.featuring) == (False, False)

    nobody = ok(await alice.client.get("/api/v1/tags/nighttrains"))
    assert nobody["id"] == tag.id
    assert "following" not in nobody
    unused = ok(await alice.get("/api/v1/tags/Nobody_Used_It"))
    assert (unused["name"], {each["uses"] for each in unused["history"]}) == ("Nobody_Used_It", {"0"})
    for wrong in ("123", "a b", "a-b", "x" * 101, "%20"):
        refused(await alice.get(f"/api/v1/tags/{wrong}"), 404)
        refused(await alice.post(f"/api/v1/tags/{wrong}/follow"), 404)


async def test_an_edited_tag_counts_and_arrives(cast, services):
    made = await cast.alice.says("no tag yet")
    ok(await cast.bob.post("/api/v1/tags/late/follow"))
    await settle(services)
    ok(await cast.alice.put(f"/api/v1/statuses/{made['id']}", {"status": "now #Late"}))
    await settle(services)
    assert await cast.bob.list_ids(HOME) == [made["id"]]
    tag = ok(await cast.bob.get("/api/v1/tags/late"))
    assert (tag["name"], tag["history"][0]["uses"]) == ("Late", "1")


async def test_a_followed_tag_brings_public_posts_into_the_home(cast, services, conn, client):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await bob.follows(carol)
    before = await alice.says("before #Tea")
    await settle(services)
    tag = strictly(await bob.post("/api/v1/tags/TEA/follow"), Tag)
    assert tag.following is True
    ok(await bob.post("/api/v1/tags/tea/follow"))
    await settle(services)
    assert await bob.list_ids(HOME) == [before["id"]]

    after = await alice.says("after #tea and #coffee")
    both = await carol.says("a friend's #tea")
    own = await bob.says("mine #tea")
    for visibility in ("unlisted", "private"):
        await alice.says("hush #tea", visibility=visibility)
    boost = ok(await alice.post(f"/api/v1/statuses/{both['id']}/reblog"))
    await settle(services)
    wanted = [own["id"], both["id"], after["id"], before["id"]]
    assert await bob.list_ids(HOME) == wanted
    assert boost["id"] not in await bob.list_ids(HOME)
    assert await alice.list_ids(HOME, limit=1) == [boost["id"]], "who follows no tag is not pushed to"

    ok(await bob.post(f"/api/v1/accounts/{alice.id}/mute"))
    assert await bob.list_ids(HOME) == [own["id"], both["id"]]
    ok(await bob.post(f"/api/v1/accounts/{alice.id}/unmute"))
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/block"))
    assert await bob.list_ids(HOME) == [own["id"], both["id"]]
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/unblock"))

    await settle(services)
    later = await alice.says("unblocked #tea")
    await settle(services)
    ok(await bob.post("/api/v1/tags/coffee/follow"))
    await settle(services)
    ok(await bob.post("/api/v1/tags/tea/unfollow"))
    assert await bob.list_ids(HOME) == [own["id"], both["id"], after["id"]], (
        "hidden at once, but what #coffee holds"
    )
    await settle(services)
    assert await bob.list_ids(HOME) == [own["id"], both["id"], after["id"]]
    assert later["id"] not in await bob.list_ids(HOME)
    assert strictly(await bob.post("/api/v1/tags/tea/unfollow"), Tag).following is False


async def test_limited_authors_and_exclusive_lists_stay_out_of_the_home(cast, services, conn, client):
    alice, bob = cast.alice, cast.bob
    ok(await bob.post("/api/v1/tags/tea/follow"))
    await bob.follows(alice)
    made = ok(await bob.post("/api/v1/lists", {"title": "Apart", "exclusive": True}))
    ok(await bob.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [alice.wire_id]}))
    await settle(services)
    await alice.says("on a list #tea")
    await cast.carol.says("limited #tea")
    await conn.execute("update accounts set limited_at = $2 where id = $1", cast.carol.id, clock.now())
    await conn.execute("update account_counts set version = version + 1 where account_id = $1", cast.carol.id)
    await settle(services)
    assert await bob.list_ids(HOME) == []


async def test_followed_tags_are_asked_for_when_a_stranger_is_there(cast, services, conn):
    ok(await cast.bob.post("/api/v1/tags/tea/follow"))
    await cast.bob.follows(cast.carol)
    await cast.carol.says("from a friend #tea")
    await settle(services)
    ok(await cast.bob.get(HOME, limit=1))
    with counted(conn) as friends_only:
        ok(await cast.bob.get(HOME, limit=1))
    await cast.alice.says("from a stranger #tea")
    await settle(services)
    with counted(conn) as first:
        assert len(ok(await cast.bob.get(HOME, limit=2))) == 2
    with counted(conn) as again:
        assert len(ok(await cast.bob.get(HOME, limit=2))) == 2
    assert friends_only.statements == again.statements == 1 < first.statements


async def test_followed_tags_are_paged_by_the_follow(cast, monkeypatch):
    bob = cast.bob
    for name in ("One", "two", "three"):
        ok(await bob.post(f"/api/v1/tags/{name}/follow"))
    first = await bob.get("/api/v1/followed_tags", limit=2)
    assert [each["name"] for each in ok(first)] == ["three", "two"]
    assert all(each["following"] for each in first.json())
    following = await bob.client.get(first.links["next"]["url"], headers=bob.headers)
    assert [each["name"] for each in ok(following)] == ["one"]
    assert "next" not in following.links
    newer = await bob.client.get(following.links["prev"]["url"], headers=bob.headers)
    assert [each["name"] for each in ok(newer)] == ["three", "two"]
    assert ok(await cast.alice.get("/api/v1/followed_tags")) == []

    monkeypatch.setattr(following_tags, "FOLLOWED_TAGS_MAX", 3)
    assert "as many tags" in refused(await bob.post("/api/v1/tags/four/follow"), 422)
    ok(await bob.post("/api/v1/tags/one/follow"))


async def test_whoever_returns_finds_what_their_tags_brought_meanwhile(cast, services, conn):
    ok(await cast.bob.post("/api/v1/tags/tea/follow"))
    await settle(services)
    await conn.execute("update users set last_active_on = '2020-01-01' where account_id = $1", cast.bob.id)
    made = await cast.alice.says("while away #tea")
    await settle(services)
    rows = await conn.fetch_column("select status_id from home_entries where owner_id = $1", cast.bob.id)
    assert rows == []
    await rebuild_home(conn, cast.bob.id)
    assert await cast.bob.list_ids(HOME) == [made["id"]]


async def test_featured_tags_stand_on_the_profile_with_their_counts(cast, services):
    alice, bob = cast.alice, cast.bob
    with clock.shifted(timedelta(days=-1)):
        await alice.says("one #Garden")
        await alice.says("hush #garden", visibility="unlisted")
        await settle(services)
    made = strictly(await alice.post("/api/v1/featured_tags", {"name": "#Garden"}), FeaturedTag)
    assert (made.name, made.statuses_count) == ("Garden", "1")
    assert made.url == "https://parley.test/@alice/tagged/garden"
    assert made.last_status_at == (clock.now() - timedelta(days=1)).date().isoformat()
    assert strictly(await alice.post("/api/v1/featured_tags", {"name": "garden"}), FeaturedTag).id == made.id

    second = await alice.says("two #garden")
    await settle(services)
    seen = strictly(await bob.get(f"/api/v1/accounts/{alice.id}/featured_tags"), list[FeaturedTag])
    assert [(each.statuses_count, each.last_status_at) for each in seen] == [
        ("2", clock.now().date().isoformat())
    ]
    ok(await alice.delete(f"/api/v1/statuses/{second['id']}"))
    await settle(services)
    assert ok(await alice.get("/api/v1/featured_tags"))[0]["statuses_count"] == "1"
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/block"))
    assert ok(await bob.get(f"/api/v1/accounts/{alice.id}/featured_tags")) == []

    tag_id = ok(await alice.get("/api/v1/tags/garden"))["id"]
    assert strictly(await alice.post(f"/api/v1/tags/{tag_id}/unfeature"), Tag).featuring is False
    assert ok(await alice.get("/api/v1/featured_tags")) == []
    assert [each["name"] for each in ok(await alice.get("/api/v1/featured_tags/suggestions"))] == ["Garden"]
    assert strictly(await alice.post(f"/api/v1/tags/{tag_id}/feature"), Tag).featuring is True
    assert ok(await alice.get("/api/v1/featured_tags/suggestions")) == []
    refused(await alice.post("/api/v1/tags/4611686018427387905/feature"), 404)

    featured_id = ok(await alice.get("/api/v1/featured_tags"))[0]["id"]
    refused(await bob.delete(f"/api/v1/featured_tags/{featured_id}"), 404)
    assert ok(await alice.delete(f"/api/v1/featured_tags/{featured_id}")) == {}
    assert "Tag is invalid" in refused(await alice.post("/api/v1/featured_tags", {"name": "12 3"}), 422)
    for number in range(10):
        ok(await alice.post("/api/v1/featured_tags", {"name": f"tag{number}"}))
    assert "as many tags" in refused(await alice.post("/api/v1/tags/eleventh/feature"), 422)


async def test_many_who_use_a_tag_at_once_are_counted_each(cast, services, conn, client):
    """In more rows than one, and exactly."""
    people = [await join(conn, client, f"person{number}") for number in range(12)]
    for person in people:
        await person.says("all of us #Parade")
    await settle(services)
    today = ok(await cast.alice.get("/api/v1/tags/parade"))["history"][0]
    assert (today["uses"], today["accounts"]) == ("12", "12")
    assert await conn.fetch_value("select count(*) from usage_days") > 1
