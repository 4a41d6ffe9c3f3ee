"""Finding accounts: by their exact handle at once; by how any word of their names begins; by words with a slip."""

from collections.abc import Sequence

import msgspec

from parley.discovery import account_queries as queries
from parley.discovery.index_accounts import one_slip_apart, spellings_of
from parley.discovery.search_words import is_pair, words_of
from parley.graph.models import Relationship
from parley.graph.relationships import followee_ids, relationships_of
from parley.identity.accounts import find_account_id_by_handle, open_account_views
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
_WORDS_MAX = 6
_STRANGER = Relationship(AccountId(0))


class _Candidates(msgspec.Struct, frozen=True):
    """`exact` has that very handle; `close` are found by a slip alone."""

    exact: AccountId | None
    found: tuple[AccountId, ...]
    close: tuple[AccountId, ...] = ()

    @property
    def ids(self) -> list[AccountId]:
        exact = () if self.exact is None else (self.exact,)
        return list(dict.fromkeys((*exact, *self.found, *self.close)))


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
    """The account of exactly that handle, then those whom the viewer follows, who follow the viewer, then others by
    their followers; whom a slip keeps apart from what was typed come last.

    `following` leaves out whom the viewer doesn't follow. Who blocks the viewer isn't found, whom the viewer blocks
    by the exact handle alone. A fixed number of statements.
    """
    text = one_line(text)[:_TEXT_LENGTH_MAX]
    if not text or offset >= RESULTS_MAX:
        return []
    candidates = await _candidates(conn, settings, viewer, text, offset + limit, following=following)
    views = await open_account_views(conn, candidates.ids)
    relations = await _relations(conn, viewer, list(views))
    kept = [
        each
        for each in candidates.ids
        if each in views
        and _is_found(views[each], relations.get(each, _STRANGER), exact=each == candidates.exact)
        and (not following or relations.get(each, _STRANGER).follow_id is not None)
    ]
    kept.sort(key=lambda each: _rank(views[each], relations.get(each, _STRANGER), candidates))
    return [views[each] for each in kept[offset : offset + limit]]


async def _candidates(
    conn: Connection, settings: Settings, viewer: Viewer, text: str, wanted: int, *, following: bool
) -> _Candidates:
    exact = await _exact(conn, settings, text)
    name = text.removeprefix("@")
    # Whoever gives a domain means one account.
    words = [] if "@" in name else _words(name)
    if not words:
        return _Candidates(exact, ())
    followees = await _followees(conn, viewer)
    longest = max(words, key=len)
    found = await queries.account_ids_among(conn, followees, longest) if followees else []
    if not following:
        found += await queries.account_ids_by_beginning(conn, longest, _CANDIDATES_MAX)
    if len(words) > 1:
        found = await _with_all_words(conn, found, words)
    close: list[AccountId] = []
    if len(set(found)) < wanted and spellings_of(longest):
        close = await queries.account_ids_by_spellings(conn, spellings_of(longest), _CANDIDATES_MAX)
        close = await _with_all_words(conn, [each for each in close if each not in found], words, slips=True)
    return _Candidates(exact, tuple(found), tuple(close))


def _words(name: str) -> list[str]:
    """Of a run without spaces the pairs, or its single character."""
    found = words_of(name)
    kept = [
        word for place, word in enumerate(found)
        if word.whole or is_pair(word) or place == 0 or found[place - 1].whole
    ]  # fmt: skip
    return list(dict.fromkeys(word.text for word in kept))[:_WORDS_MAX]


async def _with_all_words(
    conn: Connection, ids: Sequence[AccountId], words: Sequence[str], *, slips: bool = False
) -> list[AccountId]:
    """Those in whose names each of the words begins one; or, with slips, is nearly one."""
    if not ids:
        return []
    names: dict[AccountId, list[str]] = {}
    for account_id, word in await queries.words_among(conn, list(dict.fromkeys(ids))):
        names.setdefault(account_id, []).append(word)
    return [each for each in dict.fromkeys(ids) if _fits(names.get(each, []), words, slips=slips)]


def _fits(names: Sequence[str], words: Sequence[str], *, slips: bool) -> bool:
    return all(
        any(name.startswith(word) or (slips and one_slip_apart(word, name)) for name in names)
        for word in words
    )


async def _exact(conn: Connection, settings: Settings, text: str) -> AccountId | None:
    handle = parse_handle(text, settings.domain)
    return None if handle is None else await find_account_id_by_handle(conn, handle)


async def _followees(conn: Connection, viewer: Viewer) -> list[AccountId]:
    if viewer.account_id is None:
        return []
    return await followee_ids(conn, viewer.account_id, _FOLLOWEES_MAX)


async def _relations(
    conn: Connection, viewer: Viewer, ids: Sequence[AccountId]
) -> dict[AccountId, Relationship]:
    if viewer.account_id is None:
        return {}
    return await relationships_of(conn, viewer.account_id, ids)


def _is_found(view: AccountView, relation: Relationship, *, exact: bool) -> bool:
    if view.account.suspended_at is not None or relation.blocked_by_id is not None:
        return False
    if exact or relation.follow_id is not None:
        return True
    return view.account.limited_at is None and relation.block_id is None


def _rank(view: AccountView, relation: Relationship, candidates: _Candidates) -> tuple[bool | int, ...]:
    account_id = view.account.id
    return (
        account_id != candidates.exact,
        account_id in candidates.close,
        relation.follow_id is None,
        relation.followed_by_id is None,
        -view.counts.followers_count,
        account_id,
    )
