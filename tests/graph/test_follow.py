"""Follows and requests: what is told to others, what limits hold. Refusals by their status: see the doors."""

import pytest

from parley.graph import block, follow, lists
from parley.graph.errors import TooManyFollows, WrongLanguages
from parley.graph.relationships import (
    followed_among,
    followee_ids,
    followers_among,
    followers_batch,
    relationship_of,
    relationships_of,
)
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId
from tests.database import CountingConnection
from tests.graph.world import Cast, change_account, counts_of, events_so_far, id_of, make_viewer


def told(name: str, account: Viewer, target: Viewer, **more: bool) -> tuple[str, dict[str, object]]:
    return name, {"account_id": id_of(account), "target_id": id_of(target), **more}


async def test_a_follow_is_told_once_however_often_it_is_repeated(conn: Connection, cast: Cast) -> None:
    first = await follow.follow(conn, cast.alice, id_of(cast.bob))
    again = await follow.follow(conn, cast.alice, id_of(cast.bob), reblogs=False)

    assert first.follow_id == again.follow_id
    assert (first.show_reblogs, again.show_reblogs, again.notify) == (True, False, False)
    assert await events_so_far(conn) == [told("Followed", cast.alice, cast.bob, accepted=False)]
    assert (await counts_of(conn, cast.alice), await counts_of(conn, cast.bob)) == ((1, 0), (0, 1))


async def test_options_that_are_not_given_stay(conn: Connection, cast: Cast) -> None:
    await follow.follow(conn, cast.alice, id_of(cast.bob), notify=True, languages=["de", "de", "fr"])
    kept = await follow.follow(conn, cast.alice, id_of(cast.bob))
    assert (kept.notify, kept.languages) == (True, ("de", "fr"))
    every = await follow.follow(conn, cast.alice, id_of(cast.bob), languages=[])
    assert (every.notify, every.languages) == (True, None)


@pytest.mark.parametrize("languages", [["german"], ["d"], ["de\n"], [""], ["de"] * 101])
async def test_languages_that_are_none(conn: Connection, cast: Cast, languages: list[str]) -> None:
    with pytest.raises(WrongLanguages):
        await follow.follow(conn, cast.alice, id_of(cast.bob), languages=languages)


async def test_who_is_locked_is_asked_and_the_options_wait_with_the_request(
    conn: Connection, cast: Cast
) -> None:
    await change_account(conn, cast.bob, locked=True)
    asked = await follow.follow(conn, cast.alice, id_of(cast.bob), reblogs=False, notify=True)
    assert asked.follow_id is None
    assert asked.requested_id is not None
    assert await counts_of(conn, cast.bob) == (0, 0)
    assert await follow.count_requests(conn, id_of(cast.bob)) == 1

    accepted = await follow.accept_request(conn, cast.bob, id_of(cast.alice))
    assert accepted.followed_by_id is not None
    assert (accepted.requested_by_id, accepted.followed_by_shows_reblogs) == (None, False)
    mine = await relationship_of(conn, id_of(cast.alice), id_of(cast.bob))
    assert (mine.requested_id, mine.show_reblogs, mine.notify) == (None, False, True)
    assert await counts_of(conn, cast.bob) == (0, 1)
    assert await events_so_far(conn) == [
        told("FollowRequested", cast.alice, cast.bob),
        told("Followed", cast.alice, cast.bob, accepted=True),
    ]


async def test_a_request_stays_when_its_target_unlocks_and_becomes_a_follow_when_repeated(
    conn: Connection, cast: Cast
) -> None:
    await change_account(conn, cast.bob, locked=True)
    await follow.follow(conn, cast.alice, id_of(cast.bob))
    await change_account(conn, cast.bob, locked=False)
    assert await follow.count_requests(conn, id_of(cast.bob)) == 1

    repeated = await follow.follow(conn, cast.alice, id_of(cast.bob))
    assert repeated.follow_id is not None
    assert repeated.requested_id is None
    assert await counts_of(conn, cast.alice) == (1, 0)


async def test_who_is_limited_has_to_ask_everyone(conn: Connection, cast: Cast) -> None:
    await change_account(conn, cast.alice, limited_at=clock.now())
    assert (await follow.follow(conn, cast.alice, id_of(cast.bob))).requested_id is not None


