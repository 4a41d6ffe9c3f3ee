"""Ids, views, rules: what every list page and endpoint calls; refilled at most three times after rules drop items."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from parley.graph.followed_tags import followed_tags_of
from parley.hydration.filters import FilterContext
from parley.hydration.models import StatusView
from parley.hydration.rules import Rule, keep_by_tag, keep_in_home, may_come_by_tag
from parley.hydration.statuses import complete
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.paging import Page
from parley.publishing.visibility import VisibleStatus, visible_statuses

REFILLS_MAX = 3


class SkeletonItem(msgspec.Struct, frozen=True):
    """`paging_id` is what the Link header speaks of; for most lists the status's own id."""

    paging_id: int
    status_id: int
    reblog_of_id: int | None = None


class StatusPage(msgspec.Struct, frozen=True):
    """`oldest` and `newest`: the paging ids of what was looked at, also where rules dropped it; None when empty.

    `full`: whether there may be more in the direction of reading.
    """

    views: list[StatusView]
    oldest: int | None
    newest: int | None
    full: bool


Skeleton = Callable[[Page], Awaitable[Sequence[SkeletonItem]]]


_Kept = tuple[int, VisibleStatus]


async def status_page(
    conn: Connection,
    viewer: Viewer,
    page: Page,
    skeleton: Skeleton,
    keep: Rule,
    context: FilterContext | None = None,
) -> StatusPage:
    """Reads skeletons until the page is full, the list ends, or it was refilled three times.

    `context`: which kind of list it is, for the viewer's filters.
    """
    kept: list[_Kept] = []
    looked_at: list[int] = []
    question = page
    full = False
    for _ in range(1 + REFILLS_MAX):
        items = await skeleton(question)
        full = len(items) >= question.limit
        looked_at += [item.paging_id for item in items]
        fresh = await _visible(conn, viewer, items, keep)
        kept = _distinct(fresh + kept if page.ascending else kept + fresh)
        if not full or len(kept) >= page.limit:
            break
        question = _next_question(page, looked_at)
    oldest, newest = (min(looked_at), max(looked_at)) if looked_at else (None, None)
    if len(kept) > page.limit:
        # A refill brought more than was missing: what is cut off stands on the next page.
        full = True
        kept = kept[-page.limit :] if page.ascending else kept[: page.limit]
        oldest, newest = (oldest, kept[0][0]) if page.ascending else (kept[-1][0], newest)
    views = await complete(conn, viewer, [found for _, found in kept], context)
    return StatusPage(views, oldest, newest, full)


async def _visible(
    conn: Connection, viewer: Viewer, items: Sequence[SkeletonItem], keep: Rule
) -> list[_Kept]:
    ids = [item.status_id for item in items]
    reblogged = [item.reblog_of_id for item in items if item.reblog_of_id is not None]
    visible = await visible_statuses(conn, viewer, ids, reblogged)
    if keep is keep_in_home:
        keep = await _home_rule(conn, viewer, visible.values())
    found = ((item.paging_id, visible.get(item.status_id)) for item in items)
    return [(paging_id, each) for paging_id, each in found if each is not None and keep(each, viewer)]


async def _home_rule(conn: Connection, viewer: Viewer, found: Iterable[VisibleStatus]) -> Rule:
    """Which tags the reader follows is asked only when a post is there for no other reason."""
    if viewer.account_id is None or not any(may_come_by_tag(each, viewer) for each in found):
        return keep_in_home
    followed = await followed_tags_of(conn, viewer.account_id)
    return lambda each, viewer: keep_in_home(each, viewer) or keep_by_tag(each, viewer, followed)


def _distinct(kept: list[_Kept]) -> list[_Kept]:
    """A status boosted by several stands once on a page: where it came last."""
    seen: set[int] = set()
    distinct = []
    for pair in kept:
        shown_id = pair[1].status.reblog_of_id or pair[1].status.id
        if shown_id not in seen:
            seen.add(shown_id)
            distinct.append(pair)
    return distinct


def _next_question(page: Page, looked_at: Sequence[int]) -> Page:
    if page.ascending:
        return page.continued_above(max(looked_at), page.limit)
    return page.continued_below(min(looked_at), page.limit)
