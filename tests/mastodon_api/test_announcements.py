"""Announcements: what members see of them, dismissing, reacting, and what their streams are told."""

from datetime import timedelta

import pytest

from parley.kit import clock
from parley.mastodon_api.entities.announcement import Announcement
from parley.notifications.announcements import (
    AnnouncementDraft,
    TooManyAnnouncements,
    WrongTimes,
    create_announcement,
    delete_announcement,
)
from tests.mastodon_api.answers import strictly
from tests.mastodon_api.stream_readers import lines, socket
from tests.mastodon_api.streaming_world import app, cast, hub, services
from tests.world import Member, ok, refused, settle

__all__ = ["app", "cast", "hub", "services"]
PATH = "/api/v1/announcements"


@pytest.fixture
def announce(conn, settings, services):
    async def make(text: str, **more):
        made = await create_announcement(conn, settings, AnnouncementDraft(text=text, **more))
        conn.run_after_commit()
        await settle(services)
        return made

    return make


async def shown(member: Member) -> list[Announcement]:
    return strictly(await member.get(PATH), list[Announcement])


async def test_what_is_announced_is_shown_to_members_as_a_post_is(cast, announce):
    alice = cast.alice
    assert await shown(alice) == []
    said = await cast.bob.says("the plan")
    hidden = await cast.bob.says("a secret plan", visibility="private")
    text = f"Tea & cake with @bob, see {said['url']} and {hidden['url']} #Party"
    party = clock.now() + timedelta(days=3)
    made = await announce(text, starts_at=party, ends_at=party + timedelta(days=1), all_day=True)
    (told,) = await shown(alice)
    assert (told.id, told.read, told.all_day, told.reactions) == (str(made.id), False, True, ())
    assert "Tea &amp; cake" in told.content
    assert f'href="{said["url"]}"' in told.content
    assert [each.acct for each in told.mentions] == ["bob"]
    assert [(each.id, each.url) for each in told.statuses] == [(said["id"], said["url"])]
    assert [each.name for each in told.tags] == ["party"]
    assert (told.starts_at, told.ends_at) != (None, None)
    refused(await alice.client.get(PATH), 401)

    sooner = await announce("Before that", starts_at=party - timedelta(days=1))
    assert [each.id for each in await shown(alice)] == [str(sooner.id), str(made.id)]
    with clock.shifted(timedelta(days=5)):
        assert [each.id for each in await shown(alice)] == [str(sooner.id)]
        refused(await alice.post(f"{PATH}/{made.id}/dismiss"), 404)


async def test_an_announcement_waits_for_its_hour(cast, announce, app):
    made = await announce("Later", published_at=clock.now() + timedelta(hours=1))
    assert await shown(cast.alice) == []
    for path in (f"{PATH}/{made.id}/dismiss", f"{PATH}/1/dismiss", f"{PATH}/x/dismiss"):
        refused(await cast.alice.post(path), 404)
    refused(await cast.alice.put(f"{PATH}/{made.id}/reactions/👍"), 404)
    with clock.shifted(timedelta(hours=2)):
        assert [each.id for each in await shown(cast.alice)] == [str(made.id)]


async def test_what_can_not_be_announced(conn, settings, monkeypatch):
    now = clock.now()
    for wrong in (
        AnnouncementDraft(text="x", ends_at=now - timedelta(hours=1)),
        AnnouncementDraft(text="x", starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=1)),
        AnnouncementDraft(text="x", published_at=now + timedelta(days=2), ends_at=now + timedelta(days=1)),
    ):
        with pytest.raises(WrongTimes):
            await create_announcement(conn, settings, wrong)
    monkeypatch.setattr("parley.notifications.announcements.ANNOUNCEMENTS_MAX", 0)
    with pytest.raises(TooManyAnnouncements):
        await create_announcement(conn, settings, AnnouncementDraft(text="x"))


