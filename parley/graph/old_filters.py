"""Filters as applications of before version 4 know them: each keyword is a filter of its own, by the keyword's id."""

import msgspec

from parley.graph import filter_queries as queries
from parley.graph.errors import SeveralKeywords
from parley.graph.filters import (
    FilterChanges,
    KeywordDraft,
    create_filter,
    edit_filter,
    filters_of,
    lock_own_filter,
    require_filter,
    require_keyword,
)
from parley.graph.models import Filter, FilterKeyword
from parley.identity.viewer import Viewer
from parley.kit.changes import given, with_changes
from parley.kit.db import Connection
from parley.kit.ids import KeywordId


class OldFilter(msgspec.Struct, frozen=True):
    filter: Filter
    keyword: FilterKeyword


async def old_filters_of(conn: Connection, viewer: Viewer) -> list[OldFilter]:
    return [
        OldFilter(each.filter, keyword)
        for each in await filters_of(conn, viewer)
        for keyword in each.keywords
    ]


async def require_old_filter(conn: Connection, viewer: Viewer, keyword_id: KeywordId) -> OldFilter:
    keyword = await require_keyword(conn, viewer, keyword_id)
    whole = await require_filter(conn, viewer, keyword.filter_id)
    return OldFilter(whole.filter, keyword)


async def create_old_filter(
    conn: Connection, viewer: Viewer, changes: FilterChanges, phrase: str, *, whole_word: bool
) -> OldFilter:
    """The phrase is its title, too."""
    titled = msgspec.structs.replace(changes, title=phrase.strip()[:256])
    whole = await create_filter(conn, viewer, titled, [KeywordDraft(None, phrase, whole_word)])
    return OldFilter(whole.filter, whole.keywords[0])


async def edit_old_filter(
    conn: Connection,
    viewer: Viewer,
    keyword_id: KeywordId,
    changes: FilterChanges,
    *,
    phrase: str | None,
    whole_word: bool | None,
) -> OldFilter:
    """Refused where it would change more than this one keyword, which the application knows nothing of."""
    keyword = await require_keyword(conn, viewer, keyword_id)
    before = await require_filter(conn, viewer, keyword.filter_id)
    if given(changes) and len(before.keywords) > 1 and with_changes(before.filter, changes) != before.filter:
        raise SeveralKeywords
    if phrase is not None and before.filter.title == keyword.keyword:
        changes = msgspec.structs.replace(changes, title=phrase.strip()[:256])
    await edit_filter(
        conn, viewer, keyword.filter_id, changes, [KeywordDraft(keyword_id, phrase, whole_word)]
    )
    return await require_old_filter(conn, viewer, keyword_id)


async def delete_old_filter(conn: Connection, viewer: Viewer, keyword_id: KeywordId) -> None:
    """With the filter itself, when nothing is left in it."""
    keyword = await require_keyword(conn, viewer, keyword_id)
    owner = await lock_own_filter(conn, viewer, keyword.filter_id)
    await queries.delete_keyword(conn, keyword)
    rest = await require_filter(conn, viewer, owner.id)
    if not rest.keywords and not rest.statuses:
        await queries.delete_filter(conn, owner)
