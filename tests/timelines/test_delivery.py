"""Who finds what in their home and lists: delivery, its exceptions, and what fills or empties a timeline later."""

from datetime import timedelta

import msgspec
import pytest

from parley import worker
from parley.kit import clock
from parley.kit.ids import bucket_of
from parley.timelines import celebrities
from tests.world import join, make_cast, ok, settle

HOME = "/api/v1/timelines/home"
JOBS = worker.JOB_MODULES


@pytest.fixture
async def cast(conn, client):
    return await make_cast(conn, client)


async def test_a_conversation_reaches_who_follows_both_sides(cast, services, conn, client):
    dave = await join(conn, client, "dave")
    await cast.bob.follows(cast.alice)
    await dave.follows(cast.alice)
    await dave.follows(cast.carol)
    root = await cast.carol.says("a question")
    await settle(services)
    answer = await cast.alice.says("@carol an answer", in_reply_to_id=root["id"])
    own = await cast.alice.says("and to myself", in_reply_to_id=answer["id"])
    await settle(services)
    assert await cast.bob.list_ids(HOME) == [own["id"]]
    assert await dave.list_ids(HOME) == [own["id"], answer["id"], root["id"]]


async def test_boosts_arrive_unless_switched_off_and_once_on_a_page(cast, services, conn, client):
    dave = await join(conn, client, "dave")
    made = await cast.carol.says("worth boosting")
    for follower in (cast.bob, dave):
        await follower.follows(cast.alice)
    ok(await dave.post(f"/api/v1/accounts/{cast.alice.id}/follow", {"reblogs": False}))
    boost = ok(await cast.alice.post(f"/api/v1/statuses/{made['id']}/reblog"))
    await settle(services)
    assert await cast.bob.list_ids(HOME) == [boost["id"]]
    assert await dave.list_ids(HOME) == []
    await cast.bob.follows(cast.carol)
    await settle(services)
    assert await cast.bob.list_ids(HOME) == [boost["id"]]


async def test_own_blocks_and_mutes_empty_a_home_at_once(cast, services):
    await cast.bob.follows(cast.alice)
    await cast.bob.follows(cast.carol)
    muted = await cast.alice.says("from alice")
    boosted = ok(await cast.carol.post(f"/api/v1/statuses/{muted['id']}/reblog"))
    kept = await cast.carol.says("from carol")
    await settle(services)
    assert await cast.bob.list_ids(HOME) == [kept["id"], boosted["id"]]
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/mute"))
    assert await cast.bob.list_ids(HOME) == [kept["id"]]
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/unmute"))
    assert await cast.bob.list_ids(HOME) == [kept["id"], boosted["id"]]
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.carol.id}/block"))
    assert await cast.bob.list_ids(HOME) == [muted["id"]]


async def test_unfollowing_takes_out_and_following_fills(cast, services, conn):
    earlier = [(await cast.alice.says(f"post {number}"))["id"] for number in range(3)]
    await cast.bob.follows(cast.alice)
    await settle(services)
    assert await cast.bob.list_ids(HOME) == earlier[::-1]
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/unfollow"))
    assert await cast.bob.list_ids(HOME) == []
    await settle(services)
    rows = await conn.fetch_value(
        "select count(*) from home_entries where bucket = $1 and owner_id = $2",
        bucket_of(cast.bob.id),
        cast.bob.id,
    )
    assert rows == 0


async def test_lists_fill_and_an_exclusive_one_takes_its_members_out_of_the_home(cast, services):
    await cast.bob.follows(cast.alice)
    before = await cast.alice.says("before the list")
    made = ok(await cast.bob.post("/api/v1/lists", {"title": "friends"}))
    path = f"/api/v1/timelines/list/{made['id']}"
    ok(await cast.bob.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [cast.alice.wire_id]}))
    await settle(services)
    assert await cast.bob.list_ids(path) == [before["id"]]
    after = await cast.alice.says("after it")
    await settle(services)
    assert await cast.bob.list_ids(path) == [after["id"], before["id"]]
    assert await cast.bob.list_ids(HOME) == [after["id"], before["id"]]
    ok(await cast.bob.put(f"/api/v1/lists/{made['id']}", {"title": "friends", "exclusive": True}))
    only_here = await cast.alice.says("only in the list")
    await settle(services)
    assert (await cast.bob.list_ids(path))[0] == only_here["id"]
    assert only_here["id"] not in await cast.bob.list_ids(HOME)
    assert (await cast.carol.get(path)).status_code == 404


