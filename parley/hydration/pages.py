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
# So that small pages, too, get past what is hidden.
_REFILL_MIN = 20


class SkeletonItem(msgspec.Struct, frozen=True):
    """`paging_id` is what the Link header speaks of; for most lists the status's own id."""

    paging_id: int
    status_id: int
    reblog_of_id: int | None = None


class StatusPage(msgspec.Struct, frozen=True):
    """`oldest` and `newest`: paging ids of what the viewer may see, also where rules dropped it; None when empty.

    `full`: whether there may be more in the direction of reading.
    """

    views: list[StatusView]
    oldest: int | None
    newest: int | None
    full: bool


class VisiblePage(msgspec.Struct, frozen=True):
    """The same before anything is added to what was found."""

    found: list[VisibleStatus]
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
    """`context`: which kind of list it is, for the viewer's filters."""
    walked = await visible_page(conn, viewer, page, skeleton, keep)
    views = await complete(conn, viewer, walked.found, context)
    return StatusPage(views, walked.oldest, walked.newest, walked.full)


async def visible_page(
    conn: Connection,
    viewer: Viewer,
    page: Page,
    skeleton: Skeleton,
    keep: Rule,
    *,
    boosts_apart: bool = False,
) -> VisiblePage:
    """Reads skeletons until the page is full, the list ends, or it was refilled three times.

    `boosts_apart`: boosts of the same status stand side by side.
    """
    kept: list[_Kept] = []
    looked_at: list[int] = []
    seen: list[int] = []
    question = page
    full = False
    for _ in range(1 + REFILLS_MAX):
        items = await skeleton(question)
        full = len(items) >= question.limit
        looked_at += [item.paging_id for item in items]
        visible, fresh = await _visible(conn, viewer, items, keep)
        seen += visible
        kept = fresh + kept if page.ascending else kept + fresh
        kept = kept if boosts_apart else _distinct(kept)
        if not full or len(kept) >= page.limit:
            break
        question = _next_question(page, looked_at)
    oldest, newest = _ends(page, looked_at if full and len(kept) < page.limit else [], seen)
    if len(kept) > page.limit:
        # A refill brought more than was missing: what is cut off stands on the next page.
        full = True
        kept = kept[-page.limit :] if page.ascending else kept[: page.limit]
        oldest, newest = (oldest, kept[0][0]) if page.ascending else (kept[-1][0], newest)
    return VisiblePage([found for _, found in kept], oldest, newest, full)


def _ends(page: Page, in_vain: Sequence[int], seen: Sequence[int]) -> tuple[int | None, int | None]:
    """No id of what the viewer may not see; but where reading was given up, the next page has to begin there."""
    named = list(seen)
    if in_vain:
        named.append(max(in_vain) if page.ascending else min(in_vain))
    return (min(named), max(named)) if named else (None, None)


async def _visible(
    conn: Connection, viewer: Viewer, items: Sequence[SkeletonItem], keep: Rule
) -> tuple[list[int], list[_Kept]]:
    """The paging ids of what the viewer may see; and of it, what they wish to."""
    ids = [item.status_id for item in items]
    reblogged = [item.reblog_of_id for item in items if item.reblog_of_id is not None]
    visible = await visible_statuses(conn, viewer, ids, reblogged)
    if keep is keep_in_home:
        keep = await _home_rule(conn, viewer, visible.values())
    found = [(item.paging_id, visible[item.status_id]) for item in items if item.status_id in visible]
    return [paging_id for paging_id, _ in found], [each for each in found if keep(each[1], viewer)]


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
    limit = max(page.limit, _REFILL_MIN)
    if page.ascending:
        return page.continued_above(max(looked_at), limit)
    return page.continued_below(min(looked_at), limit)