async def test_members_dismiss_and_react_each_for_themselves(cast, announce, monkeypatch):
    alice, bob = cast.alice, cast.bob
    made = await announce("Hello")
    one = f"{PATH}/{made.id}"
    for _ in range(2):
        assert ok(await alice.post(f"{one}/dismiss")) == {}
    assert [each.read for each in await shown(alice) + await shown(bob)] == [True, False]

    for name in ("👍", "❤️", "1️⃣", "🏳️‍🌈"):
        assert ok(await alice.put(f"{one}/reactions/{name}")) == {}
    assert ok(await bob.put(f"{one}/reactions/👍")) == {}
    refused(await bob.put(f"{one}/reactions/👍"), 422)
    for wrong in ("x", "party", ":tada:", "👍👍", "%20", "👍%00"):
        refused(await bob.put(f"{one}/reactions/{wrong}"), 422)
    (told,) = await shown(bob)
    assert [(each.name, each.count, each.me) for each in told.reactions] == [
        ("👍", 2, True),
        ("❤️", 1, False),
        ("1️⃣", 1, False),
        ("🏳️‍🌈", 1, False),
    ]
    monkeypatch.setattr("parley.notifications.announcements.REACTIONS_MAX", 4)
    refused(await bob.put(f"{one}/reactions/🎉"), 422)
    assert ok(await bob.put(f"{one}/reactions/❤️")) == {}

    assert ok(await alice.delete(f"{one}/reactions/1️⃣")) == {}
    refused(await alice.delete(f"{one}/reactions/1️⃣"), 404)
    refused(await bob.delete(f"{one}/reactions/🏳️‍🌈"), 404)
    (told,) = await shown(alice)
    assert [(each.name, each.count, each.me) for each in told.reactions] == [
        ("👍", 2, True),
        ("❤️", 2, True),
        ("🏳️‍🌈", 1, True),
    ]


async def test_streams_tell_of_announcements_to_all(cast, announce, app, services, conn):
    async with (
        socket(app, cast.alice.headers, stream="user") as alice,
        lines(app, "user", cast.bob.headers) as bob,
        socket(app, cast.carol.headers, stream="public") as public,
    ):
        made = await announce("News for @carol")
        stream, event, payload = await alice.event()
        assert (stream, event, payload["content"]) == (["user"], "announcement", made.content)
        assert {"read", "me"} & payload.keys() == set()
        assert (await bob.event())[0] == "announcement"
        ok(await cast.carol.put(f"{PATH}/{made.id}/reactions/🎉"))
        reaction = {"name": "🎉", "count": 1, "announcement_id": str(made.id)}
        assert (await alice.event())[1:] == ("announcement.reaction", reaction)
        assert await bob.event() == ("announcement.reaction", reaction)
        await delete_announcement(conn, made.id)
        await settle(services)
        frame = await alice.frame()
        assert (frame["event"], frame["payload"]) == ("announcement.delete", str(made.id))
        assert await bob.event() == ("announcement.delete", made.id)
        assert await shown(cast.alice) == []
        await public.settled()


async def test_streams_tell_that_filters_changed(cast, app):
    async with (
        socket(app, cast.alice.headers, stream="user") as socket_of_alice,
        lines(app, "user", cast.alice.headers) as lines_of_alice,
        socket(app, cast.bob.headers, stream="user") as bob,
    ):
        filters = "/api/v2/filters"
        body = {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "word"}]}
        made = ok(await cast.alice.post(filters, body))
        assert await socket_of_alice.frame() == {"stream": ["user"], "event": "filters_changed"}
        assert (await lines_of_alice.next())["body"] == b"event: filters_changed\ndata: undefined\n\n"
        ok(await cast.alice.delete(f"{filters}/{made['id']}"))
        assert (await socket_of_alice.frame())["event"] == "filters_changed"
        await bob.settled()


async def test_a_post_comes_through_the_stream_with_its_filters(cast, app, services):
    await cast.alice.follows(cast.carol)
    await cast.bob.follows(cast.carol)
    await settle(services)
    body = {"title": "Sport", "context": ["home"], "keywords_attributes": [{"keyword": "goal"}]}
    ok(await cast.alice.post("/api/v2/filters", body))
    async with (
        socket(app, cast.alice.headers, stream="user") as alice,
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as carol,
    ):
        await cast.carol.says("@alice a goal")
        await settle(services)
        for reader, expected in ((alice, ["goal"]), (bob, None), (carol, None)):
            status = (await reader.event())[2]
            status = status.get("status", status)
            found = [each["keyword_matches"] for each in status["filtered"]]
            assert found == ([] if expected is None else [expected])
