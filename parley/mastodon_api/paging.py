"""Paging parameters to Page and OffsetPage, and the Link header that carries clients to the next one.

Paging never refuses: a limit that is none becomes the default, a bound that is none is as good as absent.
"""

import re
from urllib.parse import quote

import msgspec

from parley.kit.ids import ID_MAX
from parley.kit.paging import Page
from parley.mastodon_api.params import Asked, read_query
from parley.mastodon_api.shapes import LooseText

OFFSET_MAX = 10_000

_ABSENT = LooseText("")
_BOUNDS = frozenset({"max_id", "since_id", "min_id"})
_OFFSET = frozenset({"offset"})
_PATH_SAFE = re.compile(r"[A-Za-z0-9/_.~:@!$&'()*+,;=-]*")
# Everything a header's <address> can hold without ending early.
_QUERY_SAFE = re.compile(r"[!$-;=?-~]*")


class PageParams(msgspec.Struct, frozen=True, kw_only=True):
    """For structs of list requests to inherit from, so that the query string is read once."""

    limit: LooseText = _ABSENT
    offset: LooseText = _ABSENT
    max_id: LooseText = _ABSENT
    since_id: LooseText = _ABSENT
    min_id: LooseText = _ABSENT


class OffsetPage(msgspec.Struct, frozen=True):
    offset: int
    limit: int


def page_from(source: Asked | PageParams, default_limit: int, maximum_limit: int) -> Page:
    params = source if isinstance(source, PageParams) else read_query(source, PageParams)
    return Page(
        limit=_limit(params.limit, default_limit, maximum_limit),
        max_id=_bound(params.max_id),
        since_id=_bound(params.since_id),
        min_id=_bound(params.min_id),
    )


def offset_page(source: Asked | PageParams, default_limit: int, maximum_limit: int) -> OffsetPage:
    params = source if isinstance(source, PageParams) else read_query(source, PageParams)
    return OffsetPage(
        offset=min(_number(params.offset) or 0, OFFSET_MAX),
        limit=_limit(params.limit, default_limit, maximum_limit),
    )


def asks_deep(asked: Asked) -> bool:
    """Whether another part of a list than its beginning is asked for."""
    params = read_query(asked, PageParams)
    page = page_from(params, 1, 1)
    bounds = (page.max_id, page.since_id, page.min_id)
    return offset_page(params, 1, 1).offset > 0 or any(each is not None for each in bounds)


def link_header(
    base_url: str, path: str, query_string: str, oldest_id: int | None, newest_id: int | None, full: bool
) -> str | None:
    """Ids are those of the rows paged over, which need not be those in the body. None for an empty page.

    `path` is as the scope has it (decoded), `query_string` its bytes as Latin-1, so that they come out unchanged.
    "next" stands only behind a full page: clients follow it until it is missing.
    """
    if oldest_id is None or newest_id is None:
        return None
    address = _address(base_url, path, query_string, _BOUNDS)
    previous = f'<{address}min_id={newest_id}>; rel="prev"'
    return f'<{address}max_id={oldest_id}>; rel="next", {previous}' if full else previous


def offset_link_header(
    base_url: str, path: str, query_string: str, page: OffsetPage, full: bool
) -> str | None:
    address = _address(base_url, path, query_string, _OFFSET)
    links = []
    if full and page.offset + page.limit <= OFFSET_MAX:
        links.append(f'<{address}offset={page.offset + page.limit}>; rel="next"')
    if page.offset > 0:
        links.append(f'<{address}offset={max(0, page.offset - page.limit)}>; rel="prev"')
    return ", ".join(links) or None


def _address(base_url: str, path: str, query_string: str, without: frozenset[str]) -> str:
    """Ready for one more parameter at its end, where it wins over any spelling of it that was kept."""
    if not _PATH_SAFE.fullmatch(path):
        path = quote(path, safe="/:@!$&'()*+,;=")
    if not query_string:
        return f"{base_url}{path}?"
    if not _QUERY_SAFE.fullmatch(query_string):
        query_string = quote(query_string, safe="!$%&'()*+,/:;=?@[]", encoding="latin-1", errors="replace")
    kept = [piece for piece in query_string.split("&") if piece and piece.partition("=")[0] not in without]
    return f"{base_url}{path}?{'&'.join(kept)}&" if kept else f"{base_url}{path}?"


def _number(text: str) -> int | None:
    """A natural number, anything above the largest id being as good as it."""
    if not text.isascii() or not text.isdigit():
        return None
    return min(int(text), ID_MAX) if len(text) <= 19 else ID_MAX


def _bound(text: LooseText) -> int | None:
    # Zero counts: `min_id=0` asks for the oldest page.
    return _number(text) if text else None


def _limit(text: LooseText, default: int, maximum: int) -> int:
    return min(_number(text) or default, maximum)