async def test_who_was_away_is_not_pushed_to_and_finds_a_home_made_anew(cast, services, conn):
    await cast.bob.follows(cast.alice)
    await settle(services)
    with clock.shifted(timedelta(days=20)):
        late = await cast.alice.says("said while bob was away")
        await settle(services)
        own = "select count(*) from home_entries where bucket = $1 and owner_id = $2"
        assert await conn.fetch_value(own, bucket_of(cast.bob.id), cast.bob.id) == 0
        services_seen = await cast.bob.get(HOME)
        assert services_seen.status_code == 200
        await settle(services)
        assert await cast.bob.list_ids(HOME) == [late["id"]]


async def test_a_celebritys_posts_are_merged_at_reading(cast, services, client, shared_app):
    from parley.asgi import state_of

    few = msgspec.structs.replace(services.settings, celebrity_threshold=1)
    services = msgspec.structs.replace(services, settings=few)
    shared_app.state.update(state_of(services))
    for follower in (cast.bob, cast.carol):
        await follower.follows(cast.alice)
    await settle(services)
    made = [(await cast.alice.says(f"to everybody {number}"))["id"] for number in range(3)]
    between = await cast.bob.says("bob's own")
    await settle(services)
    assert await cast.bob.list_ids(HOME) == [between["id"], *made[::-1]]
    assert await cast.bob.list_ids(HOME, limit="2") == [between["id"], made[2]]
    assert await cast.bob.list_ids(HOME, max_id=made[2]) == [made[1], made[0]]
    assert await cast.bob.list_ids(HOME, min_id=made[0], limit="2") == [made[2], made[1]]
    assert await cast.carol.list_ids(HOME) == made[::-1]
    shown = ok(await cast.bob.post("/api/v1/lists", {"title": "famous"}))
    ok(await cast.bob.post(f"/api/v1/lists/{shown['id']}/accounts", {"account_ids": [cast.alice.wire_id]}))
    later = await cast.alice.says("to the list, too")
    await settle(services)
    celebrities.clear()
    assert await cast.bob.list_ids(f"/api/v1/timelines/list/{shown['id']}") == [later["id"], *made[::-1]]


async def test_direct_words_go_to_those_they_mention(cast, services):
    for follower in (cast.bob, cast.carol):
        await follower.follows(cast.alice)
    secret = await cast.alice.says("@bob between us", visibility="direct")
    private = await cast.alice.says("for followers", visibility="private")
    await settle(services)
    assert await cast.bob.list_ids(HOME) == [private["id"], secret["id"]]
    assert await cast.carol.list_ids(HOME) == [private["id"]]


async def test_pages_follow_each_other_without_gap_or_repeat(cast, services):
    made = [(await cast.alice.says(f"post {number}"))["id"] for number in range(7)][::-1]
    found = []
    path = f"{HOME}?limit=3"
    for _ in range(4):
        answer = await cast.alice.get(path.removeprefix("https://parley.test"))
        found += [item["id"] for item in answer.json()]
        if "next" not in answer.links:
            break
        path = answer.links["next"]["url"]
    assert found == made
    newer = await cast.alice.get(HOME, min_id=made[5], limit="2")
    assert [item["id"] for item in newer.json()] == [made[3], made[4]]
    since = await cast.alice.get(HOME, since_id=made[5], limit="2")
    assert [item["id"] for item in since.json()] == [made[0], made[1]]
