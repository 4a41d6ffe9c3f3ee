"""Follow, block, mute, note, endorse and their lists through HTTP: each success beside its refusals."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from parley.kit import clock
from parley.kit.db import Connection
from parley.mastodon_api.entities.account import Account, MutedAccount
from parley.mastodon_api.entities.list import List
from parley.mastodon_api.entities.relationship import FamiliarFollowers, Relationship
from parley.mastodon_api.relationships import ROUTES
from tests.graph.callers import Caller, ids, linked, make_caller, refusal, strictly, with_scopes
from tests.graph.world import change_account
from tests.identity.world import make_token

NOT_FOUND = (404, "Record not found")
NOT_ALLOWED = (403, "This action is not allowed")
NOBODY = 4611686018427387905


class Cast(msgspec.Struct, frozen=True):
    alice: Caller
    bob: Caller
    carol: Caller


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return Cast(*[await make_caller(conn, client, name) for name in ("alice", "bob", "carol")])


async def act(caller: Caller, verb: str, target: Caller, **form: Any) -> Relationship:
    return strictly(await caller.post(f"/accounts/{target.id}/{verb}", **form), Relationship)


async def relation(caller: Caller, target: Caller) -> Relationship:
    (found,) = strictly(
        await caller.get("/accounts/relationships", **{"id[]": target.id}), list[Relationship]
    )
    return found


async def suspend(conn: Connection, caller: Caller) -> None:
    await change_account(conn, caller.viewer, suspended_at=clock.now())


# Follow


async def test_a_stranger_has_every_key_and_nothing_else(cast: Cast) -> None:
    assert await relation(cast.alice, cast.bob) == Relationship(
        id=str(cast.bob.id),
        following=False,
        showing_reblogs=False,
        notifying=False,
        languages=None,
        followed_by=False,
        blocking=False,
        blocked_by=False,
        muting=False,
        muting_notifications=False,
        muting_expires_at=None,
        requested=False,
        requested_by=False,
        domain_blocking=False,
        endorsed=False,
        note="",
    )


async def test_follow_and_unfollow(cast: Cast) -> None:
    followed = await act(cast.alice, "follow", cast.bob)
    assert (followed.following, followed.showing_reblogs, followed.notifying) == (True, True, False)
    assert (await relation(cast.bob, cast.alice)).followed_by

    again = await act(
        cast.alice, "follow", cast.bob, reblogs="false", notify="1", **{"languages[]": ["de", "en"]}
    )
    assert (again.following, again.showing_reblogs, again.notifying) == (True, False, True)
    assert again.languages == ("de", "en")
    as_json = await cast.alice.ask("POST", f"/accounts/{cast.bob.id}/follow", json={"languages": []})
    assert strictly(as_json, Relationship).languages is None

    profile = (await cast.bob.get(f"/accounts/{cast.bob.id}")).json()
    assert (profile["followers_count"], profile["following_count"]) == (1, 0)
    assert not (await act(cast.alice, "unfollow", cast.bob)).following
    assert not (await act(cast.alice, "unfollow", cast.bob)).following
    assert not (await relation(cast.bob, cast.alice)).followed_by
    profile = (await cast.bob.get(f"/accounts/{cast.bob.id}")).json()
    assert profile["followers_count"] == 0


async def test_whom_one_can_not_follow(conn: Connection, cast: Cast) -> None:
    path = "/accounts/{}/follow"
    assert refusal(await cast.alice.post(path.format(cast.alice.id))) == NOT_ALLOWED
    for nobody in (NOBODY, "0", "-1", "bob", "9" * 30, "%00"):
        assert refusal(await cast.alice.post(path.format(nobody))) == NOT_FOUND
    wrong = await cast.alice.post(path.format(cast.bob.id), **{"languages[]": "german"})
    assert wrong.status_code == 422
    assert (await cast.alice.post(path.format(cast.bob.id), notify="perhaps")).status_code == 422

    await act(cast.bob, "block", cast.alice)
    assert refusal(await cast.alice.post(path.format(cast.bob.id))) == NOT_ALLOWED
    assert refusal(await cast.bob.post(path.format(cast.alice.id))) == NOT_ALLOWED
    await suspend(conn, cast.carol)
    assert refusal(await cast.alice.post(path.format(cast.carol.id))) == NOT_FOUND
    assert not (await relation(cast.alice, cast.bob)).following


async def test_who_is_locked_is_asked_first(conn: Connection, cast: Cast) -> None:
    await change_account(conn, cast.bob.viewer, locked=True)
    for asker in (cast.alice, cast.carol):
        asked = await act(asker, "follow", cast.bob, notify="true")
        assert (asked.following, asked.requested, asked.notifying) == (False, True, True)
    assert (await relation(cast.bob, cast.alice)).requested_by
    waiting = await cast.bob.get("/follow_requests")
    assert [each.username for each in strictly(waiting, list[Account])] == ["carol", "alice"]

    accepted = await cast.bob.post(f"/follow_requests/{cast.alice.id}/authorize")
    assert strictly(accepted, Relationship).followed_by
    following = await relation(cast.alice, cast.bob)
    assert (following.following, following.requested, following.notifying) == (True, False, True)
    rejected = await cast.bob.post(f"/follow_requests/{cast.carol.id}/reject")
    assert not strictly(rejected, Relationship).requested_by
    assert not (await relation(cast.carol, cast.bob)).requested
    assert ids(await cast.bob.get("/follow_requests")) == []

    for verb in ("authorize", "reject"):
        for nobody in (cast.carol.id, cast.bob.id, NOBODY, "x"):
            assert refusal(await cast.bob.post(f"/follow_requests/{nobody}/{verb}")) == NOT_FOUND


async def test_a_request_is_withdrawn_by_unfollowing(conn: Connection, cast: Cast) -> None:
    await change_account(conn, cast.bob.viewer, locked=True)
    await act(cast.alice, "follow", cast.bob)
    assert not (await act(cast.alice, "unfollow", cast.bob)).requested
    assert ids(await cast.bob.get("/follow_requests")) == []


async def test_a_follower_is_removed(cast: Cast) -> None:
    await act(cast.alice, "follow", cast.bob)
    await act(cast.bob, "follow", cast.alice)
    removed = await act(cast.bob, "remove_from_followers", cast.alice)
    assert (removed.following, removed.followed_by) == (True, False)
    assert not (await relation(cast.alice, cast.bob)).following


# Block, mute, note, endorse


async def test_block_ends_everything_both_ways(cast: Cast) -> None:
    await act(cast.alice, "follow", cast.bob)
    await act(cast.bob, "follow", cast.alice)
    await act(cast.alice, "endorse", cast.bob)
    blocked = await act(cast.alice, "block", cast.bob)
    assert (blocked.blocking, blocked.following, blocked.followed_by, blocked.endorsed) == (
        True,
        False,
        False,
        False,
    )
    theirs = await relation(cast.bob, cast.alice)
    assert (theirs.blocked_by, theirs.following, theirs.blocking) == (True, False, False)
    assert (await act(cast.alice, "block", cast.bob)).blocking
    assert ids(await cast.alice.get("/blocks")) == [cast.bob.id]

    unblocked = await act(cast.alice, "unblock", cast.bob)
    assert (unblocked.blocking, unblocked.following) == (False, False)
    assert not (await relation(cast.bob, cast.alice)).blocked_by
    assert ids(await cast.alice.get("/blocks")) == []


async def test_mutes_and_their_end(cast: Cast) -> None:
    endless = await act(cast.alice, "mute", cast.bob)
    assert (endless.muting, endless.muting_notifications, endless.muting_expires_at) == (True, True, None)
    timed = await act(cast.alice, "mute", cast.carol, notifications="false", duration="3600")
    assert (timed.muting, timed.muting_notifications) == (True, False)
    assert not (await relation(cast.bob, cast.alice)).muting

    listed = strictly(await cast.alice.get("/mutes"), list[MutedAccount])
    assert [(each.username, each.mute_expires_at) for each in listed] == [
        ("carol", timed.muting_expires_at),
        ("bob", None),
    ]
    with clock.shifted(timedelta(seconds=3601)):
        assert ids(await cast.alice.get("/mutes")) == [cast.bob.id]
        assert not (await relation(cast.alice, cast.carol)).muting
    unmuted = await act(cast.alice, "unmute", cast.bob)
    assert (unmuted.muting, unmuted.muting_notifications) == (False, False)

    for duration in ("-1", "99999999999", "soon"):
        answer = await cast.alice.post(f"/accounts/{cast.bob.id}/mute", duration=duration)
        assert answer.status_code == 422
    assert not (await relation(cast.alice, cast.bob)).muting


async def test_a_note_is_private_and_limited(cast: Cast) -> None:
    assert (await act(cast.alice, "note", cast.bob, comment="é" * 2000)).note == "é" * 2000
    assert (await relation(cast.bob, cast.alice)).note == ""
    too_long = await cast.alice.post(f"/accounts/{cast.bob.id}/note", comment="x" * 2001)
    assert too_long.status_code == 422
    assert (await cast.alice.post(f"/accounts/{cast.bob.id}/note", comment="a\0b")).status_code == 422
    assert (await relation(cast.alice, cast.bob)).note == "é" * 2000
    assert (await act(cast.alice, "note", cast.bob, comment="")).note == ""


async def test_only_who_is_followed_can_be_endorsed(cast: Cast, client: httpx.AsyncClient) -> None:
    for target, put in ((cast.bob, "endorse"), (cast.carol, "pin")):
        assert (await cast.alice.post(f"/accounts/{target.id}/{put}")).status_code == 422
        await act(cast.alice, "follow", target)
        assert (await act(cast.alice, put, target)).endorsed
    anyone = await client.get(f"/api/v1/accounts/{cast.alice.id}/endorsements")
    assert ids(anyone) == ids(await cast.alice.get("/endorsements")) == [cast.carol.id, cast.bob.id]

    assert not (await act(cast.alice, "unpin", cast.bob)).endorsed
    assert ids(await cast.alice.get("/endorsements")) == [cast.carol.id]
    assert not (await act(cast.alice, "unendorse", cast.carol)).endorsed
    await act(cast.alice, "endorse", cast.carol)
    await act(cast.alice, "unfollow", cast.carol)
    assert ids(await cast.alice.get("/endorsements")) == []


# Relations to several


async def test_relationships_of_several(conn: Connection, cast: Cast) -> None:
    await act(cast.alice, "follow", cast.carol)
    await suspend(conn, cast.bob)
    asked = [cast.carol.id, NOBODY, cast.bob.id, cast.carol.id, "x"]
    known = await cast.alice.get("/accounts/relationships", **{"id[]": asked})
    assert ids(known) == [cast.carol.id]
    everyone = await cast.alice.get("/accounts/relationships", **{"id[]": asked, "with_suspended": "true"})
    assert ids(everyone) == [cast.carol.id, cast.bob.id]
    assert ids(await cast.alice.get("/accounts/relationships", id=cast.carol.id)) == [cast.carol.id]
    assert ids(await cast.alice.get("/accounts/relationships")) == []
    too_many = await cast.alice.get("/accounts/relationships", **{"id[]": list(range(1, 502))})
    assert too_many.status_code == 422


async def test_familiar_followers_are_those_one_follows(
    conn: Connection, client: httpx.AsyncClient, cast: Cast
) -> None:
    dora, emil = [await make_caller(conn, client, name) for name in ("dora", "emil")]
    for follower in (cast.bob, cast.carol, dora):
        await act(follower, "follow", emil)
    for followee in (cast.bob, cast.carol):
        await act(cast.alice, "follow", followee)

    async def familiar(*targets: Any) -> list[tuple[str, list[str]]]:
        answer = await cast.alice.get("/accounts/familiar_followers", **{"id[]": list(targets)})
        found = strictly(answer, list[FamiliarFollowers])
        return [(each.id, [one.username for one in each.accounts]) for each in found]

    assert await familiar(emil.id, dora.id, NOBODY, emil.id) == [
        (str(emil.id), ["carol", "bob"]),
        (str(dora.id), []),
    ]
    await change_account(conn, cast.bob.viewer, hide_collections=True)
    assert await familiar(emil.id) == [(str(emil.id), ["carol"])]
    await act(emil, "block", cast.alice)
    assert await familiar(emil.id) == [(str(emil.id), [])]
    await act(emil, "unblock", cast.alice)
    await change_account(conn, emil.viewer, hide_collections=True)
    assert await familiar(emil.id) == [(str(emil.id), [])]
    assert await familiar() == []


# Lists of accounts


@pytest.fixture
async def crowd(conn: Connection, client: httpx.AsyncClient, cast: Cast) -> list[Caller]:
    """Five who follow alice, the oldest follow first."""
    followers = [await make_caller(conn, client, f"follower{number}") for number in range(5)]
    for each in followers:
        await act(each, "follow", cast.alice)
    return followers


async def _check_paging(caller: Caller, path: str, crowd: list[Caller]) -> None:
    newest_first = [each.id for each in reversed(crowd)]
    first = await caller.get(path, limit=2)
    assert ids(first) == newest_first[:2], path
    second = await caller.ask("GET", linked(first, "next") or "")
    assert ids(second) == newest_first[2:4]
    last = await caller.ask("GET", linked(second, "next") or "")
    assert ids(last) == newest_first[4:]
    assert linked(last, "next") is None
    back = await caller.ask("GET", linked(last, "prev") or "")
    assert ids(back) == newest_first[2:4]
    newer = await caller.ask("GET", linked(first, "prev") or "")
    assert (ids(newer), newer.headers.get("link")) == ([], None)
    for limit in (0, 1000, "many", -5):
        assert ids(await caller.get(path, limit=limit)) == newest_first


async def test_lists_are_paged_by_the_relation_newest_first(
    conn: Connection, cast: Cast, crowd: list[Caller]
) -> None:
    alice = cast.alice
    for each in crowd:
        for verb in ("follow", "endorse", "mute"):
            await act(alice, verb, each)
    mine = f"/accounts/{alice.id}"
    for path in (f"{mine}/followers", f"{mine}/following", f"{mine}/endorsements", "/endorsements", "/mutes"):
        await _check_paging(alice, path, crowd)

    await change_account(conn, alice.viewer, locked=True)
    for each in crowd:
        await act(each, "unfollow", alice)
        await act(each, "follow", alice)
    await _check_paging(alice, "/follow_requests", crowd)
    for each in crowd:
        await act(alice, "block", each)
    await _check_paging(alice, "/blocks", crowd)


async def test_who_sees_whose_followers(
    conn: Connection, client: httpx.AsyncClient, cast: Cast, crowd: list[Caller]
) -> None:
    await act(cast.alice, "follow", cast.carol)
    followers, following = (f"/accounts/{cast.alice.id}/{name}" for name in ("followers", "following"))
    everyone = [each.id for each in reversed(crowd)]

    async def seen_by(caller: Caller | None) -> tuple[list[int], list[int]]:
        if caller is None:
            return ids(await client.get("/api/v1" + followers)), ids(await client.get("/api/v1" + following))
        return ids(await caller.get(followers)), ids(await caller.get(following))

    assert (
        await seen_by(None)
        == await seen_by(cast.bob)
        == await seen_by(cast.alice)
        == (everyone, [cast.carol.id])
    )

    await act(cast.bob, "block", crowd[0])
    await act(cast.bob, "mute", crowd[1])
    await act(crowd[2], "block", cast.bob)
    await suspend(conn, crowd[3])
    assert await seen_by(cast.bob) == ([crowd[4].id], [cast.carol.id])
    assert await seen_by(None) == ([each for each in everyone if each != crowd[3].id], [cast.carol.id])

    await change_account(conn, cast.alice.viewer, hide_collections=True)
    assert await seen_by(None) == await seen_by(cast.bob) == ([], [])
    assert (await seen_by(cast.alice))[1] == [cast.carol.id]
    await change_account(conn, cast.alice.viewer, hide_collections=False)
    await act(cast.alice, "block", cast.bob)
    assert await seen_by(cast.bob) == ([], [])
    assert (await seen_by(None))[1] == [cast.carol.id]
    await suspend(conn, cast.alice)
    assert await seen_by(None) == ([], [])
    assert refusal(await cast.bob.get(f"/accounts/{NOBODY}/followers")) == NOT_FOUND


async def test_lists_that_an_account_stands_on(cast: Cast) -> None:
    await act(cast.alice, "follow", cast.bob)
    made = (await cast.alice.post("/lists", title="Friends")).json()
    await cast.alice.post("/lists", title="Others")
    await cast.alice.post(f"/lists/{made['id']}/accounts", **{"account_ids[]": cast.bob.id})
    found = strictly(await cast.alice.get(f"/accounts/{cast.bob.id}/lists"), list[List])
    assert [each.title for each in found] == ["Friends"]
    assert (await cast.carol.get(f"/accounts/{cast.bob.id}/lists")).json() == []
    assert refusal(await cast.alice.get(f"/accounts/{NOBODY}/lists")) == NOT_FOUND


async def test_no_domains_are_blocked_yet(cast: Cast) -> None:
    assert (await cast.alice.get("/domain_blocks")).json() == []


# Who may call, each in one test: an application of its own for every case would cost more than it tells


PUBLIC = {"followers", "following", "endorsements"}


async def test_every_route_asks_for_its_scope_and_for_a_member(
    conn: Connection, client: httpx.AsyncClient, cast: Cast
) -> None:
    wrong = await with_scopes(conn, cast.alice, "write:media push")
    application = {"authorization": f"Bearer {(await make_token(conn, None)).bearer}"}
    enough = {route.scope: await with_scopes(conn, cast.alice, str(route.scope)) for route in ROUTES}
    for route in ROUTES:
        path = route.path.removeprefix("/api/v1").replace("{id:str}", str(cast.bob.id))
        public = "{id" in route.path and path.rpartition("/")[2] in PUBLIC
        case = f"{route.method} {path}"
        nobody = await client.request(route.method, "/api/v1" + path)
        assert nobody.status_code == (200 if public else 401), case
        assert (await wrong.ask(route.method, path)).status_code == 403, case
        assert (await enough[route.scope].ask(route.method, path)).status_code in {200, 404, 422}, case
        if not public:
            alone = await client.request(route.method, "/api/v1" + path, headers=application)
            assert refusal(alone) == (422, "This method requires an authenticated user"), case


async def test_nobody_does_it_to_themselves_or_to_nobody(cast: Cast) -> None:
    verbs = {
        route.path.rpartition("/")[2]
        for route in ROUTES
        if route.method == "POST" and "/accounts/" in route.path
    }
    assert len(verbs) == 12
    for verb in verbs:
        assert refusal(await cast.alice.post(f"/accounts/{NOBODY}/{verb}")) == NOT_FOUND
        to_oneself = await cast.alice.post(f"/accounts/{cast.alice.id}/{verb}")
        if verb in {"pin", "endorse"}:
            assert to_oneself.status_code == 422
        elif verb in {"unpin", "unendorse"}:
            assert not strictly(to_oneself, Relationship).endorsed
        else:
            assert refusal(to_oneself) == NOT_ALLOWED
    profile = (await cast.alice.get(f"/accounts/{cast.alice.id}")).json()
    assert (profile["followers_count"], profile["following_count"]) == (0, 0)
