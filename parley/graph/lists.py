"""Lists and the accounts on them. Only who is followed can be put on a list."""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from parley.graph import list_queries, queries
from parley.graph.errors import (
    AlreadyListed,
    BlankTitle,
    TitleTooLong,
    TooManyListed,
    TooManyLists,
    UnknownRepliesPolicy,
)
from parley.graph.events import ListChanged, ListDeleted
from parley.graph.models import REPLIES_POLICIES, List, RelatedPage
from parley.graph.private_words import opened, opened_one, sealed
from parley.graph.related import page_of
from parley.identity.accounts import require_account_by_id
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, ListId, new_id
from parley.kit.paging import Page

LISTS_MAX = 50
MEMBERS_MAX = 2000
TITLE_LENGTH_MAX = 255

# Lists


async def create_list(
    conn: Connection, viewer: Viewer, title: str, *, replies_policy: str = "list", exclusive: bool = False
) -> List:
    account_id = require_account(viewer)
    _refuse_wrong(title, replies_policy)
    if len(await list_queries.lists_of(conn, account_id, LISTS_MAX)) >= LISTS_MAX:
        raise TooManyLists
    made = List(ListId(new_id(account_id)), account_id, title, replies_policy, exclusive, clock.now())
    await list_queries.insert_list(conn, await sealed(conn, made))
    return made


async def edit_list(
    conn: Connection,
    viewer: Viewer,
    list_id: ListId,
    *,
    title: str | None = None,
    replies_policy: str | None = None,
    exclusive: bool | None = None,
) -> List:
    """Changes what is given."""
    before = _own(await opened_one(conn, await _lock_own_list(conn, viewer, list_id)), viewer)
    after = replace(
        before,
        title=before.title if title is None else title,
        replies_policy=before.replies_policy if replies_policy is None else replies_policy,
        exclusive=before.exclusive if exclusive is None else exclusive,
    )
    _refuse_wrong(after.title, after.replies_policy)
    await list_queries.update_list(conn, await sealed(conn, after))
    return after


async def delete_list(conn: Connection, viewer: Viewer, list_id: ListId) -> None:
    found = await _lock_own_list(conn, viewer, list_id)
    await list_queries.delete_list(conn, list_id)
    await emit(conn, ListDeleted(found.account_id, list_id))


async def require_list(conn: Connection, viewer: Viewer, list_id: ListId) -> List:
    """One of the viewer's own; others' are not told apart from none."""
    return _own(await opened_one(conn, await list_queries.find_list(conn, list_id)), viewer)


async def require_untitled(conn: Connection, viewer: Viewer, list_id: ListId) -> List:
    """The same, for who shows no title: nothing is opened."""
    return _own(await list_queries.find_list(conn, list_id), viewer)


async def lists_of(conn: Connection, viewer: Viewer) -> list[List]:
    return await opened(conn, await list_queries.lists_of(conn, require_account(viewer), LISTS_MAX))


async def lists_with(conn: Connection, viewer: Viewer, account_id: AccountId) -> list[List]:
    """The viewer's lists that the account stands on."""
    await require_account_by_id(conn, account_id)
    return await opened(conn, await list_queries.lists_with(conn, require_account(viewer), account_id))


async def away_from_home(conn: Connection, owner_id: AccountId) -> frozenset[AccountId]:
    """Whom an account reads on its exclusive lists, and not in its home."""
    return frozenset(await list_queries.exclusive_members(conn, owner_id))


async def lists_without_replies(conn: Connection, list_ids: Collection[int]) -> frozenset[int]:
    """Those of these lists, whosever they are, whose owners want no replies in them."""
    return frozenset(await list_queries.lists_with_policy(conn, [ListId(each) for each in list_ids], "none"))


def _refuse_wrong(title: str, replies_policy: str) -> None:
    if not title.strip():
        raise BlankTitle
    if len(title) > TITLE_LENGTH_MAX:
        raise TitleTooLong
    if replies_policy not in REPLIES_POLICIES:
        raise UnknownRepliesPolicy


async def _lock_own_list(conn: Connection, viewer: Viewer, list_id: ListId) -> List:
    return _own(await list_queries.lock_list(conn, list_id), viewer)


def _own(found: List | None, viewer: Viewer) -> List:
    if found is None or found.account_id != require_account(viewer):
        raise NotFound
    return found


# Members


async def members(conn: Connection, viewer: Viewer, list_id: ListId, page: Page) -> RelatedPage:
    await require_untitled(conn, viewer, list_id)
    return page_of(await list_queries.members_page(conn, list_id, page), page)


async def members_among(
    conn: Connection, list_id: ListId, account_ids: Collection[AccountId]
) -> frozenset[AccountId]:
    """Those of these accounts that stand on the list."""
    return frozenset(await list_queries.members_among(conn, list_id, account_ids))


async def add_members(
    conn: Connection, viewer: Viewer, list_id: ListId, account_ids: Sequence[AccountId]
) -> None:
    """All or none."""
    owner_id = (await _lock_own_list(conn, viewer, list_id)).account_id
    wanted = list(dict.fromkeys(account_ids))
    if len(await queries.lock_followee_ids(conn, owner_id, wanted)) < len(wanted):
        raise NotFound
    if await list_queries.count_members(conn, list_id) + len(wanted) > MEMBERS_MAX:
        raise TooManyListed
    for each in wanted:
        if not await list_queries.insert_member(conn, list_id, owner_id, each, new_id(owner_id)):
            raise AlreadyListed
        await emit(conn, ListChanged(owner_id, list_id, each, added=True))


async def remove_members(
    conn: Connection, viewer: Viewer, list_id: ListId, account_ids: Collection[AccountId]
) -> None:
    """Who is not on the list need not be taken off."""
    owner_id = (await _lock_own_list(conn, viewer, list_id)).account_id
    for each in await list_queries.delete_members(conn, list_id, account_ids):
        await emit(conn, ListChanged(owner_id, list_id, each, added=False))


async def remove_from_lists(conn: Connection, owner_id: AccountId, account_id: AccountId) -> None:
    """Takes an account off all lists of an owner, who no longer follows it."""
    for list_id in await list_queries.delete_places(conn, owner_id, account_id):
        await emit(conn, ListChanged(owner_id, list_id, account_id, added=False))
