"""/api/v1/statuses through HTTP: success and refusal from one set-up."""

import msgspec
import pytest

from parley import worker
from parley.mastodon_api.entities.status import Status
from tests.world import make_cast, ok, refused, settle

JOBS = worker.JOB_MODULES


@pytest.fixture
async def cast(conn, client):
    return await make_cast(conn, client)


def decode(body) -> Status:
    """Strictly: an unknown or missing key raises."""
    struct = msgspec.convert(body, Status)
    known = {field.encode_name for field in msgspec.structs.fields(Status)}
    assert set(body) <= known
    return struct


async def test_a_post_comes_back_whole(cast):
    made = await cast.alice.says("Hello <b>world</b> & @bob #Greeting https://example.org/page")
    status = decode(made)
    assert status.account.acct == "alice"
    assert "&lt;b&gt;world&lt;/b&gt; &amp; " in status.content
    assert [mention.acct for mention in status.mentions] == ["bob"]
    assert [tag.name for tag in status.tags] == ["greeting"]
    assert status.url == f"https://parley.test/@alice/{status.id}"
    assert status.pinned is False
    assert status.favourited is False
    assert ok(await cast.bob.get(f"/api/v1/statuses/{status.id}"))["content"] == status.content


async def test_what_is_refused_leaves_nothing(cast):
    assert "blank" in refused(await cast.alice.post("/api/v1/statuses", {"status": "  "}), 422)
    assert "1000" in refused(await cast.alice.post("/api/v1/statuses", {"status": "x" * 1001}), 422)
    assert refused(await cast.alice.post("/api/v1/statuses", {"status": "x", "visibility": "loud"}), 422)
    assert refused(await cast.alice.post("/api/v1/statuses", {"status": "x", "in_reply_to_id": "17"}), 404)
    assert refused(await cast.alice.post("/api/v1/statuses", {"status": "x", "media_ids": ["17"]}), 422)
    assert refused(await cast.alice.client.post("/api/v1/statuses", json={"status": "x"}), 401)
    assert ok(await cast.alice.get(f"/api/v1/accounts/{cast.alice.id}/statuses")) == []


async def test_an_idempotency_key_makes_one_post(cast):
    first = ok(await cast.alice.post("/api/v1/statuses", {"status": "once"}, **{"idempotency-key": "k1"}))
    again = ok(await cast.alice.post("/api/v1/statuses", {"status": "once"}, **{"idempotency-key": "k1"}))
    other = ok(await cast.bob.post("/api/v1/statuses", {"status": "mine"}, **{"idempotency-key": "k1"}))
    assert first["id"] == again["id"] != other["id"]
    assert await cast.alice.list_ids(f"/api/v1/accounts/{cast.alice.id}/statuses") == [first["id"]]


async def test_home_holds_own_posts_at_once_and_those_followed_after_delivery(cast, services):
    await cast.bob.follows(cast.alice)
    await settle(services)
    made = await cast.alice.says("to my followers")
    assert await cast.alice.list_ids("/api/v1/timelines/home") == [made["id"]]
    await settle(services)
    assert await cast.bob.list_ids("/api/v1/timelines/home") == [made["id"]]
    assert await cast.carol.list_ids("/api/v1/timelines/home") == []


async def test_a_thread_reads_in_order(cast):
    root = await cast.alice.says("root")
    first = await cast.bob.says("@alice first", in_reply_to_id=root["id"])
    second = await cast.carol.says("@alice second", in_reply_to_id=root["id"])
    deeper = await cast.alice.says("@bob deeper", in_reply_to_id=first["id"])
    context = ok(await cast.carol.get(f"/api/v1/statuses/{first['id']}/context"))
    assert [each["id"] for each in context["ancestors"]] == [root["id"]]
    assert [each["id"] for each in context["descendants"]] == [deeper["id"]]
    context = ok(await cast.carol.get(f"/api/v1/statuses/{root['id']}/context"))
    assert [each["id"] for each in context["descendants"]] == [first["id"], deeper["id"], second["id"]]
    assert ok(await cast.bob.get(f"/api/v1/statuses/{root['id']}"))["replies_count"] == 2


