"""Whatever happens between three accounts, both sides' rows say the same, and the counts are those of the rows."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.graph import block, endorsements, follow, lists, mute, notes
from parley.graph.models import Relationship
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import Forbidden, Invalid, NotFound
from parley.kit.ids import AccountId, ListId
from tests.graph.world import change_account, counts_of, id_of, make_viewer, rows_of

Act = Callable[[Connection, Viewer, Viewer, ListId], Awaitable[Any]]


def _act(act: Callable[..., Awaitable[Any]], **options: Any) -> Act:
    return lambda conn, viewer, other, _list_id: act(conn, viewer, id_of(other), **options)


ACTS: dict[str, Act] = {
    "follow": _act(follow.follow),
    "follow with options": _act(follow.follow, reblogs=False, notify=True, languages=["de", "pt-BR"]),
    "unfollow": _act(follow.unfollow),
    "remove follower": _act(follow.remove_follower),
    "accept": _act(follow.accept_request),
    "reject": _act(follow.reject_request),
    "block": _act(block.block),
    "unblock": _act(block.unblock),
    "mute": _act(mute.mute, duration_seconds=60),
    "unmute": _act(mute.unmute),
    "note": _act(notes.set_note, note="met at the lake"),
    "endorse": _act(endorsements.endorse),
    "unendorse": _act(endorsements.unendorse),
    "list": lambda conn, viewer, other, list_id: lists.add_members(conn, viewer, list_id, [id_of(other)]),
    "lock": lambda conn, viewer, _other, _list_id: change_account(conn, viewer, locked=True),
    "unlock": lambda conn, viewer, _other, _list_id: change_account(conn, viewer, locked=False),
}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
async def test_rows_mirror_each_other_and_counts_equal_rows(
    conn: Connection, steps: list[tuple[str, int, int]]
) -> None:
    three = [await make_viewer(conn, f"member{number}") for number in range(3)]
    list_ids = [(await lists.create_list(conn, viewer, "friends")).id for viewer in three]
    for name, actor, other in steps:
        with suppress(Forbidden, NotFound, Invalid):
            async with conn.savepoint():
                await ACTS[name](conn, three[actor], three[other], list_ids[actor])
    rows = {id_of(viewer): await rows_of(conn, viewer) for viewer in three}
    for viewer, list_id in zip(three, list_ids, strict=True):
        account_id = id_of(viewer)
        _check_mirrors(account_id, rows)
        mine = rows[account_id].values()
        assert await counts_of(conn, viewer) == (
            sum(row.follow_id is not None for row in mine),
            sum(row.followed_by_id is not None for row in mine),
        )
        await _check_places(conn, viewer, list_id, rows[account_id])


def _check_mirrors(account_id: AccountId, rows: dict[AccountId, dict[AccountId, Relationship]]) -> None:
    assert account_id not in rows[account_id]
    for other_id, mine in rows[account_id].items():
        theirs = rows[other_id].get(account_id) or Relationship(account_id)
        assert (mine.follow_id, mine.show_reblogs, mine.notify, mine.languages, mine.requested_id) == (
            theirs.followed_by_id,
            theirs.followed_by_shows_reblogs,
            theirs.followed_by_notify,
            theirs.followed_by_languages,
            theirs.requested_by_id,
        )
        assert mine.block_id == theirs.blocked_by_id
        _check_one(mine)


def _check_one(mine: Relationship) -> None:
    """What can't go together."""
    assert mine.follow_id is None or mine.requested_id is None
    assert mine.endorsement_id is None or mine.follow_id is not None
    if mine.blocked_either_way:
        assert mine.follow_id is mine.requested_id is mine.followed_by_id is mine.requested_by_id is None
    if mine.follow_id is None and mine.requested_id is None:
        assert (mine.show_reblogs, mine.notify, mine.languages) == (True, False, None)


async def _check_places(
    conn: Connection, viewer: Viewer, list_id: ListId, rows: dict[AccountId, Relationship]
) -> None:
    """Nobody stands on a list whom its owner does not follow."""
    listed = [other_id for other_id in rows if await lists.lists_with(conn, viewer, other_id)]
    assert all(rows[other_id].follow_id is not None for other_id in listed)
