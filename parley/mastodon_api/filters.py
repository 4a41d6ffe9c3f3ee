"""/api/v2/filters: a member's filters, their keywords and their statuses; /api/v1/filters for older applications.

https://docs.joinmastodon.org/methods/filters/
"""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from parley.graph import filters, old_filters
from parley.graph.errors import WrongExpiry
from parley.graph.filters import FilterChanges, KeywordDraft
from parley.graph.models import WholeFilter
from parley.kit.ids import FilterId, FilterStatusId, KeywordId
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.filter import (
    Filter,
    FilterKeyword,
    FilterStatus,
    V1Filter,
    to_filter,
    to_filter_status,
    to_keyword,
    to_old_filter,
)
from parley.mastodon_api.params import Id, LooseText
from parley.publishing.visibility import require_visible

_SECONDS = re.compile(r"[0-9]{1,10}")


class KeywordAttributes(msgspec.Struct, frozen=True):
    """Without an id a new one; with `_destroy` it goes."""

    id: Id | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    destroy: bool = msgspec.field(name="_destroy", default=False)


class FilterParams(msgspec.Struct, frozen=True):
    """`expires_in` in seconds; empty, null or nought for never. What is absent stays as it is."""

    title: str | UnsetType = UNSET
    context: list[str] | UnsetType = UNSET
    filter_action: str | UnsetType = UNSET
    expires_in: LooseText | UnsetType | None = UNSET
    keywords_attributes: list[KeywordAttributes] = []


class KeywordParams(msgspec.Struct, frozen=True):
    keyword: str | None = None
    whole_word: bool | None = None


class FilterStatusParams(msgspec.Struct, frozen=True):
    status_id: Id | None = None


class OldFilterParams(msgspec.Struct, frozen=True):
    """`irreversible` is what is called hiding today."""

    phrase: str | None = None
    context: list[str] | UnsetType = UNSET
    irreversible: bool | UnsetType = UNSET
    whole_word: bool | None = None
    expires_in: LooseText | UnsetType | None = UNSET


# Filters


