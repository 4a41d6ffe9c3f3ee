"""What streams bring, and to whom: every event reaches those it is for, and nobody else.

That somebody gets nothing is shown by what they get next: messages are worked through in order.
"""

import json

import msgspec
import pytest

from parley.graph.models import REPLIES_POLICIES
from parley.kit.ids import StatusId
from parley.mastodon_api import live_events
from parley.mastodon_api.entities.notification import Notification
from parley.mastodon_api.entities.status import Status
from parley.timelines import fan_out
from parley.timelines.live import StatusDelivered
from tests.database import counted
from tests.identity.world import make_token
from tests.mastodon_api.stream_readers import lines, socket
from tests.mastodon_api.streaming_world import app, befriend, cast, hub, says, services
from tests.world import join, ok, settle

__all__ = ["app", "cast", "hub", "services"]


async def test_a_post_reaches_its_author_and_followers_and_is_complete(services, app, cast):
    await befriend(services, (cast.bob, cast.alice))
    async with (
        socket(app, cast.alice.headers, stream="user") as alice,
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as carol,
    ):
        said = await says(services, cast.alice, "Good morning #all")
        for reader, member in ((alice, cast.alice), (bob, cast.bob)):
            stream, event, payload = await reader.event()
            assert (stream, event) == (["user"], "update")
            assert payload == ok(await member.get(f"/api/v1/statuses/{said['id']}"))
            msgspec.convert(payload, Status)
        own = await says(services, cast.carol, "mine")
        assert (await carol.event())[2]["id"] == own["id"]


async def test_a_private_post_reaches_followers_alone_and_blocked_or_muted_nobody(
    services, app, cast, conn, client
):
    dave = await join(conn, client, "dave")
    await befriend(services, (cast.bob, cast.alice), (cast.carol, cast.alice), (dave, cast.alice))
    ok(await cast.carol.post(f"/api/v1/accounts/{cast.alice.id}/mute"))
    ok(await cast.alice.post(f"/api/v1/accounts/{dave.id}/block"))
    await settle(services)
    async with (
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as carol,
        socket(app, dave.headers, stream="user") as blocked,
        socket(app, cast.carol.headers, stream="public") as public,
    ):
        said = await says(services, cast.alice, "among us", visibility="private")
        shouted = await says(services, cast.alice, "to all")
        assert [(await bob.event())[2]["id"] for _ in range(2)] == [said["id"], shouted["id"]]
        for reader, member in ((carol, cast.carol), (blocked, dave)):
            own = await says(services, member, "own")
            assert (await reader.event())[2]["id"] == own["id"]
        assert (await public.event())[2]["content"] == "<p>own</p>"


async def test_direct_words_reach_whom_they_mention(services, app, cast):
    await befriend(services, (cast.bob, cast.alice), (cast.carol, cast.alice))
    async with (
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as carol,
        socket(app, cast.carol.headers, stream="public") as public,
    ):
        said = await says(services, cast.alice, "@bob a secret", visibility="direct")
        seen = [(await bob.event())[1:] for _ in range(2)]
        assert {event for event, _ in seen} == {"update", "notification"}
        assert all(said["id"] in json.dumps(payload) for _, payload in seen)
        shouted = await says(services, cast.alice, "no secret")
        for reader in (carol, public):
            assert (await reader.event())[2]["id"] == shouted["id"]


