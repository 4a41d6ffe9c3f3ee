"""Fills a timeline on follow, on listing and on coming back; prunes it on unfollow, block and leaving a list."""

from parley.graph.followed_tags import followed_tags_of
from parley.graph.lists import away_from_home
from parley.graph.relationships import followed_among, followee_ids
from parley.kit.db import Connection
from parley.kit.ids import ID_MAX, AccountId
from parley.kit.partitions import oldest_kept_id
from parley.timelines import queries

PER_ACCOUNT = 40
PER_TAG = 40
HOME_LENGTH = 400
FOLLOWEES_MAX = 2000
_ACCOUNTS_PER_STATEMENT = 200


async def fill_from(conn: Connection, owner_id: int, account_id: AccountId) -> None:
    """The newest statuses of one account into a home or a list."""
    entries = await queries.newest_of_accounts(
        conn, [account_id], ID_MAX, oldest_kept_id("home_entries"), PER_ACCOUNT
    )
    await queries.insert_entries(conn, [(owner_id, entry) for entry in entries])


async def fill_home_from(conn: Connection, account_id: AccountId, followee_id: AccountId) -> None:
    """The newest statuses of one account into a home, unless they are read on an exclusive list."""
    if followee_id not in await away_from_home(conn, account_id):
        await fill_from(conn, account_id, followee_id)


async def fill_home_from_tag(conn: Connection, account_id: AccountId, tag: str) -> None:
    """The newest public posts with a tag, but those of who is read on an exclusive list."""
    await _fill_from_tag(conn, account_id, tag, await away_from_home(conn, account_id))


async def _fill_from_tag(
    conn: Connection, account_id: AccountId, tag: str, away: frozenset[AccountId]
) -> None:
    entries = await queries.newest_with_tag(conn, tag, oldest_kept_id("home_entries"), PER_TAG)
    wanted = [entry for entry in entries if entry.account_id not in away]
    await queries.insert_entries(conn, [(account_id, entry) for entry in wanted])


async def take_out_tag(conn: Connection, account_id: AccountId, tag: str) -> None:
    """What came by a tag alone. Reading hides it from the first moment; this keeps pages from being mostly hidden."""
    entries = await queries.newest_with_tag(conn, tag, oldest_kept_id("home_entries"), HOME_LENGTH)
    authors = {entry.account_id for entry in entries}
    kept = {account_id, *await followed_among(conn, account_id, authors)}
    strangers = [entry.status_id for entry in entries if entry.account_id not in kept]
    others = await followed_tags_of(conn, account_id)
    if strangers and others:
        also = await queries.tagged_among(conn, sorted(others), strangers)
        strangers = [each for each in strangers if each not in also]
    if strangers:
        await queries.delete_entries_of(conn, account_id, strangers)


async def rebuild_home(conn: Connection, account_id: AccountId) -> None:
    """A home for somebody who was not pushed to while away: the newest of all and all tags they follow, and their own."""
    away = await away_from_home(conn, account_id)
    followed = await followee_ids(conn, account_id, FOLLOWEES_MAX)
    followees = [account_id, *(each for each in followed if each not in away)]
    for start in range(0, len(followees), _ACCOUNTS_PER_STATEMENT):
        part = followees[start : start + _ACCOUNTS_PER_STATEMENT]
        entries = await queries.newest_of_accounts(
            conn, part, ID_MAX, oldest_kept_id("home_entries"), HOME_LENGTH
        )
        await queries.insert_entries(conn, [(account_id, entry) for entry in entries])
    for tag in sorted(await followed_tags_of(conn, account_id)):
        await _fill_from_tag(conn, account_id, tag, away)


async def take_out(conn: Connection, owner_id: int, account_id: AccountId) -> None:
    """What an account put there; reading hides it from the first moment, this only frees the rows."""
    await queries.delete_entries_by(conn, owner_id, account_id)


async def drop_timeline(conn: Connection, owner_id: int) -> None:
    await queries.delete_all_entries(conn, owner_id)
