"""What an account that is no more did with others' posts is taken back: likes, bookmarks and the like, votes."""

from collections.abc import Sequence

from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.ids import AccountId, StatusId
from parley.publishing import interaction_queries, leave_queries, queries
from parley.publishing.events import Unfavourited

_STEP = 100


async def forget_some_marks(conn: Connection, account_id: AccountId) -> bool:
    """Likes, bookmarks, muted threads; boosts are posts of its own. Whether there may be more."""
    marked = await leave_queries.marks_of(conn, account_id, _STEP)
    liked = [each.status_id for each in marked if each.favourite_id is not None]
    authors = (
        {each.id: each.account_id for each in await queries.statuses_by_ids(conn, liked)} if liked else {}
    )
    # By status, the order in which whoever counts at several goes.
    for status_id in sorted(liked):
        await interaction_queries.delete_status_favourite(conn, status_id, account_id)
        if status_id in authors and await queries.add_to_status_counts(conn, status_id, favourites=-1):
            await emit(conn, Unfavourited(account_id, status_id, authors[status_id]))
    for each in marked:
        await interaction_queries.delete_interactions(conn, [account_id], each.status_id)
    return len(marked) == _STEP


async def forget_votes(conn: Connection, account_id: AccountId, status_ids: Sequence[StatusId]) -> None:
    """In the polls of these posts: whose they were. What polls have counted stays, as others have seen it."""
    statuses = await queries.statuses_by_ids(conn, status_ids) if status_ids else []
    polls = [each.poll_id for each in statuses if each.poll_id is not None]
    await leave_queries.delete_votes(conn, account_id, polls)