async def show_filters(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await filters.filters_of(conn, call.viewer)
    return json_answer([to_filter(each) for each in found])


async def show_filter(call: Call) -> Answer:
    return json_answer(to_filter(await _require(call)))


async def create_filter(call: Call) -> Answer:
    params = await call.params(FilterParams)
    async with call.database.transaction() as conn:
        made = await filters.create_filter(conn, call.viewer, _changes(params), _drafts(params))
    return json_answer(to_filter(made))


async def edit_filter(call: Call) -> Answer:
    params = await call.params(FilterParams)
    async with call.database.transaction() as conn:
        edited = await filters.edit_filter(
            conn, call.viewer, FilterId(call.path_id()), _changes(params), _drafts(params)
        )
    return json_answer(to_filter(edited))


async def delete_filter(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await filters.delete_filter(conn, call.viewer, FilterId(call.path_id()))
    return json_answer(b"{}")


async def _require(call: Call) -> WholeFilter:
    async with call.database.reading() as conn:
        return await filters.require_filter(conn, call.viewer, FilterId(call.path_id()))


def _changes(params: FilterParams) -> FilterChanges:
    return FilterChanges(
        title=params.title,
        contexts=_contexts(params.context),
        action=params.filter_action or UNSET,
        expires_at=_end(params.expires_in),
    )


def _contexts(given: Sequence[str] | UnsetType) -> tuple[str, ...] | UnsetType:
    return UNSET if given is UNSET else tuple(given)


def _end(seconds: str | UnsetType | None) -> datetime | UnsetType | None:
    if seconds is UNSET:
        return UNSET
    if not seconds:
        return None
    if not _SECONDS.fullmatch(seconds):
        raise WrongExpiry
    return filters.end_in(int(seconds))


def _drafts(params: FilterParams) -> list[KeywordDraft]:
    return [
        KeywordDraft(
            None if each.id is None else KeywordId(each.id), each.keyword, each.whole_word, each.destroy
        )
        for each in params.keywords_attributes
    ]


# Keywords


async def show_keywords(call: Call) -> Answer:
    return json_answer([to_keyword(each) for each in (await _require(call)).keywords])


async def add_keyword(call: Call) -> Answer:
    params = await call.params(KeywordParams)
    async with call.database.transaction() as conn:
        made = await filters.add_keyword(
            conn,
            call.viewer,
            FilterId(call.path_id()),
            params.keyword or "",
            whole_word=params.whole_word is not False,
        )
    return json_answer(to_keyword(made))


async def show_keyword(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await filters.require_keyword(conn, call.viewer, KeywordId(call.path_id()))
    return json_answer(to_keyword(found))


async def edit_keyword(call: Call) -> Answer:
    params = await call.params(KeywordParams)
    async with call.database.transaction() as conn:
        edited = await filters.edit_keyword(
            conn,
            call.viewer,
            KeywordId(call.path_id()),
            keyword=params.keyword,
            whole_word=params.whole_word,
        )
    return json_answer(to_keyword(edited))


async def delete_keyword(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await filters.delete_keyword(conn, call.viewer, KeywordId(call.path_id()))
    return json_answer(b"{}")


# Statuses


async def show_filter_statuses(call: Call) -> Answer:
    return json_answer([to_filter_status(each) for each in (await _require(call)).statuses])


async def add_filter_status(call: Call) -> Answer:
    params = await call.params(FilterStatusParams)
    async with call.database.transaction() as conn:
        found = await require_visible(conn, call.viewer, params.status_id or 0)
        made = await filters.add_filter_status(
            conn, call.viewer, FilterId(call.path_id()), found.status.reblog_of_id or found.status.id
        )
    return json_answer(to_filter_status(made))


async def show_filter_status(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await filters.require_filter_status(conn, call.viewer, FilterStatusId(call.path_id()))
    return json_answer(to_filter_status(found))


async def delete_filter_status(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        deleted = await filters.delete_filter_status(conn, call.viewer, FilterStatusId(call.path_id()))
    return json_answer(to_filter_status(deleted))


# For older applications: each keyword a filter


async def show_old_filters(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await old_filters.old_filters_of(conn, call.viewer)
    return json_answer([to_old_filter(each) for each in found])


async def show_old_filter(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await old_filters.require_old_filter(conn, call.viewer, KeywordId(call.path_id()))
    return json_answer(to_old_filter(found))


async def create_old_filter(call: Call) -> Answer:
    params = await call.params(OldFilterParams)
    async with call.database.transaction() as conn:
        made = await old_filters.create_old_filter(
            conn,
            call.viewer,
            _old_changes(params),
            params.phrase or "",
            whole_word=params.whole_word is not False,
        )
    return json_answer(to_old_filter(made))


async def edit_old_filter(call: Call) -> Answer:
    params = await call.params(OldFilterParams)
    async with call.database.transaction() as conn:
        edited = await old_filters.edit_old_filter(
            conn,
            call.viewer,
            KeywordId(call.path_id()),
            _old_changes(params),
            phrase=params.phrase,
            whole_word=params.whole_word,
        )
    return json_answer(to_old_filter(edited))


async def delete_old_filter(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await old_filters.delete_old_filter(conn, call.viewer, KeywordId(call.path_id()))
    return json_answer(b"{}")


def _old_changes(params: OldFilterParams) -> FilterChanges:
    action: str | UnsetType = UNSET
    if params.irreversible is not UNSET:
        action = "hide" if params.irreversible else "warn"
    return FilterChanges(
        contexts=_contexts(params.context), action=action, expires_at=_end(params.expires_in)
    )


_ALL, _ONE = "/api/v2/filters", "/api/v2/filters/{id:str}"
_KEYWORD, _STATUS = f"{_ALL}/keywords/{{id:str}}", f"{_ALL}/statuses/{{id:str}}"
_OLD, _OLD_ONE = "/api/v1/filters", "/api/v1/filters/{id:str}"
_READ, _WRITE = "read:filters", "write:filters"

ROUTES: tuple[Route, ...] = (
    Route("GET", _ALL, show_filters, scope=_READ, gives=list[Filter]),
    Route("POST", _ALL, create_filter, scope=_WRITE, takes=FilterParams, gives=Filter),
    Route("GET", _ONE, show_filter, scope=_READ, gives=Filter),
    Route("PUT", _ONE, edit_filter, scope=_WRITE, also=("PATCH",), takes=FilterParams, gives=Filter),
    Route("DELETE", _ONE, delete_filter, scope=_WRITE, gives=Nothing),
    Route("GET", f"{_ONE}/keywords", show_keywords, scope=_READ, gives=list[FilterKeyword]),
    Route("POST", f"{_ONE}/keywords", add_keyword, scope=_WRITE, takes=KeywordParams, gives=FilterKeyword),
    Route("GET", _KEYWORD, show_keyword, scope=_READ, gives=FilterKeyword),
    Route(
        "PUT", _KEYWORD, edit_keyword, scope=_WRITE, also=("PATCH",), takes=KeywordParams, gives=FilterKeyword
    ),
    Route("DELETE", _KEYWORD, delete_keyword, scope=_WRITE, gives=Nothing),
    Route("GET", f"{_ONE}/statuses", show_filter_statuses, scope=_READ, gives=list[FilterStatus]),
    Route(
        "POST",
        f"{_ONE}/statuses",
        add_filter_status,
        scope=_WRITE,
        takes=FilterStatusParams,
        gives=FilterStatus,
    ),
    Route("GET", _STATUS, show_filter_status, scope=_READ, gives=FilterStatus),
    Route("DELETE", _STATUS, delete_filter_status, scope=_WRITE, gives=FilterStatus),
    Route("GET", _OLD, show_old_filters, scope=_READ, gives=list[V1Filter]),
    Route("POST", _OLD, create_old_filter, scope=_WRITE, takes=OldFilterParams, gives=V1Filter),
    Route("GET", _OLD_ONE, show_old_filter, scope=_READ, gives=V1Filter),
    Route(
        "PUT",
        _OLD_ONE,
        edit_old_filter,
        scope=_WRITE,
        also=("PATCH",),
        takes=OldFilterParams,
        gives=V1Filter,
    ),
    Route("DELETE", _OLD_ONE, delete_old_filter, scope=_WRITE, gives=Nothing),
)