async def test_edits_and_deletions_reach_those_who_have_the_post(services, app, cast):
    await befriend(services, (cast.bob, cast.alice))
    said = await says(services, cast.alice, "frist #post")
    async with (
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as stranger,
        socket(app, cast.carol.headers, stream="public:local") as public,
        socket(app, cast.carol.headers, stream="hashtag", tag="post") as tag,
        socket(app, cast.carol.headers, stream="hashtag", tag="other") as other,
    ):
        path = f"/api/v1/statuses/{said['id']}"
        ok(await cast.alice.put(path, {"status": "first #post"}))
        await settle(services)
        for reader in (bob, public, tag):
            _, event, payload = await reader.event()
            assert (event, payload["id"]) == ("status.update", said["id"])
            assert payload["content"].startswith("<p>first")
        ok(await cast.alice.delete(path))
        await settle(services)
        for reader in (bob, public, tag):
            assert (await reader.event())[1:] == ("delete", said["id"])
        later = await says(services, cast.carol, "#other")
        for reader in (stranger, other):
            assert (await reader.event())[2]["id"] == later["id"]


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct"])
async def test_an_edit_of_what_is_not_for_everybody_is_not_told_to_all(services, app, cast, visibility):
    await befriend(services, (cast.bob, cast.alice))
    said = await says(services, cast.alice, "@bob among us #post", visibility=visibility)
    async with (
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="public") as public,
        socket(app, cast.carol.headers, stream="hashtag", tag="post") as tag,
    ):
        ok(await cast.alice.put(f"/api/v1/statuses/{said['id']}", {"status": "@bob still among us #post"}))
        await settle(services)
        assert (await bob.event())[1] == "status.update"
        later = await says(services, cast.alice, "#post")
        for reader in (public, tag):
            assert (await reader.event())[2]["id"] == later["id"]


async def test_a_private_deletion_is_told_to_nobody_else(services, app, cast):
    await befriend(services, (cast.bob, cast.alice))
    said = await says(services, cast.alice, "among us #post", visibility="private")
    async with (
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="public") as public,
        socket(app, cast.carol.headers, stream="hashtag", tag="post") as tag,
    ):
        ok(await cast.alice.delete(f"/api/v1/statuses/{said['id']}"))
        await settle(services)
        assert (await bob.event())[1:] == ("delete", said["id"])
        later = await says(services, cast.alice, "#post")
        for reader in (public, tag):
            assert (await reader.event())[2]["id"] == later["id"]


async def test_a_boost_comes_and_is_taken_back(services, app, cast):
    await befriend(services, (cast.bob, cast.alice))
    said = await says(services, cast.carol, "worth it")
    async with (
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.bob.headers, stream="public") as public,
    ):
        boost = ok(await cast.alice.post(f"/api/v1/statuses/{said['id']}/reblog"))
        await settle(services)
        _, event, payload = await bob.event()
        assert (event, payload["id"], payload["reblog"]["id"]) == ("update", boost["id"], said["id"])
        ok(await cast.alice.post(f"/api/v1/statuses/{said['id']}/unreblog"))
        await settle(services)
        assert (await bob.event())[1:] == ("delete", boost["id"])
        later = await says(services, cast.carol, "and this")
        assert (await public.event())[2]["id"] == later["id"]


async def test_notifications_come_to_whom_they_are_for_if_the_token_may_read_them(services, app, cast, conn):
    narrow = {"authorization": f"Bearer {(await make_token(conn, cast.alice.id, 'read:statuses')).bearer}"}
    only = {"authorization": f"Bearer {(await make_token(conn, cast.alice.id, 'read:notifications')).bearer}"}
    async with (
        socket(app, cast.alice.headers, stream="user") as user,
        socket(app, only, stream="user:notification") as notifications,
        socket(app, narrow, stream="user") as without,
        socket(app, cast.bob.headers, stream="user") as bob,
    ):
        await befriend(services, (cast.bob, cast.alice))
        for reader, name in ((user, "user"), (notifications, "user:notification")):
            stream, event, payload = await reader.event()
            assert (stream, event, payload["type"]) == ([name], "notification", "follow")
            assert payload["account"]["id"] == cast.bob.wire_id
            msgspec.convert(payload, Notification)
        said = await says(services, cast.bob, "@alice hello")
        for reader in (user, notifications):
            _, event, payload = await reader.event()
            assert (event, payload["type"], payload["status"]["id"]) == (
                "notification",
                "mention",
                said["id"],
            )
        assert (await bob.event())[2]["id"] == said["id"]
        own = await says(services, cast.alice, "I am here")
        assert (await without.event())[2]["id"] == own["id"]


