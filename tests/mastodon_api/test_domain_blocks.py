"""Blocks of whole domains: what is blocked, and that nothing of anybody there reaches who blocks it."""

import pytest

from parley.kit.db import Connection
from parley.mastodon_api.entities.relationship import Relationship
from tests.conftest import forget_caches
from tests.mastodon_api.answers import strictly
from tests.mastodon_api.stream_readers import socket
from tests.mastodon_api.streaming_world import app, cast, hub, says, services
from tests.world import Cast, Member, ok, refused, settle

__all__ = ["app", "cast", "hub", "services"]
PATH = "/api/v1/domain_blocks"
ELSEWHERE = "elsewhere.example"


async def move_away(conn: Connection, member: Member) -> None:
    """Makes an account one of another server; its app here goes on posting as the other server would."""
    await conn.execute("update accounts set domain = $1 where id = $2", ELSEWHERE, member.id)
    forget_caches()


async def delete(member: Member, **more):
    return await member.client.request("DELETE", PATH, headers=member.headers, **more)


async def relation(viewer: Member, other: Member) -> Relationship:
    path = "/api/v1/accounts/relationships"
    (found,) = strictly(await viewer.get(path, **{"id[]": other.wire_id}), list[Relationship])
    return found


async def test_domains_are_blocked_listed_and_let_in_again(cast):
    alice = cast.alice
    assert ok(await alice.post(f"{PATH}?domain=one.example")) == {}
    for each in ("TWO.Example", "two.example ", "bücher.example"):
        assert ok(await alice.post(PATH, {"domain": each})) == {}
    assert ok(await alice.get(PATH)) == ["xn--bcher-kva.example", "two.example", "one.example"]
    assert ok(await cast.bob.get(PATH)) == []
    page = await alice.get(PATH, limit="2")
    assert (page.json(), 'rel="next"' in page.headers["link"]) == (
        ["xn--bcher-kva.example", "two.example"],
        True,
    )
    rest = await alice.client.get(page.links["next"]["url"], headers=alice.headers)
    assert ok(rest) == ["one.example"]
    for wrong in (
        "",
        " ",
        "a b",
        "x" * 254,
        "-a.example",
        "http://a.example",
        "a..example",
        "\u2028.example",
    ):
        refused(await alice.post(PATH, {"domain": wrong}), 422)
        refused(await delete(alice, data={"domain": wrong}), 422)
    assert ok(await delete(alice, data={"domain": "Two.example"})) == {}
    assert ok(await delete(alice, params={"domain": "one.example"})) == {}
    assert ok(await delete(alice, params={"domain": "never.example"})) == {}
    assert ok(await alice.get(PATH)) == ["xn--bcher-kva.example"]


async def test_there_is_an_end_to_blocked_domains(cast, monkeypatch):
    monkeypatch.setattr("parley.graph.domain_blocks.BLOCKS_MAX", 1)
    ok(await cast.alice.post(PATH, {"domain": "one.example"}))
    refused(await cast.alice.post(PATH, {"domain": "two.example"}), 422)


