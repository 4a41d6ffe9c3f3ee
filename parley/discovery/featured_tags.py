"""Tags that members feature on their profile, with how many of their public posts bear them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from parley.discovery import tag_queries
from parley.discovery.errors import NotATag, TooManyFeaturedTags
from parley.discovery.models import FeaturedTag, Tag, TagView
from parley.discovery.tags import require_tag_by_id, require_tag_name, tag_view, tag_views, tags_by_names
from parley.graph.relationships import relationship_of
from parley.identity.accounts import require_account_by_id
from parley.identity.models import Account
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId, StatusId, TagId, moment_of, new_id, parse_id
from parley.publishing.text import is_tag, normal_tag

FEATURED_TAGS_MAX = 10
SUGGESTED_MAX = 10
# What was posted before that is not counted: nobody's profile costs more, however much they wrote.
_STATUSES_COUNTED_MAX = 10_000
_STATUSES_FOR_SUGGESTIONS = 400


async def featured_tags_of(
    conn: Connection, viewer: Viewer, account_id: AccountId
) -> tuple[Account, list[FeaturedTag]]:
    """Of anybody, as anybody may see them. Raises NotFound."""
    account = (await require_account_by_id(conn, account_id)).account
    if account.suspended_at is not None or await _is_blocked(conn, viewer, account_id):
        return account, []
    return account, await tag_queries.featured_tags(conn, account_id)


async def _is_blocked(conn: Connection, viewer: Viewer, account_id: AccountId) -> bool:
    if viewer.account_id is None or viewer.account_id == account_id:
        return False
    return (await relationship_of(conn, viewer.account_id, account_id)).blocked_by_id is not None


async def featured_tags_on_profile(conn: Connection, account_id: AccountId) -> list[FeaturedTag]:
    """For who has been found to see the profile."""
    return await tag_queries.featured_tags(conn, account_id)


async def own_featured_tags(conn: Connection, viewer: Viewer) -> list[FeaturedTag]:
    return await tag_queries.featured_tags(conn, require_account(viewer))


async def feature_tag(conn: Connection, viewer: Viewer, text: str) -> FeaturedTag:
    """Safe to repeat. Raises NotATag, TooManyFeaturedTags."""
    account_id = require_account(viewer)
    name = text.strip().removeprefix("#")
    if not is_tag(name):
        raise NotATag
    tag = normal_tag(name)
    featured = {each.tag: each for each in await tag_queries.featured_tags(conn, account_id)}
    if tag in featured:
        return featured[tag]
    if len(featured) >= FEATURED_TAGS_MAX:
        raise TooManyFeaturedTags
    count, last_on = await _count(conn, account_id, tag)
    row = FeaturedTag(tag, new_id(account_id), name, count, last_on)
    await tag_queries.insert_featured_tag(conn, account_id, row)
    return row


async def unfeature_tag(conn: Connection, viewer: Viewer, featured_id: int) -> None:
    """By the id of the featured tag. Raises NotFound for one that isn't the viewer's."""
    account_id = require_account(viewer)
    for each in await tag_queries.featured_tags(conn, account_id):
        if each.id == featured_id:
            await tag_queries.delete_featured_tag(conn, account_id, each.tag)
            return
    raise NotFound


async def feature_named(conn: Connection, viewer: Viewer, name_or_id: str) -> TagView:
    """Raises NotFound for what can't be a tag."""
    name = await _name_of(conn, name_or_id)
    await feature_tag(conn, viewer, name)
    return await tag_view(conn, viewer, name)


async def unfeature_named(conn: Connection, viewer: Viewer, name_or_id: str) -> TagView:
    name = await _name_of(conn, name_or_id)
    await tag_queries.delete_featured_tag(conn, require_account(viewer), normal_tag(name))
    return await tag_view(conn, viewer, name)


async def _name_of(conn: Connection, name_or_id: str) -> str:
    """Digits alone are no tag, so they are an id."""
    tag_id = parse_id(name_or_id)
    if tag_id is not None:
        return (await require_tag_by_id(conn, TagId(tag_id))).display_name
    return require_tag_name(name_or_id)


async def suggested_to_feature(conn: Connection, viewer: Viewer) -> list[TagView]:
    """The tags that the member has used most lately and doesn't feature yet."""
    account_id = require_account(viewer)
    featured = {each.tag for each in await tag_queries.featured_tags(conn, account_id)}
    rows = await tag_queries.newest_tags_of(conn, account_id, _STATUSES_FOR_SUGGESTIONS)
    used = Counter(tag for tags, _ in rows for tag in tags if tag not in featured)
    names = [tag for tag, _ in used.most_common(SUGGESTED_MAX)]
    tags: Sequence[Tag] = await tags_by_names(conn, names)
    return await tag_views(conn, viewer, tags)


async def _count(conn: Connection, account_id: AccountId, tag: str) -> tuple[int, date | None]:
    """How many public posts of the account bear the tag, and the day of the newest."""
    rows = await tag_queries.newest_tags_of(conn, account_id, _STATUSES_COUNTED_MAX)
    days = [created_at.date() for tags, created_at in rows if tag in tags]
    return len(days), max(days, default=None)


async def count_tagged(
    conn: Connection, account_id: AccountId, status_id: StatusId, tags: Sequence[str]
) -> None:
    """A public post with these tags was made."""
    await tag_queries.count_featured_status(conn, account_id, tags, status_id, moment_of(status_id).date())


async def recount_tagged(conn: Connection, account_id: AccountId, tags: Sequence[str]) -> None:
    """Posts with these tags were edited or deleted: those of them that their author features are counted anew."""
    for each in await tag_queries.featured_tags(conn, account_id):
        if each.tag in tags:
            count, last_on = await _count(conn, account_id, each.tag)
            await tag_queries.set_featured_counts(conn, account_id, each.tag, count, last_on)
