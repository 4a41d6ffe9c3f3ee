"""Ids to StatusViews for one viewer, in a fixed number of queries."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.hydration.cards import card_views
from parley.hydration.filters import FilterContext, filtered, filtered_for_each
from parley.hydration.media import media_of_statuses
from parley.hydration.models import CardView, MediaView, PollView, QuoteView, StatusView
from parley.hydration.polls import poll_views, poll_views_for_each
from parley.identity.accounts import accounts_with_counts
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId, CardId, PollId, StatusId
from parley.publishing.bookmark import thread_is_muted
from parley.publishing.consent import permissions_of
from parley.publishing.create import FreshStatus
from parley.publishing.models import StatusCounts, StatusFlags
from parley.publishing.visibility import (
    NO_RELATION,
    VisibleQuote,
    VisibleStatus,
    quote_of_visible,
    require_visible,
    shown_in,
    visible_statuses,
)

_NO_POLLS: dict[PollId, PollView] = {}


async def status_views(
    conn: Connection,
    viewer: Viewer,
    status_ids: Sequence[int],
    context: FilterContext | None = None,
) -> list[StatusView]:
    """In the order given, only those that the viewer may see."""
    visible = await visible_statuses(conn, viewer, status_ids)
    found = [visible[each] for each in status_ids if each in visible]
    return await complete(conn, viewer, found, context)


async def status_view(conn: Connection, viewer: Viewer, status_id: int) -> StatusView:
    """Raises NotFound for what is missing or hidden."""
    return (await complete(conn, viewer, [await require_visible(conn, viewer, status_id)]))[0]


async def fresh_status_view(conn: Connection, viewer: Viewer, fresh: FreshStatus) -> StatusView:
    """What its author has just made, before it is committed: little needs to be asked."""
    status = fresh.status
    authors = await accounts_with_counts(conn, {status.account_id: fresh.author_counts})
    found = VisibleStatus(
        status,
        fresh.mentions,
        StatusCounts(status.version, 0, 0, 0),
        authors[status.account_id],
        NO_RELATION,
        StatusFlags(muted=await thread_is_muted(conn, viewer, status)),
        quote=None if fresh.quoted is None else quote_of_visible(fresh.quoted),
    )
    return (await complete(conn, viewer, [found]))[0]


async def complete(
    conn: Connection,
    viewer: Viewer,
    found: Sequence[VisibleStatus],
    context: FilterContext | None = None,
) -> list[StatusView]:
    """Adds polls and cards, if there are any, to statuses already checked: one or two statements for all of a kind.

    Each is marked with the viewer's filters that it meets; `context` names the kind of list that they stand in.
    """
    poll_ids = _poll_ids(found)
    polls = await poll_views(conn, viewer, poll_ids) if poll_ids else _NO_POLLS
    hung = _Hung(polls, await card_views(conn, found), await media_of_statuses(conn, found))
    note_shown(viewer, found)
    views = [_view(each, hung, viewer.account_id) for each in found]
    return await filtered(conn, viewer, views, context)


async def complete_for_each(
    conn: Connection, found: Mapping[AccountId, VisibleStatus]
) -> dict[AccountId, StatusView]:
    """As complete, for one status as each of many members may see it: a few statements at most, for all of them.

    Whatever is the same for two viewers is the very same object in their views.
    """
    poll_ids = list(dict.fromkeys(_poll_ids(list(found.values()))))
    polls = await poll_views_for_each(conn, list(found), poll_ids) if poll_ids else {}
    all_found = list(found.values())
    cards, media = await card_views(conn, all_found), await media_of_statuses(conn, all_found)
    views = {
        viewer_id: _view(each, _Hung(polls.get(viewer_id, _NO_POLLS), cards, media), viewer_id)
        for viewer_id, each in found.items()
    }
    return await filtered_for_each(conn, views)


def note_shown(viewer: Viewer, found: Sequence[VisibleStatus]) -> None:
    """Posts and their authors, and who boosts; not the viewer's own. A boost itself is nothing to read."""
    if viewer.given is None:
        return
    shown = viewer.given.things
    for outer in found:
        for each in (outer,) if outer.reblog is None and outer.quote is None else shown_in(outer):
            status = each.status
            if status.account_id != viewer.account_id:
                shown.append(status.account_id)
                if status.reblog_of_id is None:
                    shown.append(status.id)


def _poll_ids(found: Sequence[VisibleStatus]) -> list[PollId]:
    """Also of what is boosted or quoted."""
    poll_ids = []
    for outer in found:
        for each in (outer, outer.reblog):
            if each is None:
                continue
            if each.status.poll_id is not None:
                poll_ids.append(each.status.poll_id)
            quoted = None if each.quote is None else each.quote.quoted
            if quoted is not None and quoted.status.poll_id is not None:
                poll_ids.append(quoted.status.poll_id)
    return poll_ids


class _Hung(msgspec.Struct, frozen=True):
    """What hangs on the statuses of a list, by its ids."""

    polls: Mapping[PollId, PollView]
    cards: Mapping[CardId, CardView]
    media: Mapping[StatusId, tuple[MediaView, ...]]


def _view(
    found: VisibleStatus, hung: _Hung, viewer_id: AccountId | None, *, quoted: bool = False
) -> StatusView:
    status = found.status
    return StatusView(
        status,
        found.counts,
        found.author,
        found.flags,
        found.mentions,
        hung.polls.get(status.poll_id) if status.poll_id is not None else None,
        None if found.reblog is None else _view(found.reblog, hung, viewer_id),
        None if found.quote is None else _quote_view(found.quote, hung, viewer_id, whole=not quoted),
        permissions_of(found, viewer_id),
        hung.cards.get(status.card_id) if status.card_id is not None else None,
        media=hung.media.get(status.id, ()),
    )


def _quote_view(quote: VisibleQuote, hung: _Hung, viewer_id: AccountId | None, *, whole: bool) -> QuoteView:
    if quote.quoted is None:
        return QuoteView(quote.state)
    shown = _view(quote.quoted, hung, viewer_id, quoted=True) if whole else None
    return QuoteView(quote.state, quote.quoted.status.id, shown)