async def test_nothing_of_a_blocked_domain_is_seen(cast: Cast, conn, services, app):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    for one, other in ((alice, bob), (alice, carol), (carol, alice), (bob, carol), (carol, bob)):
        await one.follows(other)
    mine = await says(services, alice, "what do you say?")
    theirs = await says(services, carol, "@alice hello #parley", in_reply_to_id=mine["id"])
    shout = await says(services, carol, "to all #parley")
    ok(await carol.post(f"/api/v1/statuses/{mine['id']}/favourite"))
    ok(await bob.post(f"/api/v1/statuses/{shout['id']}/reblog"))
    await settle(services)
    await move_away(conn, carol)

    lists = {
        "/api/v1/timelines/home": {shout["id"]},
        "/api/v1/timelines/public": {shout["id"]},
        "/api/v1/timelines/tag/parley": {theirs["id"], shout["id"]},
        f"/api/v1/accounts/{bob.id}/statuses": set(),
    }

    async def seen(path: str) -> set[str]:
        found = ok(await alice.get(path))
        return {(each["reblog"] or each)["id"] for each in found} & {theirs["id"], shout["id"]}

    async def told() -> list[str]:
        return [each["account"]["acct"] for each in ok(await alice.get("/api/v1/notifications"))]

    async def people(path: str) -> list[str]:
        return [each["id"] for each in ok(await alice.get(path))]

    followers, likes = f"/api/v1/accounts/{bob.id}/followers", f"/api/v1/statuses/{mine['id']}/favourited_by"
    context = f"/api/v1/statuses/{mine['id']}/context"
    for path, expected in lists.items():
        assert await seen(path) >= expected, path
    assert f"carol@{ELSEWHERE}" in await told()
    assert carol.wire_id in await people(followers) + await people(likes)
    assert [each["id"] for each in ok(await alice.get(context))["descendants"]] == [theirs["id"]]
    assert (await relation(alice, carol)).domain_blocking is False

    async with socket(app, alice.headers, stream="user") as stream:
        ok(await alice.post(PATH, {"domain": ELSEWHERE}))
        for path in lists:
            assert await seen(path) == set(), path
        assert await told() == []
        assert carol.wire_id not in await people(followers) + await people(likes)
        assert ok(await alice.get(context))["descendants"] == []
        noted = strictly(
            await alice.post(f"/api/v1/accounts/{carol.id}/note", {"comment": "x"}), Relationship
        )
        assert noted.domain_blocking is True
        # Others see as before; so does whoever opens the profile, or the post, on purpose.
        assert carol.wire_id in [each["id"] for each in ok(await bob.get(followers))]
        assert ok(await alice.get(f"/api/v1/statuses/{shout['id']}"))["id"] == shout["id"]
        own = [each["id"] for each in ok(await alice.get(f"/api/v1/accounts/{carol.id}/statuses"))]
        assert shout["id"] in own

        await settle(services)
        parted = await relation(alice, carol)
        assert (parted.following, parted.followed_by, parted.domain_blocking) == (False, False, True)
        assert (await relation(bob, carol)).following is True
        refused(await alice.post(f"/api/v1/accounts/{carol.id}/follow"), 403)
        await says(services, carol, "@alice are you there?")
        after = await says(services, bob, "a post of bob's")
        assert (await stream.event())[2]["id"] == after["id"]

    ok(await delete(alice, params={"domain": ELSEWHERE}))
    assert shout["id"] in await seen("/api/v1/timelines/public")
    # What the block ended does not come back.
    assert (await relation(alice, carol)).following is False
    await alice.follows(carol)
    assert (await relation(alice, carol)).following is True


async def test_a_quote_of_a_blocked_domain_is_told_of_as_such(cast: Cast, conn):
    quoted = await cast.carol.says("quote me")
    quoting = await cast.bob.says("look", quoted_status_id=quoted["id"])
    await move_away(conn, cast.carol)
    path = f"/api/v1/statuses/{quoting['id']}"
    assert ok(await cast.alice.get(path))["quote"]["state"] == "accepted"
    ok(await cast.alice.post(PATH, {"domain": ELSEWHERE}))
    assert ok(await cast.alice.get(path))["quote"]["state"] == "blocked_domain"


@pytest.mark.parametrize("scopes", ["read:blocks", "write:blocks"])
async def test_scopes(cast: Cast, conn, scopes):
    from tests.identity.world import bearer, make_token

    headers = bearer(await make_token(conn, cast.alice.id, scopes))
    reading = await cast.alice.client.get(PATH, headers=headers)
    writing = await cast.alice.client.post(PATH, json={"domain": ELSEWHERE}, headers=headers)
    assert (reading.status_code, writing.status_code) == (
        (200, 403) if scopes == "read:blocks" else (403, 200)
    )