async def test_streams_for_everybody_show_what_their_lists_show(services, app, cast):
    await befriend(services, (cast.carol, cast.bob))
    async with (
        socket(app, cast.carol.headers, stream="public") as public,
        socket(app, cast.carol.headers, stream="public:local") as local,
        socket(app, cast.carol.headers, stream="hashtag", tag="Tea") as tag,
        socket(app, cast.carol.headers, stream="public:remote") as remote,
        socket(app, cast.carol.headers, stream="public:media") as media,
    ):
        first = await says(services, cast.alice, "I like #tea")
        answer = await says(services, cast.bob, "@alice #TEA too", in_reply_to_id=first["id"])
        await says(services, cast.bob, "not for all #tea", visibility="unlisted")
        own = await says(services, cast.bob, "and on it goes", in_reply_to_id=answer["id"])
        for reader in (public, local):
            assert [(await reader.event())[2]["id"] for _ in range(2)] == [first["id"], own["id"]]
        for wanted in (first, answer):
            stream, _, payload = await tag.event()
            assert (stream, payload["id"]) == (["hashtag", "Tea"], wanted["id"])
        for reader in (remote, media):
            await reader.settled()


@pytest.mark.parametrize("policy", REPLIES_POLICIES)
async def test_a_list_shows_its_members(services, app, cast, policy):
    await befriend(services, (cast.bob, cast.alice), (cast.bob, cast.carol))
    made = ok(await cast.bob.post("/api/v1/lists", {"title": "Tea", "replies_policy": policy}))
    ok(await cast.bob.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [cast.alice.wire_id]}))
    async with socket(app, cast.bob.headers, stream="list", list=made["id"]) as reader:
        theirs = await says(services, cast.carol, "not on it")
        said = await says(services, cast.alice, "on it")
        stream, event, payload = await reader.event()
        assert (stream, event, payload["id"]) == (["list", made["id"]], "update", said["id"])
        answer = await says(services, cast.alice, "@carol yes", in_reply_to_id=theirs["id"])
        later = await says(services, cast.alice, "later")
        wanted = [later["id"]] if policy == "none" else [answer["id"], later["id"]]
        assert [(await reader.event())[2]["id"] for _ in wanted] == wanted


async def test_one_socket_may_have_the_same_post_by_several_streams(services, app, cast):
    async with socket(app, cast.alice.headers) as alice:
        alice.subscribe("user")
        alice.subscribe("public")
        alice.subscribe("hashtag", tag="one")
        await alice.settled()
        said = await says(services, cast.alice, "#one")
        events = [await alice.event() for _ in range(3)]
        assert sorted(stream for stream, _, _ in events) == [["hashtag", "one"], ["public"], ["user"]]
        assert {payload["id"] for _, _, payload in events} == {said["id"]}
        for name, more in (("public", {}), ("hashtag", {"tag": "ONE"})):
            alice.unsubscribe(name, **more)
        await alice.settled()
        again = await says(services, cast.alice, "#one more")
        assert (await alice.event())[2]["id"] == again["id"]
        await alice.settled()


async def test_an_application_reads_what_everybody_may(services, app, cast, conn):
    issued = await make_token(conn, None, "read")
    async with socket(app, {"authorization": f"Bearer {issued.bearer}"}, stream="public") as reader:
        said = await says(services, cast.alice, "to all")
        _, _, payload = await reader.event()
        assert payload["id"] == said["id"]
        assert "favourited" not in payload


