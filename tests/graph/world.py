"""Three members, and looking behind the acts: rows, counts, events."""

from typing import Any

import msgspec

from parley.graph.models import Relationship
from parley.graph.queries import find_relationship
from parley.identity.accounts import account_views
from parley.identity.queries import insert_account, insert_account_counts
from parley.identity.signup import new_account
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.events import EventHappened
from parley.kit.ids import AccountId, bucket_of, new_account_id


class Cast(msgspec.Struct, frozen=True):
    alice: Viewer
    bob: Viewer
    carol: Viewer


async def make_viewer(conn: Connection, username: str, **changes: Any) -> Viewer:
    account = msgspec.structs.replace(new_account(new_account_id(), username), **changes)
    await insert_account(conn, account)
    await insert_account_counts(conn, account.id)
    return Viewer(account_id=account.id)


def id_of(viewer: Viewer) -> AccountId:
    assert viewer.account_id is not None
    return viewer.account_id


async def change_account(conn: Connection, viewer: Viewer, **changes: Any) -> None:
    """Behind the caches' back, so with a new version."""
    for column, value in changes.items():
        await conn.execute(
            f"update accounts set {column} = $3 where bucket = $1 and id = $2",
            bucket_of(id_of(viewer)),
            id_of(viewer),
            value,
        )
    await conn.execute(
        "update account_counts set version = version + 1 where bucket = $1 and account_id = $2",
        bucket_of(id_of(viewer)),
        id_of(viewer),
    )


async def counts_of(conn: Connection, viewer: Viewer) -> tuple[int, int]:
    """(following, followers)"""
    counts = (await account_views(conn, [id_of(viewer)]))[id_of(viewer)].counts
    return counts.following_count, counts.followers_count


async def events_so_far(conn: Connection) -> list[tuple[str, dict[str, Any]]]:
    """In no order that could be relied on: the events of one act bear the same time."""
    rows = await conn.fetch_column("select payload from jobs where lane = 'events'")
    happened = [msgspec.json.decode(payload, type=EventHappened) for payload in rows]
    return sorted(((each.type, msgspec.json.decode(each.event)) for each in happened), key=str)


async def rows_of(conn: Connection, viewer: Viewer) -> dict[AccountId, Relationship]:
    others = await conn.fetch_column(
        "select other_id from relationships where bucket = $1 and account_id = $2",
        bucket_of(id_of(viewer)),
        id_of(viewer),
    )
    return {each: await find_relationship(conn, id_of(viewer), each) or Relationship(each) for each in others}
