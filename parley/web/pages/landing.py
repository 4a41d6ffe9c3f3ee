"""The front page and what this server says of itself."""

from weakref import WeakKeyDictionary

from litestar import Response

from parley.identity.models import SiteCounts
from parley.identity.statistics import site_counts
from parley.kit import clock
from parley.kit.db import Database
from parley.kit.paging import Page
from parley.kit.readings import ReadEnough
from parley.moderation.rules import rules
from parley.moderation.sign_in_wall import wall_height
from parley.moderation.site_texts import text_in_force
from parley.web.pages.timelines import local_page
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import in_about

_PREVIEW_LENGTH = 10
_KEEP_SECONDS = 60

_kept_counts: WeakKeyDictionary[Database, tuple[float, SiteCounts]] = WeakKeyDictionary()


async def landing(call: PageCall) -> Response[bytes]:
    """Members have a home; visitors see what this is and, unless they must sign in for it, what is being said."""
    if call.viewer.account_id is not None:
        return call.redirect("/home")
    if await wall_height(call.database, call.settings) == "all":
        return await page(call, "landing", views=[], closed="What members say is shown to those who sign in.")
    async with call.database.reading() as conn:
        preview = await local_page(conn, call.viewer, Page(limit=_PREVIEW_LENGTH))
    return await page(call, "landing", views=preview.views, closed="")


async def landing_without_posts(call: PageCall, refusal: ReadEnough) -> Response[bytes]:
    """Many may share an address: to all of them this stays the way in."""
    closed = (
        "So much has been read here since yesterday from where you are that posts are shown to members only: sign in, "
        f"or come back {in_about(refusal.retry_after_seconds)}."
    )
    return await page(call, "landing", views=[], closed=closed)


async def about(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        known = await rules(conn)
        text = await text_in_force(conn, "extended_description")
        terms = await text_in_force(conn, "terms_of_service")
    counts = await _counts(call.database)
    return await page(call, "about", counts=counts, rules=known, text=text, has_terms=terms is not None)


async def _counts(database: Database) -> SiteCounts:
    """At most a minute old: they are read from every member's row."""
    now, kept = clock.now_seconds(), _kept_counts.get(database)
    if kept is not None and kept[0] > now:
        return kept[1]
    async with database.reading() as conn:
        counts = await site_counts(conn)
    _kept_counts[database] = (now + _KEEP_SECONDS, counts)
    return counts