async def test_requests_count_towards_the_limit_on_follows(
    conn: Connection, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "FOLLOWS_MAX", 2)
    dora = await make_viewer(conn, "dora", locked=True)
    await follow.follow(conn, cast.alice, id_of(dora))
    await follow.follow(conn, cast.alice, id_of(cast.bob))
    with pytest.raises(TooManyFollows):
        await follow.follow(conn, cast.alice, id_of(cast.carol))

    await follow.follow(conn, cast.alice, id_of(cast.bob), notify=True)
    await follow.unfollow(conn, cast.alice, id_of(dora))
    assert (await follow.follow(conn, cast.alice, id_of(cast.carol))).follow_id is not None


async def test_what_ends_a_follow_takes_off_lists_and_tells(conn: Connection, cast: Cast) -> None:
    enders = (
        (follow.unfollow, cast.alice, cast.bob),
        (follow.remove_follower, cast.bob, cast.alice),
        (block.block, cast.alice, cast.bob),
        (block.block, cast.bob, cast.alice),
    )
    made = await lists.create_list(conn, cast.alice, "friends")
    for end, actor, other in enders:
        await follow.follow(conn, cast.alice, id_of(cast.bob))
        await lists.add_members(conn, cast.alice, made.id, [id_of(cast.bob)])
        await conn.execute("delete from jobs")
        await end(conn, actor, id_of(other))
        off = {
            "list_id": made.id,
            "added": False,
            "owner_id": id_of(cast.alice),
            "account_id": id_of(cast.bob),
        }
        events = await events_so_far(conn)
        assert ("ListChanged", off) in events
        if end is block.block:
            assert told("Blocked", actor, other) in events
            await block.unblock(conn, actor, id_of(other))
        else:
            assert told("Unfollowed", cast.alice, cast.bob) in events
        assert len(events) == 2
        assert await counts_of(conn, cast.bob) == (0, 0)
        assert await lists.lists_with(conn, cast.alice, id_of(cast.bob)) == []


async def test_who_asked_and_was_suspended_since_can_be_rejected_only(conn: Connection, cast: Cast) -> None:
    await change_account(conn, cast.bob, locked=True)
    await follow.follow(conn, cast.alice, id_of(cast.bob))
    await change_account(conn, cast.alice, suspended_at=clock.now())
    with pytest.raises(NotFound):
        await follow.accept_request(conn, cast.bob, id_of(cast.alice))
    rejected = await follow.reject_request(conn, cast.bob, id_of(cast.alice))
    assert rejected.requested_by_id is None


async def test_ending_what_never_began_leaves_nothing_behind(conn: Connection, cast: Cast) -> None:
    await follow.unfollow(conn, cast.alice, id_of(cast.bob))
    await follow.remove_follower(conn, cast.alice, id_of(cast.bob))
    await block.unblock(conn, cast.alice, id_of(cast.bob))
    assert await conn.fetch_value("select count(*) from relationships") == 0
    assert await events_so_far(conn) == []


async def test_followers_are_walked_in_the_order_they_came(conn: Connection, cast: Cast) -> None:
    await follow.follow(conn, cast.bob, id_of(cast.alice), languages=["de"])
    await follow.follow(conn, cast.carol, id_of(cast.alice), reblogs=False, notify=True)

    (first,) = await followers_batch(conn, id_of(cast.alice), 0, 1)
    assert (first.account_id, first.shows_reblogs, first.notify, first.languages) == (
        id_of(cast.bob),
        True,
        False,
        ("de",),
    )
    (second,) = await followers_batch(conn, id_of(cast.alice), first.followed_by_id, 10)
    assert (second.account_id, second.shows_reblogs, second.notify, second.languages) == (
        id_of(cast.carol),
        False,
        True,
        None,
    )
    assert await followers_batch(conn, id_of(cast.alice), second.followed_by_id, 10) == []


async def test_many_relations_in_one_statement(conn: CountingConnection, cast: Cast) -> None:
    alice, bob, carol = id_of(cast.alice), id_of(cast.bob), id_of(cast.carol)
    await follow.follow(conn, cast.alice, bob)
    nobody = AccountId(77)

    before = conn.statements
    found = await relationships_of(conn, alice, [carol, bob, nobody])
    assert conn.statements == before + 1
    assert list(found) == [carol, bob, nobody]
    assert [row.follow_id is not None for row in found.values()] == [False, True, False]

    assert await followee_ids(conn, alice, 10) == [bob]
    assert await followed_among(conn, alice, [bob, carol]) == {bob}
    assert await followers_among(conn, bob, [alice, carol]) == [alice]
    before = conn.statements
    assert await relationships_of(conn, alice, []) == {}
    assert await followed_among(conn, alice, []) == frozenset()
    assert await followers_among(conn, alice, []) == []
    assert conn.statements == before
