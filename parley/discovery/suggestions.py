"""Whom a member may wish to follow: those their friends follow, whom many follow lately, whom staff pick.

What friends follow is worked out once and kept for hours: a sample of the newest follows of a sample of friends, one
statement each, so that neither a member who follows thousands nor one friend who does makes it dear.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import msgspec

from parley.discovery import people_queries as queries
from parley.discovery.models import Kind, Suggestion, SuggestionList
from parley.discovery.trends import all_trends
from parley.graph.models import Relationship
from parley.graph.relationships import followee_ids, relationships_of
from parley.identity.accounts import (
    account_views,
    accounts_by_handles,
    open_account_views,
    require_account_by_id,
)
from parley.identity.addresses import parse_handle
from parley.identity.models import Account
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId, new_id
from parley.kit.jobs import defer

PICKED, FRIENDS, POPULAR = "featured", "friends_of_friends", "most_followed"
FRIENDS_ASKED_MAX = 40
FOLLOWS_OF_EACH_MAX = 100
KEPT_MAX = 80
DISMISSED_MAX = 1000
FRESH_FOR = timedelta(hours=12)


class RefreshSuggestions(msgspec.Struct, frozen=True):
    account_id: AccountId


async def suggestions_for(
    conn: Connection, settings: Settings, viewer: Viewer, limit: int
) -> list[Suggestion]:
    """Picked ones first, then friends of friends by how many, then whom many follow lately.

    Six statements; more only for whoever asks for the first time.
    """
    account_id = require_account(viewer)
    known = await queries.find_suggestion_list(conn, account_id) or await refresh(conn, account_id)
    if _is_old(known):
        await defer(conn, RefreshSuggestions(account_id))
    found = _merged(await _picked(conn, settings), known, await _popular(conn))
    fit = await _fit(conn, account_id, list(found))
    return [found[each] for each in found if each in fit][:limit]


def _is_old(known: SuggestionList) -> bool:
    return known.computed_at + FRESH_FOR < clock.now()


def _merged(
    picked: Sequence[AccountId], known: SuggestionList, popular: Sequence[AccountId]
) -> dict[AccountId, Suggestion]:
    """Each once, with all that speaks for it."""
    people = dict(zip(known.account_ids, known.people, strict=False))
    sources: dict[AccountId, list[str]] = {}
    for source, ids in ((PICKED, picked), (FRIENDS, known.account_ids), (POPULAR, popular)):
        for each in ids:
            sources.setdefault(each, []).append(source)
    return {each: Suggestion(each, tuple(why), people.get(each, 0)) for each, why in sources.items()}


async def _picked(conn: Connection, settings: Settings) -> list[AccountId]:
    handles = [parse_handle(each, settings.domain) for each in settings.suggested_accounts[:KEPT_MAX]]
    known = [each for each in handles if each is not None]
    found = await accounts_by_handles(conn, known)
    return [found[each].id for each in known if each in found]


async def _popular(conn: Connection) -> list[AccountId]:
    return [AccountId(each.subject_id) for each in await all_trends(conn, Kind.ACCOUNT)][:KEPT_MAX]


async def _fit(
    conn: Connection, account_id: AccountId, candidates: Collection[AccountId]
) -> frozenset[AccountId]:
    """Without the member, whom they have anything to do with, whom they dismissed, and who doesn't wish to be found."""
    if not candidates:
        return frozenset()
    relations = await relationships_of(conn, account_id, candidates)
    dismissed = await queries.dismissed_among(conn, account_id, candidates)
    views = await open_account_views(conn, candidates)
    return frozenset(
        each
        for each, view in views.items()
        if each != account_id
        and each not in dismissed
        and _is_stranger(relations[each])
        and is_findable(view.account)
    )


def _is_stranger(relation: Relationship) -> bool:
    return not (
        relation.blocked_either_way
        or relation.mute_id is not None
        or relation.follow_id is not None
        or relation.requested_id is not None
    )


def is_findable(account: Account) -> bool:
    return account.discoverable and account.suspended_at is None and account.limited_at is None


async def refresh_if_old(conn: Connection, account_id: AccountId) -> None:
    known = await queries.find_suggestion_list(conn, account_id)
    if known is None or _is_old(known):
        await refresh(conn, account_id)


# What friends follow -----------------------------------------------------------------------------------


async def refresh(conn: Connection, account_id: AccountId) -> SuggestionList:
    """Works it out anew and keeps it. Nobody who hides whom they follow is asked."""
    friends = await followee_ids(conn, account_id, FRIENDS_ASKED_MAX * 5)
    views = await account_views(conn, friends)
    asked = [each for each in friends if each in views and not _hides(views[each].account)]
    followed: Counter[AccountId] = Counter()
    for friend_id in asked[:FRIENDS_ASKED_MAX]:
        followed.update(await followee_ids(conn, friend_id, FOLLOWS_OF_EACH_MAX))
    for known in (account_id, *friends):
        followed.pop(known, None)
    best = sorted(followed.items(), key=lambda pair: (-pair[1], pair[0]))
    fit = await _fit(conn, account_id, [each for each, _ in best[: KEPT_MAX * 2]])
    kept: Mapping[AccountId, int] = dict([pair for pair in best if pair[0] in fit][:KEPT_MAX])
    found = SuggestionList(tuple(kept), tuple(kept.values()), clock.now())
    await queries.upsert_suggestion_list(conn, account_id, found)
    return found


def _hides(account: Account) -> bool:
    return account.hide_collections or account.suspended_at is not None


async def dismiss_suggestion(conn: Connection, viewer: Viewer, dismissed_id: AccountId) -> None:
    """For good; of very many, the oldest are forgotten. Safe to repeat, also for who was never suggested.

    Raises NotFound for nobody.
    """
    account_id = require_account(viewer)
    await require_account_by_id(conn, dismissed_id)
    too_many = await queries.count_dismissed(conn, account_id) + 1 - DISMISSED_MAX
    if too_many > 0:
        await queries.delete_oldest_dismissed(conn, account_id, too_many)
    await queries.insert_dismissed(conn, account_id, dismissed_id, new_id(account_id))
