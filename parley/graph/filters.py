"""Filters: what a member doesn't wish to read, where, and what becomes of it. Every filter is its owner's alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from parley.graph import filter_queries as queries
from parley.graph.errors import (
    AlreadyFiltered,
    BlankKeyword,
    BlankTitle,
    FilterTitleTooLong,
    KeywordTooLong,
    TooManyFilteredStatuses,
    TooManyFilters,
    TooManyKeywords,
    UnknownFilterAction,
    UnknownFilterContext,
    WrongExpiry,
)
from parley.graph.filter_matching import ReadyFilter, folded, made_ready, recent_filters
from parley.graph.models import (
    FILTER_ACTIONS,
    FILTER_CONTEXTS,
    Filter,
    FilterKeyword,
    FilterStatus,
    WholeFilter,
)
from parley.graph.private_words import opened_filters, opened_one, sealed
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.changes import with_changes
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId, FilterId, FilterStatusId, KeywordId, StatusId, new_id

FILTERS_MAX = 100
KEYWORDS_MAX = 500
STATUSES_MAX = 1000
TITLE_LENGTH_MAX = 256
KEYWORD_LENGTH_MAX = 512
_SECONDS_MAX = 70 * 366 * 86_400


class FilterChanges(msgspec.Struct, frozen=True, kw_only=True):
    """UNSET stays as it is."""

    title: str | UnsetType = UNSET
    contexts: tuple[str, ...] | UnsetType = UNSET
    action: str | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class KeywordDraft(msgspec.Struct, frozen=True):
    """One keyword of those sent with a filter: new without an id; None stays as it is."""

    id: KeywordId | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    destroy: bool = False


def end_in(seconds: int | None) -> datetime | None:
    """When a filter ends that is made now; nought and None mean never."""
    if seconds is None or seconds == 0:
        return None
    if not 0 < seconds <= _SECONDS_MAX:
        raise WrongExpiry
    return clock.now() + timedelta(seconds=seconds)


# Filters


async def filters_of(conn: Connection, viewer: Viewer) -> list[WholeFilter]:
    """Oldest first, those that are over among them: their owner may prolong them."""
    return (await _whole_filters(conn, [require_account(viewer)])).get(require_account(viewer), [])


async def require_filter(conn: Connection, viewer: Viewer, filter_id: FilterId) -> WholeFilter:
    """One of the viewer's own; others' are not told apart from none."""
    found = [each for each in await filters_of(conn, viewer) if each.filter.id == filter_id]
    if not found:
        raise NotFound
    return found[0]


async def create_filter(
    conn: Connection,
    viewer: Viewer,
    changes: FilterChanges,
    keywords: Sequence[KeywordDraft] = (),
) -> WholeFilter:
    """What `changes` leaves open: the action is to warn, there is no end."""
    account_id = require_account(viewer)
    blank = Filter(FilterId(new_id(account_id)), account_id, "", (), "warn", None, clock.now())
    made = _checked(with_changes(blank, changes))
    if await queries.count_filters(conn, account_id) >= FILTERS_MAX:
        raise TooManyFilters
    await queries.insert_filter(conn, await sealed(conn, made))
    await _change_keywords(conn, made, keywords)
    return await require_filter(conn, viewer, made.id)


async def edit_filter(
    conn: Connection,
    viewer: Viewer,
    filter_id: FilterId,
    changes: FilterChanges,
    keywords: Sequence[KeywordDraft] = (),
) -> WholeFilter:
    before = await opened_one(conn, await lock_own_filter(conn, viewer, filter_id))
    if before is None:
        raise NotFound
    await queries.update_filter(conn, await sealed(conn, _checked(with_changes(before, changes))))
    await _change_keywords(conn, before, keywords)
    return await require_filter(conn, viewer, filter_id)


async def delete_filter(conn: Connection, viewer: Viewer, filter_id: FilterId) -> None:
    await queries.delete_filter(conn, await lock_own_filter(conn, viewer, filter_id))


async def lock_own_filter(conn: Connection, viewer: Viewer, filter_id: FilterId) -> Filter:
    """Its title is not opened."""
    found = await queries.lock_filter(conn, filter_id)
    if found is None or found.account_id != require_account(viewer):
        raise NotFound
    return found


def _checked(changed: Filter) -> Filter:
    """With each context once, in their order."""
    if not changed.title.strip():
        raise BlankTitle
    if len(changed.title) > TITLE_LENGTH_MAX:
        raise FilterTitleTooLong
    if not changed.contexts or not set(changed.contexts) <= set(FILTER_CONTEXTS):
        raise UnknownFilterContext
    if changed.action not in FILTER_ACTIONS:
        raise UnknownFilterAction
    contexts = tuple(each for each in FILTER_CONTEXTS if each in changed.contexts)
    return msgspec.structs.replace(changed, contexts=contexts)


# Keywords


async def require_keyword(conn: Connection, viewer: Viewer, keyword_id: KeywordId) -> FilterKeyword:
    found = await opened_one(conn, await queries.find_keyword(conn, keyword_id))
    if found is None or found.account_id != require_account(viewer):
        raise NotFound
    return found


async def add_keyword(
    conn: Connection, viewer: Viewer, filter_id: FilterId, keyword: str, *, whole_word: bool
) -> FilterKeyword:
    owner = await lock_own_filter(conn, viewer, filter_id)
    return await _add_keyword(conn, owner, KeywordDraft(None, keyword, whole_word))


async def edit_keyword(
    conn: Connection,
    viewer: Viewer,
    keyword_id: KeywordId,
    *,
    keyword: str | None = None,
    whole_word: bool | None = None,
) -> FilterKeyword:
    """Changes what is given."""
    before = await require_keyword(conn, viewer, keyword_id)
    await lock_own_filter(conn, viewer, before.filter_id)
    return await _edit_keyword(conn, before, KeywordDraft(keyword_id, keyword, whole_word))


async def delete_keyword(conn: Connection, viewer: Viewer, keyword_id: KeywordId) -> None:
    await queries.delete_keyword(conn, await require_keyword(conn, viewer, keyword_id))


async def _change_keywords(conn: Connection, owner: Filter, drafts: Sequence[KeywordDraft]) -> None:
    for draft in drafts:
        if draft.id is None:
            if not draft.destroy:
                await _add_keyword(conn, owner, draft)
            continue
        found = await opened_one(conn, await queries.find_keyword(conn, draft.id))
        if found is None or found.filter_id != owner.id:
            raise NotFound
        if draft.destroy:
            await queries.delete_keyword(conn, found)
        else:
            await _edit_keyword(conn, found, draft)


async def _add_keyword(conn: Connection, owner: Filter, draft: KeywordDraft) -> FilterKeyword:
    made = FilterKeyword(
        KeywordId(new_id(owner.id)),
        owner.id,
        owner.account_id,
        _checked_keyword(draft.keyword or ""),
        draft.whole_word is not False,
    )
    if await queries.count_keywords(conn, owner.account_id) >= KEYWORDS_MAX:
        raise TooManyKeywords
    await queries.insert_keyword(conn, await sealed(conn, made))
    return made


async def _edit_keyword(conn: Connection, before: FilterKeyword, draft: KeywordDraft) -> FilterKeyword:
    after = msgspec.structs.replace(
        before,
        keyword=before.keyword if draft.keyword is None else _checked_keyword(draft.keyword),
        whole_word=before.whole_word if draft.whole_word is None else draft.whole_word,
    )
    await queries.update_keyword(conn, await sealed(conn, after))
    return after


def _checked_keyword(keyword: str) -> str:
    """What is left of it must stand somewhere: a word of nothing stands everywhere."""
    keyword = keyword.strip()
    if not folded(keyword).strip():
        raise BlankKeyword
    if len(keyword) > KEYWORD_LENGTH_MAX:
        raise KeywordTooLong
    return keyword


# Statuses


async def require_filter_status(
    conn: Connection, viewer: Viewer, filter_status_id: FilterStatusId
) -> FilterStatus:
    found = await queries.find_status(conn, filter_status_id)
    if found is None or found.account_id != require_account(viewer):
        raise NotFound
    return found


async def add_filter_status(
    conn: Connection, viewer: Viewer, filter_id: FilterId, status_id: StatusId
) -> FilterStatus:
    """Whoever calls has made sure that the viewer may see the status."""
    owner = await lock_own_filter(conn, viewer, filter_id)
    if await queries.count_statuses(conn, owner.account_id) >= STATUSES_MAX:
        raise TooManyFilteredStatuses
    made = FilterStatus(FilterStatusId(new_id(owner.id)), owner.id, owner.account_id, status_id)
    if not await queries.insert_status(conn, made):
        raise AlreadyFiltered
    return made


async def delete_filter_status(
    conn: Connection, viewer: Viewer, filter_status_id: FilterStatusId
) -> FilterStatus:
    found = await require_filter_status(conn, viewer, filter_status_id)
    await queries.delete_status(conn, found)
    return found


# Ready for use


def kept_filters(account_id: AccountId) -> tuple[ReadyFilter, ...] | None:
    """Hot path: every list of statuses, 0.2 µs. None: nothing is known, so ready_filters must be asked."""
    return recent_filters.find(account_id, clock.now_seconds())


async def ready_filters(
    conn: Connection, account_ids: Sequence[AccountId]
) -> dict[AccountId, tuple[ReadyFilter, ...]]:
    """Of those who have any. No statement for members known from the last seconds; one if nobody has any."""
    now = clock.now_seconds()
    found, missing = recent_filters.find_all(account_ids, now)
    if missing:
        mark = recent_filters.mark()
        wanted = [AccountId(each) for each in missing]
        read = await _whole_filters(conn, wanted)
        for account_id in wanted:
            found[account_id] = made_ready(read.get(account_id, []))
            recent_filters.keep(mark, account_id, found[account_id], now)
    return {AccountId(account_id): ready for account_id, ready in found.items() if ready}


async def _whole_filters(
    conn: Connection, account_ids: Sequence[AccountId]
) -> dict[AccountId, list[WholeFilter]]:
    filters = await queries.filters_of_members(conn, account_ids)
    owners = list({each.account_id for each in filters})
    if not owners:
        return {}
    filters, words = await opened_filters(conn, filters, await queries.keywords_of_members(conn, owners))
    keywords: dict[FilterId, list[FilterKeyword]] = {}
    for keyword in words:
        keywords.setdefault(keyword.filter_id, []).append(keyword)
    statuses: dict[FilterId, list[FilterStatus]] = {}
    for status in await queries.statuses_of_members(conn, owners):
        statuses.setdefault(status.filter_id, []).append(status)
    whole: dict[AccountId, list[WholeFilter]] = {}
    for each in filters:
        parts = WholeFilter(each, tuple(keywords.get(each.id, ())), tuple(statuses.get(each.id, ())))
        whole.setdefault(each.account_id, []).append(parts)
    return whole
