"""What of a member's filters matches the statuses they are about to see. Nothing is left out: each is marked.

As applications expect it, every filter that matches is told of, whatever the list (an application knows where it shows
a status, and keeps it for other places); those for this very list stand first. Nobody's own statuses are filtered.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from parley.graph.filter_matching import ReadyFilter, folded
from parley.graph.filters import kept_filters, ready_filters
from parley.hydration.models import FilterMatch, StatusView
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.html import plain_text
from parley.kit.ids import AccountId, StatusId

FilterContext = Literal["home", "notifications", "public", "thread", "account"]

# The words of each status, folded, for as long as one list is marked.
_Texts = dict[StatusId, str]


async def filtered(
    conn: Connection, viewer: Viewer, views: list[StatusView], context: FilterContext | None
) -> list[StatusView]:
    """Hot path: 0.3 µs for a member without filters, known from the last seconds; one statement if not known.

    Whoever posts sees their own, and pays nothing.
    """
    viewer_id = viewer.account_id
    if viewer_id is None:
        return views
    filters = kept_filters(viewer_id)
    if filters is None:
        if all(view.status.account_id == viewer_id and view.quote is None for view in views):
            return views
        filters = (await ready_filters(conn, [viewer_id])).get(viewer_id, ())
    if not filters:
        return views
    texts: _Texts = {}
    now = clock.now()
    return [_marked(view, filters, viewer_id, context, texts, now) for view in views]


async def filtered_for_each(
    conn: Connection, views: Mapping[AccountId, StatusView]
) -> dict[AccountId, StatusView]:
    """As filtered, for one status as each of many members sees it: three statements at most."""
    filters = await ready_filters(conn, list(views))
    marked = dict(views)
    texts: _Texts = {}
    now = clock.now()
    for viewer_id, own in filters.items():
        marked[viewer_id] = _marked(views[viewer_id], own, viewer_id, None, texts, now)
    return marked


def _marked(
    view: StatusView,
    filters: Sequence[ReadyFilter],
    viewer_id: AccountId,
    context: FilterContext | None,
    texts: _Texts,
    now: datetime,
) -> StatusView:
    """A boost is marked for the words of what it boosts; what is quoted, for its own."""
    shown = view.reblog or view
    quoted = None if shown.quote is None else shown.quote.quoted
    if shown.quote is not None and quoted is not None:
        marked = _marked(quoted, filters, viewer_id, context, texts, now)
        if marked is not quoted:
            shown = replace(shown, quote=replace(shown.quote, quoted=marked))
    matches = _matches(view, filters, viewer_id, context, texts, now)
    if matches:
        shown = replace(shown, filtered=matches)
    if view.reblog is None or shown is view.reblog:
        return shown if view.reblog is None else view
    return replace(view, reblog=shown, filtered=matches)


def _matches(
    view: StatusView,
    filters: Sequence[ReadyFilter],
    viewer_id: AccountId,
    context: FilterContext | None,
    texts: _Texts,
    now: datetime,
) -> tuple[FilterMatch, ...]:
    shown = view.reblog or view
    if viewer_id in (view.status.account_id, shown.status.account_id):
        return ()
    text = texts.get(shown.status.id)
    if text is None:
        text = texts[shown.status.id] = folded("\n".join(_words_of(shown)))
    status_ids = list(dict.fromkeys((view.status.id, shown.status.id)))
    found = []
    for each in filters:
        keywords, statuses = each.keywords_in(text), each.statuses_among(status_ids)
        if (keywords or statuses) and not each.is_over(now):
            here = context in each.filter.contexts
            found.append(FilterMatch(each.filter, keywords, statuses, here=here))
    return tuple(sorted(found, key=lambda match: not match.here))


def _words_of(view: StatusView) -> list[str]:
    """All that a reader reads of it."""
    options = () if view.poll is None else view.poll.poll.options
    card = () if view.card is None else (view.card.card.title, view.card.card.description)
    descriptions = [each.media.description for each in view.media]
    return [view.status.spoiler_text, plain_text(view.status.content), *options, *card, *descriptions]
