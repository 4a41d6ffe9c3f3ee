"""Addresses to Page, and the links to what is older and newer."""

from urllib.parse import urlencode

import msgspec

from parley.kit.paging import Page
from parley.web.session import PageCall

STATUSES_PER_PAGE = 20
ACCOUNTS_PER_PAGE = 40


class PageLinks(msgspec.Struct, frozen=True):
    """Paths; None where there is nothing that way. `newest` leads to the beginning from anywhere but there."""

    older: str | None = None
    newer: str | None = None
    newest: str | None = None


def asked_page(call: PageCall, limit: int = STATUSES_PER_PAGE) -> Page:
    """`max_id` and `min_id`, as in the API; what can't be an id is as good as absent."""
    below, above = call.query.id("max_id"), call.query.id("min_id")
    return Page(limit=limit, max_id=below) if above is None else Page(limit=limit, min_id=above)


def asks_deep(call: PageCall) -> bool:
    """Whether another part of a list than its beginning is asked for."""
    bounds = (call.query.id("max_id"), call.query.id("min_id"))
    return bool(call.query.number("offset")) or any(each is not None for each in bounds)


def page_links(
    call: PageCall, page: Page, oldest: int | None, newest: int | None, *, full: bool
) -> PageLinks:
    """From the bounds of what was looked at; `full` says whether there may be more in the direction of reading."""
    begun = page.max_id is not None or page.min_id is not None
    start = _address(call) if begun else None
    if oldest is None or newest is None:
        return PageLinks(newest=start)
    has_older = full or page.ascending
    has_newer = full if page.ascending else begun
    return PageLinks(
        older=_address(call, max_id=oldest) if has_older else None,
        newer=_address(call, min_id=newest) if has_newer else None,
        newest=start,
    )


def _address(call: PageCall, **bound: int) -> str:
    kept = [(name, value) for name, value in call.query.pairs() if name not in {"max_id", "min_id"}]
    path = call.here.partition("?")[0]
    query = urlencode([*kept, *bound.items()])
    return f"{path}?{query}" if query else path
