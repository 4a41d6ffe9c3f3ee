"""Lists: limits, what is told to timelines, and what fan-out reads."""

import pytest

from parley.graph import follow, lists
from parley.graph.errors import TooManyListed, TooManyLists
from parley.kit.db import Connection
from tests.graph.world import Cast, events_so_far, id_of


async def test_there_is_a_limit_to_lists(
    conn: Connection, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "LISTS_MAX", 2)
    kept = await lists.create_list(conn, cast.alice, "one")
    await lists.create_list(conn, cast.alice, "two")
    with pytest.raises(TooManyLists):
        await lists.create_list(conn, cast.alice, "three")
    await lists.create_list(conn, cast.bob, "others are not concerned")
    await lists.delete_list(conn, cast.alice, kept.id)
    await lists.create_list(conn, cast.alice, "three")


async def test_there_is_a_limit_to_members(
    conn: Connection, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MEMBERS_MAX", 1)
    made = await lists.create_list(conn, cast.alice, "one")
    for target in (cast.bob, cast.carol):
        await follow.follow(conn, cast.alice, id_of(target))
    with pytest.raises(TooManyListed):
        await lists.add_members(conn, cast.alice, made.id, [id_of(cast.bob), id_of(cast.carol)])
    await lists.add_members(conn, cast.alice, made.id, [id_of(cast.bob)])


async def test_each_change_is_told_and_what_is_no_change_is_not(conn: Connection, cast: Cast) -> None:
    made = await lists.create_list(conn, cast.alice, "one")
    await follow.follow(conn, cast.alice, id_of(cast.bob))
    await conn.execute("delete from jobs")
    await lists.add_members(conn, cast.alice, made.id, [id_of(cast.bob), id_of(cast.bob)])
    await lists.remove_members(conn, cast.alice, made.id, [id_of(cast.bob), id_of(cast.carol)])
    change = {"owner_id": id_of(cast.alice), "list_id": made.id, "account_id": id_of(cast.bob)}
    assert await events_so_far(conn) == [
        ("ListChanged", {**change, "added": False}),
        ("ListChanged", {**change, "added": True}),
    ]

    await conn.execute("delete from jobs")
    await lists.add_members(conn, cast.alice, made.id, [id_of(cast.bob)])
    await lists.delete_list(conn, cast.alice, made.id)
    deleted = ("ListDeleted", {"owner_id": id_of(cast.alice), "list_id": made.id})
    assert deleted in await events_so_far(conn)
    assert await conn.fetch_value("select count(*) from list_accounts") == 0
