"""Followers, followees, requests, blocks, mutes and endorsements, page by page, newest first."""

from parley.graph import queries
from parley.graph.models import Related, RelatedPage
from parley.graph.relationships import relationship_of, relationships_of
from parley.identity.accounts import require_account_by_id
from parley.identity.models import Account
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.paging import Page

_NOTHING = RelatedPage()


async def followers(conn: Connection, viewer: Viewer, account_id: AccountId, page: Page) -> RelatedPage:
    return await _public_page(conn, viewer, account_id, "followed_by_id", page)


async def following(conn: Connection, viewer: Viewer, account_id: AccountId, page: Page) -> RelatedPage:
    return await _public_page(conn, viewer, account_id, "follow_id", page)


async def endorsements(conn: Connection, viewer: Viewer, account_id: AccountId, page: Page) -> RelatedPage:
    """Featured on purpose: shown also by those who hide whom they follow."""
    account = (await require_account_by_id(conn, account_id)).account
    if account.suspended_at is not None or await _is_blocked(conn, viewer, account_id):
        return _NOTHING
    return await _seen_by(conn, viewer, account_id, await _page(conn, account_id, "endorsement_id", page))


async def requests(conn: Connection, viewer: Viewer, page: Page) -> RelatedPage:
    """Who waits for the viewer's answer."""
    return await _page(conn, require_account(viewer), "requested_by_id", page)


async def blocks(conn: Connection, viewer: Viewer, page: Page) -> RelatedPage:
    return await _page(conn, require_account(viewer), "block_id", page)


async def mutes(conn: Connection, viewer: Viewer, page: Page) -> RelatedPage:
    found = await _page(conn, require_account(viewer), "mute_id", page)
    now = clock.now()
    lasting = [each for each in found.entries if each.mute_expires_at is None or each.mute_expires_at > now]
    return RelatedPage(tuple(lasting), found.oldest_id, found.newest_id, found.full)


def page_of(rows: list[Related], page: Page) -> RelatedPage:
    if not rows:
        return _NOTHING
    return RelatedPage(tuple(rows), rows[-1].act_id, rows[0].act_id, full=len(rows) >= page.limit)


async def _page(conn: Connection, account_id: AccountId, act: queries.Act, page: Page) -> RelatedPage:
    return page_of(await queries.related_page(conn, account_id, act, page), page)


async def _public_page(
    conn: Connection, viewer: Viewer, account_id: AccountId, act: queries.Act, page: Page
) -> RelatedPage:
    account = (await require_account_by_id(conn, account_id)).account
    if _hides(account, viewer) or await _is_blocked(conn, viewer, account_id):
        return _NOTHING
    return await _seen_by(conn, viewer, account_id, await _page(conn, account_id, act, page))


def _hides(account: Account, viewer: Viewer) -> bool:
    return account.suspended_at is not None or (account.hide_collections and viewer.account_id != account.id)


async def _is_blocked(conn: Connection, viewer: Viewer, account_id: AccountId) -> bool:
    if viewer.account_id is None or viewer.account_id == account_id:
        return False
    return (await relationship_of(conn, viewer.account_id, account_id)).blocked_by_id is not None


async def _seen_by(
    conn: Connection, viewer: Viewer, account_id: AccountId, found: RelatedPage
) -> RelatedPage:
    """Without those who the viewer blocks or mutes, or who block the viewer; one's own lists are shown whole."""
    if viewer.account_id is None or viewer.account_id == account_id:
        return found
    ids = [each.account_id for each in found.entries]
    relations = await relationships_of(conn, viewer.account_id, ids)
    seen = [
        each
        for each in found.entries
        if not relations[each.account_id].blocked_either_way and relations[each.account_id].mute_id is None
    ]
    return RelatedPage(tuple(seen), found.oldest_id, found.newest_id, found.full)
