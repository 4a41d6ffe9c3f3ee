"""Filter, FilterKeyword, FilterStatus, FilterResult, and the Filter of applications from before version 4.

https://docs.joinmastodon.org/entities/Filter/
"""

from collections.abc import Sequence

import msgspec

from parley.graph import models
from parley.graph.old_filters import OldFilter
from parley.hydration.models import FilterMatch
from parley.mastodon_api.entities.account import wire_time


class FilterKeyword(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    keyword: str
    whole_word: bool


class FilterStatus(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    status_id: str


class FilterHead(msgspec.Struct, frozen=True, kw_only=True):
    """A filter without what it looks for, as a status tells of it."""

    id: str
    title: str
    context: tuple[str, ...]
    expires_at: str | None
    filter_action: str


class Filter(FilterHead, frozen=True, kw_only=True):
    keywords: tuple[FilterKeyword, ...]
    statuses: tuple[FilterStatus, ...]


class FilterResult(msgspec.Struct, frozen=True, kw_only=True):
    """Why a status is filtered: which keywords stand in it, which entries name it; null where none does."""

    filter: FilterHead
    keyword_matches: tuple[str, ...] | None
    status_matches: tuple[str, ...] | None


class V1Filter(msgspec.Struct, frozen=True, kw_only=True):
    """One keyword of a filter, by the keyword's id."""

    id: str
    phrase: str
    context: tuple[str, ...]
    whole_word: bool
    expires_at: str | None
    irreversible: bool


def to_keyword(keyword: models.FilterKeyword) -> FilterKeyword:
    return FilterKeyword(id=str(keyword.id), keyword=keyword.keyword, whole_word=keyword.whole_word)


def to_filter_status(status: models.FilterStatus) -> FilterStatus:
    return FilterStatus(id=str(status.id), status_id=str(status.status_id))


def to_filter(whole: models.WholeFilter) -> Filter:
    head = _head(whole.filter)
    return Filter(
        **msgspec.structs.asdict(head),
        keywords=tuple(map(to_keyword, whole.keywords)),
        statuses=tuple(map(to_filter_status, whole.statuses)),
    )


def to_old_filter(old: OldFilter) -> V1Filter:
    return V1Filter(
        id=str(old.keyword.id),
        phrase=old.keyword.keyword,
        context=old.filter.contexts,
        whole_word=old.keyword.whole_word,
        expires_at=wire_time(old.filter.expires_at),
        irreversible=old.filter.action == "hide",
    )


def filter_results_json(matches: Sequence[FilterMatch]) -> bytes:
    return msgspec.json.encode([_to_result(each) for each in matches])


def _to_result(match: FilterMatch) -> FilterResult:
    return FilterResult(
        filter=_head(match.filter),
        keyword_matches=match.keywords or None,
        status_matches=tuple(map(str, match.status_ids)) or None,
    )


def _head(found: models.Filter) -> FilterHead:
    return FilterHead(
        id=str(found.id),
        title=found.title,
        context=found.contexts,
        expires_at=wire_time(found.expires_at),
        filter_action=found.action,
    )
