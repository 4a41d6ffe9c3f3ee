"""Quotes through HTTP: consent, what each viewer sees of them, and what becomes of them."""

from typing import Any

import httpx
import pytest

from parley import worker
from tests.invariants import broken_invariants
from tests.mastodon_api.test_statuses import decode
from tests.world import Member, make_cast, ok, refused, settle

JOBS = worker.JOB_MODULES


@pytest.fixture
async def cast(conn, client):
    return await make_cast(conn, client)


async def quote_seen(viewer: Member, status_id: str) -> Any:
    return ok(await viewer.get(f"/api/v1/statuses/{status_id}"))["quote"]


async def test_a_quote_from_consent_to_the_end(cast, conn, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    said = await alice.says("worth quoting")
    assert said["quote_approval"] == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    quoting = await bob.says("look at this", quoted_status_id=said["id"])
    decode(quoting)
    assert quoting["quote"]["state"] == "accepted"
    assert quoting["quote"]["quoted_status"]["content"] == said["content"]
    assert quoting["content"].startswith('<p class="quote-inline">RE: <a href="https://parley.test/@alice/')
    await settle(services)
    again = await carol.says("and at this", quoted_status_id=quoting["id"])
    nested = again["quote"]["quoted_status"]
    assert nested["quote"] == {"state": "accepted", "quoted_status_id": said["id"]}
    await settle(services)
    told = ok(await alice.get("/api/v1/notifications"))
    assert [(each["type"], each["status"]["id"]) for each in told] == [("quote", quoting["id"])]
    assert ok(await alice.get(f"/api/v1/statuses/{said['id']}"))["quotes_count"] == 1
    assert await alice.list_ids(f"/api/v1/statuses/{said['id']}/quotes") == [quoting["id"]]

    ok(await alice.put(f"/api/v1/statuses/{said['id']}", {"status": "worth quoting anew"}))
    await settle(services)
    (told,) = ok(await bob.get("/api/v1/notifications", **{"types[]": "quoted_update"}))
    assert told["status"]["id"] == quoting["id"]
    assert "anew" in told["status"]["quote"]["quoted_status"]["content"]

    path = f"/api/v1/statuses/{said['id']}/quotes/{quoting['id']}/revoke"
    refused(await carol.post(path), 404)
    revoked = ok(await alice.post(path))
    assert (revoked["id"], revoked["quote"]) == (quoting["id"], {"state": "revoked", "quoted_status": None})
    assert "quote-inline" not in revoked["content"]
    refused(await alice.post(path), 404)
    assert (await quote_seen(carol, again["id"]))["quoted_status"]["quote"] == {
        "state": "revoked",
        "quoted_status_id": None,
    }
    assert ok(await alice.get(f"/api/v1/statuses/{said['id']}"))["quotes_count"] == 0
    assert await alice.list_ids(f"/api/v1/statuses/{said['id']}/quotes") == []

    ok(await bob.put(f"/api/v1/statuses/{quoting['id']}", {"status": "no longer"}))
    history = ok(await carol.get(f"/api/v1/statuses/{quoting['id']}/history"))
    assert [each["content"] for each in history] == ["<p>look at this</p>", "<p>no longer</p>"]
    assert [each["quote"]["state"] for each in history] == ["revoked", "revoked"]
    ok(await bob.delete(f"/api/v1/statuses/{quoting['id']}"))
    assert await quote_seen(carol, again["id"]) == {"state": "deleted", "quoted_status": None}
    await settle(services)
    assert await quote_seen(carol, again["id"]) == {"state": "deleted", "quoted_status": None}
    assert await broken_invariants(conn) == []


async def test_who_may_quote(cast, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await bob.follows(alice)
    await settle(services)

    async def attempt(member: Member, quoted: dict[str, Any], **more: Any) -> httpx.Response:
        return await member.post(
            "/api/v1/statuses", {"status": "so", "quoted_status_id": quoted["id"], **more}
        )

    followers = await alice.says("x", quote_approval_policy="followers")
    nobody = await alice.says("x", quote_approval_policy="nobody")
    private = await alice.says("x", visibility="private", quote_approval_policy="public")
    direct = await alice.says("x @bob", visibility="direct")
    public = await alice.says("x")
    assert private["quote_approval"]["automatic"] == []
    assert followers["quote_approval"]["automatic"] == ["followers"]
    for member, status, code in (
        (bob, followers, 200), (carol, followers, 403), (alice, followers, 200), (bob, nobody, 403),
        (alice, nobody, 200), (bob, private, 403), (carol, private, 404), (alice, private, 200),
        (bob, direct, 403), (alice, direct, 403), (carol, direct, 404),
    ):  # fmt: skip
        answer = await attempt(member, status)
        assert answer.status_code == code, (member.name, status, answer.text)
        if code != 404:
            seen = ok(await member.get(f"/api/v1/statuses/{status['id']}"))["quote_approval"]
            assert (seen["current_user"] == "automatic") is (code == 200)
    assert ok(await attempt(alice, private))["visibility"] == "private"
    refused(await attempt(bob, {"id": "17"}), 404)
    refused(await attempt(bob, public, poll={"options": ["a", "b"], "expires_in": 600}), 422)
    refused(await attempt(bob, public, visibility="direct"), 422)
    ok(await attempt(bob, public, visibility="direct", status="@alice so"))
    refused(await bob.post("/api/v1/statuses", {"status": "x", "quote_approval_policy": "some"}), 422)

    path = f"/api/v1/statuses/{nobody['id']}/interaction_policy"
    refused(await bob.put(path, {"quote_approval_policy": "public"}), 404)
    refused(await alice.put(path, {"quote_approval_policy": "some"}), 422)
    opened = ok(await alice.put(path, {"quote_approval_policy": "public"}))
    assert (opened["quote_approval"]["automatic"], opened["edited_at"]) == (["public"], None)
    ok(await attempt(carol, opened))
    ok(await carol.post(f"/api/v1/accounts/{alice.id}/block"))
    assert refused(await attempt(carol, public), 403)
    ok(await alice.post(f"/api/v1/accounts/{carol.id}/block"))
    assert refused(await attempt(carol, public), 404)


async def test_ones_own_default(cast):
    alice = cast.alice
    credentials = ok(
        await alice.client.patch(
            "/api/v1/accounts/update_credentials",
            json={"source": {"quote_policy": "followers"}},
            headers=alice.headers,
        )
    )
    assert credentials["source"]["quote_policy"] == "followers"
    assert ok(await alice.get("/api/v1/preferences"))["posting:default:quote_policy"] == "followers"
    assert (await alice.says("x"))["quote_approval"]["automatic"] == ["followers"]
    changed = await alice.says("x", quote_approval_policy="nobody")
    edited = ok(await alice.put(f"/api/v1/statuses/{changed['id']}", {"status": "y"}))
    assert edited["quote_approval"]["automatic"] == []
    body = {"status": "z", "quote_approval_policy": "public"}
    assert ok(await alice.put(f"/api/v1/statuses/{changed['id']}", body))["quote_approval"]["automatic"] == [
        "public"
    ]


async def test_each_viewer_sees_their_own_side_of_a_quote(cast, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    said = await alice.says("some words")
    quoting = await bob.says("these", quoted_status_id=said["id"])
    boost = ok(await bob.post(f"/api/v1/statuses/{quoting['id']}/reblog"))
    assert boost["reblog"]["quote"]["state"] == "accepted"
    ok(await carol.post(f"/api/v1/accounts/{alice.id}/mute"))
    muted = await quote_seen(carol, quoting["id"])
    assert (muted["state"], muted["quoted_status"]["id"]) == ("muted_account", said["id"])
    ok(await carol.post(f"/api/v1/accounts/{alice.id}/block"))
    assert (await quote_seen(carol, quoting["id"]))["state"] == "blocked_account"
    ok(await alice.post(f"/api/v1/accounts/{carol.id}/block"))
    hidden = ok(await carol.get(f"/api/v1/statuses/{quoting['id']}"))
    assert hidden["quote"] == {"state": "unauthorized", "quoted_status": None}
    assert said["id"] not in hidden["content"]
    assert (await quote_seen(bob, quoting["id"]))["state"] == "accepted"
    ok(await alice.delete(f"/api/v1/statuses/{said['id']}"))
    for _ in range(2):
        assert await quote_seen(bob, quoting["id"]) == {"state": "deleted", "quoted_status": None}
        await settle(services)


async def test_a_long_chain_of_quotes_is_shown(cast, services):
    last = await cast.alice.says("0")
    root = last["id"]
    for number in range(30):
        last = await cast.alice.says(f"{number}", quoted_status_id=last["id"], in_reply_to_id=root)
    found = ok(await cast.bob.get(f"/api/v1/statuses/{root}/context"))["descendants"]
    assert {each["quote"]["state"] for each in found} == {"accepted"}
    assert all(each["quote"]["quoted_status"]["quote"]["quoted_status_id"] for each in found[2:])


async def test_who_may_reply(cast, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await bob.follows(alice)

    async def may(member: Member, status: dict[str, Any]) -> bool:
        answer = await member.post("/api/v1/statuses", {"status": "I answer", "in_reply_to_id": status["id"]})
        assert answer.status_code in {200, 403}, answer.text
        seen = ok(await member.get(f"/api/v1/statuses/{status['id']}"))
        assert seen["may_reply"] is (answer.status_code == 200)
        return answer.status_code == 200

    for policy, expected in (
        ("everybody", (True, True, True)), ("followers", (True, True, False)),
        ("mentioned", (True, False, False)), ("nobody", (True, False, False)),
    ):  # fmt: skip
        said = await alice.says("so it is", reply_policy=policy)
        assert said["reply_policy"] == policy
        assert (await may(alice, said), await may(bob, said), await may(carol, said)) == expected
    named = await alice.says("@carol what do you say?", reply_policy="mentioned")
    assert (await may(carol, named), await may(bob, named)) == (True, False)
    refused(await alice.post("/api/v1/statuses", {"status": "x", "reply_policy": "some"}), 422)
    ok(await alice.put(f"/api/v1/statuses/{named['id']}", {"status": "@carol so?", "reply_policy": "nobody"}))
    assert not await may(carol, named)
    opened = ok(await alice.put(f"/api/v1/statuses/{named['id']}", {"status": "so?"}))
    assert opened["reply_policy"] == "nobody"
    path = f"/api/v1/statuses/{named['id']}/interaction_policy"
    assert ok(await alice.put(path, {"reply_policy": "everybody"}))["reply_policy"] == "everybody"
    assert await may(carol, named)