async def test_an_edit_keeps_its_history(cast):
    made = await cast.alice.says("frist", spoiler_text="typo")
    path = f"/api/v1/statuses/{made['id']}"
    edited = ok(await cast.alice.put(path, {"status": "first #fixed"}))
    assert "first" in edited["content"]
    assert edited["edited_at"] is not None
    assert edited["spoiler_text"] == ""
    history = ok(await cast.bob.get(f"{path}/history"))
    assert history[0]["content"] == "<p>frist</p>"
    assert len(history) == 2
    assert ok(await cast.alice.get(f"{path}/source"))["text"] == "first #fixed"
    refused(await cast.bob.get(f"{path}/source"), 404)
    refused(await cast.bob.put(path, {"status": "taken over"}), 404)
    assert await cast.bob.list_ids("/api/v1/timelines/tag/fixed") == [made["id"]]


@pytest.mark.parametrize("visibility", ["direct", "private"])
async def test_whom_an_edit_brings_in_reads_nothing_from_before(cast, services, visibility):
    """It was said to others: followers, or whom it mentioned then. Who is taken out and back reads what was theirs."""
    # Messages of whom one doesn't follow would wait for consent; followers-only words are no news to followers.
    await (cast.bob if visibility == "private" else cast.carol).follows(cast.alice)
    made = await cast.alice.says("@bob what to do about carol", visibility=visibility)
    path = f"/api/v1/statuses/{made['id']}"
    for text, told in (("@bob @carol hello", 1), ("@bob again", 0), ("@bob @carol bye", 1)):
        ok(await cast.alice.put(path, {"status": text}))
        await settle(services)
        assert ok(await cast.carol.get("/api/v2/notifications/unread_count"))["count"] == told
    texts = ["what to do about", "hello", "again", "bye"]
    for member, read in ((cast.alice, texts), (cast.bob, texts), (cast.carol, ["hello", "bye"])):
        states = [each["content"] for each in ok(await member.get(f"{path}/history"))]
        assert len(states) == len(read)
        assert all(text in state for text, state in zip(read, states, strict=True))


async def test_a_deleted_post_is_gone_from_every_door(cast, services, conn):
    await cast.bob.follows(cast.alice)
    made = await cast.alice.says("short-lived #gone @bob")
    path = f"/api/v1/statuses/{made['id']}"
    boost = ok(await cast.bob.post(f"{path}/reblog"))
    ok(await cast.carol.post(f"{path}/favourite"))
    await settle(services)
    refused(await cast.bob.delete(path), 404)
    gone = ok(await cast.alice.delete(path))
    assert gone["text"] == "short-lived #gone @bob"
    await settle(services)
    refused(await cast.alice.get(path), 404)
    refused(await cast.bob.get(f"/api/v1/statuses/{boost['id']}"), 404)
    for door in ("timelines/home", "timelines/public", "timelines/tag/gone", "favourites", "notifications"):
        assert made["id"] not in (await cast.bob.get(f"/api/v1/{door}")).text, door
    assert ok(await cast.carol.get("/api/v1/favourites")) == []
    assert await conn.fetch_value("select count(*) from statuses") == 0
    assert await conn.fetch_value("select count(*) from interactions") == 0
    assert ok(await cast.alice.get(f"/api/v1/accounts/{cast.alice.id}"))["statuses_count"] == 0


async def test_boost_and_its_undo(cast, services):
    made = await cast.alice.says("worth it")
    path = f"/api/v1/statuses/{made['id']}"
    wrapper = ok(await cast.bob.post(f"{path}/reblog"))
    decode(wrapper["reblog"])
    assert wrapper["reblog"]["id"] == made["id"]
    assert wrapper["reblog"]["reblogged"] is True
    assert wrapper["reblog"]["reblogs_count"] == 1
    assert ok(await cast.bob.post(f"{path}/reblog"))["id"] == wrapper["id"]
    assert await cast.alice.list_ids(f"{path}/reblogged_by") == [cast.bob.wire_id]
    undone = ok(await cast.bob.post(f"{path}/unreblog"))
    assert (undone["id"], undone["reblogged"], undone["reblogs_count"]) == (made["id"], False, 0)
    await settle(services)
    assert await cast.alice.list_ids(f"{path}/reblogged_by") == []
    private = await cast.alice.says("not for all", visibility="direct")
    refused(await cast.alice.post(f"/api/v1/statuses/{private['id']}/reblog"), 403)


