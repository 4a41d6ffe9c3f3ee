"""Finding accounts: by their exact handle at once, else by how their names begin."""

from parley.discovery import queries
from parley.graph.relationships import followee_ids, relationships_of
from parley.identity.accounts import account_views, find_account_by_handle
from parley.identity.addresses import parse_handle
from parley.identity.models import AccountView
from parley.identity.viewer import Viewer
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.text import one_line

RESULTS_MAX = 200
_TEXT_LENGTH_MAX = 300
_FOLLOWEES_MAX = 1000
_CANDIDATES_MAX = 200


async def search_accounts(
    conn: Connection,
    settings: Settings,
    viewer: Viewer,
    text: str,
    *,
    limit: int,
    offset: int = 0,
    following: bool = False,
) -> list[AccountView]:
    """The account of exactly that handle first, then those the viewer follows, then others by their followers.

    `following` leaves out whom the viewer doesn't follow. Who blocks the viewer isn't found.
    """
    text = one_line(text)[:_TEXT_LENGTH_MAX]
    if not text or offset >= RESULTS_MAX:
        return []
    exact = await _exact(conn, settings, text)
    followees = await _followees(conn, viewer)
    found = [exact] if exact is not None and (not following or exact in followees) else []
    name = text.removeprefix("@")
    # Whoever gives a domain means one account.
    if name and "@" not in name:
        if followees:
            found += await queries.account_ids_among(conn, followees, name, RESULTS_MAX)
        if not following:
            found += await queries.account_ids_by_prefix(conn, name, _CANDIDATES_MAX, RESULTS_MAX)
    distinct = await _not_blocking(conn, viewer, list(dict.fromkeys(found)))
    wanted = distinct[offset : offset + limit]
    views = await account_views(conn, wanted)
    return [views[each] for each in wanted if each in views]


async def _exact(conn: Connection, settings: Settings, text: str) -> AccountId | None:
    handle = parse_handle(text, settings.domain)
    view = None if handle is None else await find_account_by_handle(conn, handle)
    return None if view is None or view.account.suspended_at is not None else view.account.id


async def _followees(conn: Connection, viewer: Viewer) -> list[AccountId]:
    if viewer.account_id is None:
        return []
    return await followee_ids(conn, viewer.account_id, _FOLLOWEES_MAX)


async def _not_blocking(conn: Connection, viewer: Viewer, ids: list[AccountId]) -> list[AccountId]:
    if viewer.account_id is None or not ids:
        return ids
    relations = await relationships_of(conn, viewer.account_id, ids)
    return [each for each in ids if relations[each].blocked_by_id is None]