async def test_what_viewers_did_themselves_is_theirs_alone(services, app, cast):
    """One payload is shared by those to whom a post is the same, and by nobody else."""
    await befriend(services, (cast.bob, cast.alice), (cast.carol, cast.alice))
    said = await says(services, cast.alice, "vote", poll={"options": ["a", "b"], "expires_in": 600})
    path = f"/api/v1/statuses/{said['id']}"
    ok(await cast.bob.post(f"{path}/bookmark"))
    ok(await cast.carol.post(f"/api/v1/polls/{said['poll']['id']}/votes", {"choices": [1]}))
    async with (
        socket(app, cast.alice.headers, stream="user") as alice,
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as carol,
    ):
        ok(
            await cast.alice.put(
                path, {"status": "Vote!", "poll": {"options": ["a", "b"], "expires_in": 600}}
            )
        )
        await settle(services)
        for reader, member in ((alice, cast.alice), (bob, cast.bob), (carol, cast.carol)):
            _, event, payload = await reader.event()
            assert (event, payload) == ("status.update", ok(await member.get(path)))


async def test_a_delivery_in_slices_reaches_each_reader_once(services, app, cast, conn, monkeypatch):
    monkeypatch.setattr(fan_out, "FOLLOWERS_PER_STEP", 1)
    await befriend(services, (cast.bob, cast.alice), (cast.carol, cast.alice))
    async with (
        socket(app, cast.alice.headers, stream="user") as alice,
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as carol,
        socket(app, cast.carol.headers, stream="public") as public,
    ):
        for text in ("one", "two"):
            said = await says(services, cast.alice, text)
            for reader in (alice, bob, carol, public):
                assert (await reader.event())[2]["id"] == said["id"]


async def test_a_celebrity_is_heard_by_followers_though_nothing_is_written(services, app, cast, conn):
    await befriend(services, (cast.bob, cast.alice))
    await conn.execute("insert into celebrities (account_id, since) values ($1, now())", cast.alice.id)
    asked = await says(services, cast.carol, "a question")
    async with (
        socket(app, cast.alice.headers, stream="user") as alice,
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as carol,
    ):
        answer = await says(services, cast.alice, "@carol an answer", in_reply_to_id=asked["id"])
        said = await says(services, cast.alice, "to all")
        assert [(await alice.event())[2]["id"] for _ in range(2)] == [answer["id"], said["id"]]
        assert (await bob.event())[2]["id"] == said["id"]
        assert (await carol.event())[1] == "notification"


async def test_lines_bring_the_same(services, app, cast):
    await befriend(services, (cast.bob, cast.alice))
    async with (
        lines(app, "user", cast.bob.headers) as bob,
        lines(app, "hashtag/local", cast.carol.headers, tag="tea") as tag,
        lines(app, "user/notification", cast.alice.headers) as notifications,
    ):
        said = await says(services, cast.alice, "#tea\n\nfor two")
        assert await bob.event() == ("update", ok(await cast.bob.get(f"/api/v1/statuses/{said['id']}")))
        assert (await tag.event())[1]["id"] == said["id"]
        ok(await cast.bob.post(f"/api/v1/statuses/{said['id']}/favourite"))
        await settle(services)
        name, payload = await notifications.event()
        assert (name, payload["type"]) == ("notification", "favourite")
        ok(await cast.alice.delete(f"/api/v1/statuses/{said['id']}"))
        await settle(services)
        assert await bob.event() == ("delete", int(said["id"]))


async def test_a_post_costs_the_same_statements_however_many_read(services, app, cast, conn, client, hub):
    readers = [await join(conn, client, f"reader{number}") for number in range(12)]
    await befriend(services, *((reader, cast.alice) for reader in readers))
    said = await says(services, cast.alice, "counted")
    news = StatusDelivered(StatusId(int(said["id"])), cast.alice.id, everybody=True)
    costs = []
    for some in (readers[:2], readers):
        sockets = [socket(app, each.headers, stream=name) for each in some for name in ("user", "public")]
        opened = [await each.__aenter__() for each in sockets]
        with counted(conn) as count:
            deliveries = live_events.Deliveries()
            await live_events.send_status_news(conn, hub.places, deliveries, "https://parley.test", news)
        costs.append(count.statements)
        for reader, each in zip(opened, sockets, strict=True):
            assert (await reader.event())[2]["id"] == said["id"]
            await each.__aexit__(None, None, None)
    assert costs[1] <= costs[0] <= 4
