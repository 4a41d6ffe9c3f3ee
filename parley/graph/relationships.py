"""What an account has with others, read in its own bucket: for hydration, visibility and fan-out."""

from collections.abc import Collection

from parley.graph import queries
from parley.graph.models import Follower, Relationship
from parley.kit.db import Connection
from parley.kit.ids import AccountId


async def relationship_of(conn: Connection, account_id: AccountId, other_id: AccountId) -> Relationship:
    return await queries.find_relationship(conn, account_id, other_id) or Relationship(other_id)


async def relationships_of(
    conn: Connection, account_id: AccountId, other_ids: Collection[AccountId]
) -> dict[AccountId, Relationship]:
    """One statement; for every id asked, strangers included, in the order given."""
    if not other_ids:
        return {}
    found = {row.other_id: row for row in await queries.relationships_among(conn, account_id, other_ids)}
    return {each: found.get(each) or Relationship(each) for each in other_ids}


async def followee_ids(conn: Connection, account_id: AccountId, limit: int) -> list[AccountId]:
    """Newest follow first."""
    return await queries.followee_ids(conn, account_id, limit)


async def followed_among(
    conn: Connection, account_id: AccountId, other_ids: Collection[AccountId]
) -> frozenset[AccountId]:
    """Those of `other_ids` whom the account follows."""
    if not other_ids:
        return frozenset()
    return frozenset(await queries.followed_among(conn, account_id, other_ids))


async def followers_among(
    conn: Connection, account_id: AccountId, other_ids: Collection[AccountId]
) -> list[AccountId]:
    """Those of `other_ids` who follow the account."""
    if not other_ids:
        return []
    return await queries.followers_among(conn, account_id, other_ids, len(other_ids))


async def followers_batch(
    conn: Connection, account_id: AccountId, after_id: int, limit: int
) -> list[Follower]:
    """By ascending `followed_by_id`, from behind `after_id` on (0 begins): for walking all of them."""
    return await queries.followers_after(conn, account_id, after_id, limit)


async def followers_with_bell(
    conn: Connection, account_id: AccountId, after_id: int, limit: int
) -> list[Follower]:
    """As followers_batch, of those who wish to be told of each post."""
    return await queries.followers_with_bell(conn, account_id, after_id, limit)