async def test_like_bookmark_pin_and_mute_answer_with_the_post(cast):
    made = await cast.alice.says("likeable")
    path = f"/api/v1/statuses/{made['id']}"
    assert ok(await cast.bob.post(f"{path}/favourite"))["favourites_count"] == 1
    assert ok(await cast.bob.post(f"{path}/favourite"))["favourites_count"] == 1
    assert await cast.bob.list_ids("/api/v1/favourites") == [made["id"]]
    assert await cast.alice.list_ids(f"{path}/favourited_by") == [cast.bob.wire_id]
    assert ok(await cast.bob.post(f"{path}/unfavourite"))["favourites_count"] == 0
    assert ok(await cast.bob.post(f"{path}/bookmark"))["bookmarked"] is True
    assert await cast.bob.list_ids("/api/v1/bookmarks") == [made["id"]]
    assert ok(await cast.bob.post(f"{path}/unbookmark"))["bookmarked"] is False
    assert ok(await cast.alice.post(f"{path}/pin"))["pinned"] is True
    refused(await cast.bob.post(f"{path}/pin"), 422)
    pinned = await cast.bob.list_ids(f"/api/v1/accounts/{cast.alice.id}/statuses", pinned="true")
    assert pinned == [made["id"]]
    assert ok(await cast.bob.post(f"{path}/mute"))["muted"] is True
    assert ok(await cast.bob.post(f"{path}/unmute"))["muted"] is False


async def test_a_boost_tells_the_words_as_they_were_edited(cast, services):
    made = await cast.alice.says("frist")
    wrapper = ok(await cast.bob.post(f"/api/v1/statuses/{made['id']}/reblog"))
    assert ok(await cast.carol.get(f"/api/v1/statuses/{wrapper['id']}"))["content"] == "<p>frist</p>"
    ok(await cast.alice.put(f"/api/v1/statuses/{made['id']}", {"status": "first"}))
    seen = ok(await cast.carol.get(f"/api/v1/statuses/{wrapper['id']}"))
    assert seen["content"] == seen["reblog"]["content"] == "<p>first</p>"


async def test_what_is_kept_for_all_changes_with_what_it_was_made_of(cast):
    made = await cast.alice.says("watched")
    path = f"/api/v1/statuses/{made['id']}"
    assert ok(await cast.bob.get(path)) == ok(await cast.carol.get(path))
    ok(await cast.carol.post(f"{path}/favourite"))
    seen = ok(await cast.bob.get(path))
    assert (seen["favourites_count"], seen["favourited"]) == (1, False)
    assert ok(await cast.carol.get(path))["favourited"] is True
    assert "favourited" not in ok(await cast.alice.client.get(path))
    assert ok(await cast.alice.get(path))["pinned"] is False
    ok(await cast.alice.put("/api/v1/accounts/update_credentials", {"display_name": "Alice B."}))
    assert ok(await cast.bob.get(path))["account"]["display_name"] == "Alice B."
    ok(await cast.alice.put(path, {"status": "edited"}))
    assert ok(await cast.bob.get(path))["content"] == "<p>edited</p>"


async def test_counts_that_everybody_sees_tell_nothing_of_what_is_not_for_them(cast):
    root = await cast.alice.says("hello")
    whispered = await cast.bob.says("@alice psst", visibility="direct", in_reply_to_id=root["id"])
    shown = ok(await cast.carol.get(f"/api/v1/accounts/{cast.bob.id}"))
    assert (shown["statuses_count"], shown["last_status_at"]) == (0, None)
    private = await cast.bob.says("to my followers", visibility="private", in_reply_to_id=root["id"])
    open_reply = await cast.bob.says("aloud", visibility="unlisted", in_reply_to_id=root["id"])

    async def counted() -> tuple[int, int]:
        replies = ok(await cast.carol.get(f"/api/v1/statuses/{root['id']}"))["replies_count"]
        return replies, ok(await cast.carol.get(f"/api/v1/accounts/{cast.bob.id}"))["statuses_count"]

    assert await counted() == (1, 2)
    for status, left in ((whispered, (1, 2)), (private, (1, 1)), (open_reply, (0, 0))):
        ok(await cast.bob.delete(f"/api/v1/statuses/{status['id']}"))
        assert await counted() == left
