"""What follows after a public post with hashtags, and after a member follows a tag or no longer does."""

from collections.abc import Sequence

from parley.discovery.featured_tags import recount_tagged
from parley.discovery.models import Kind, Use
from parley.discovery.tags import forget_unborne, note_spellings, tag_id_of, unspelled
from parley.discovery.uses import note_many_uses, note_uses
from parley.graph.events import TagFollowed, TagUnfollowed
from parley.graph.followed_tags import tags_with_followers
from parley.identity.viewer import ANONYMOUS
from parley.kit.db import Connection
from parley.kit.jobs import defer
from parley.kit.services import Services
from parley.publishing.events import CardAttached, StatusCreated, StatusEdited
from parley.publishing.models import Visibility
from parley.publishing.spellings import spellings_in
from parley.publishing.visibility import visible_statuses
from parley.side_effects import live
from parley.side_effects.payloads import FanOutByTag
from parley.timelines import backfill, fan_out
from parley.timelines.models import TimelineEntry

# Each has a slice of its followers; who writes more tags than that reaches nobody by the rest.
_TAGS_DELIVERED_MAX = 20
_SLICES_PER_STEP = 20


async def note_used(conn: Connection, created: Sequence[StatusCreated]) -> None:
    """The hashtags of new public posts: each spelled as in the first of these if it is new, and counted as used.

    A new one that none of these holds any more went before anybody could find it.
    """
    new = set(await unspelled(conn, [tag for event in created for tag in event.tags]))
    for event in created:
        theirs = new.intersection(event.tags)
        if theirs:
            spelled = await spellings_in(conn, event.status_id, theirs)
            await note_spellings(conn, spelled)
            new -= spelled.keys()
    uses = [
        Use(tag_id_of(tag), event.account_id, event.status_id, event.language)
        for event in created
        for tag in event.tags
        if tag not in new
    ]
    await note_many_uses(conn, Kind.TAG, uses)


async def note_shared(conn: Connection, event: CardAttached) -> None:
    """What everybody may see counts as a link shared."""
    found = (await visible_statuses(conn, ANONYMOUS, [event.status_id])).get(event.status_id)
    if found is not None and found.status.visibility == Visibility.PUBLIC:
        language = found.status.language
        await note_uses(conn, Kind.LINK, [event.card_id], event.account_id, event.status_id, language)


async def after_tags_edited(conn: Connection, services: Services, event: StatusEdited) -> None:
    """New tags are used now, and bring it to those who follow them; what no post bears any more is forgotten."""
    await recount_tagged(conn, event.account_id, (*event.new_tags, *event.gone_tags))
    await forget_unborne(conn, event.gone_tags)
    if event.new_tags:
        again = StatusCreated(event.status_id, event.account_id, Visibility.PUBLIC, tags=event.new_tags)
        await note_used(conn, [again])
        await deliver_by_tags(conn, services, again, edited=True)


async def deliver_by_tags(
    conn: Connection, services: Services, created: StatusCreated, *, edited: bool = False
) -> bool:
    """To the homes of those who follow one of its tags; whether a job goes on with more of them."""
    followed = await tags_with_followers(conn, created.tags[:_TAGS_DELIVERED_MAX])
    return await _deliver_slices(conn, services, FanOutByTag(created, tuple(followed), edited=edited))


async def deliver_further(conn: Connection, services: Services, work: FanOutByTag) -> None:
    more = await _deliver_slices(conn, services, work)
    if not work.edited:
        live.tell_of_new(conn, work.created, first=False, last=not more)


async def _deliver_slices(conn: Connection, services: Services, work: FanOutByTag) -> bool:
    """Some slices of followers, tag after tag, then a job for the rest."""
    created = work.created
    entry = TimelineEntry(created.status_id, created.account_id, None)
    tags, after_id = list(work.tags), work.after_id
    for _ in range(_SLICES_PER_STEP):
        if not tags:
            return False
        next_id = await fan_out.deliver_to_tag_followers(conn, services.settings, entry, tags[0], after_id)
        after_id = next_id or 0
        if next_id is None:
            tags.pop(0)
    if tags:
        await defer(conn, FanOutByTag(created, tuple(tags), after_id, work.edited))
    return bool(tags)


async def after_tag_followed(conn: Connection, _services: Services, event: TagFollowed) -> None:
    await backfill.fill_home_from_tag(conn, event.account_id, event.tag)


async def after_tag_unfollowed(conn: Connection, _services: Services, event: TagUnfollowed) -> None:
    await backfill.take_out_tag(conn, event.account_id, event.tag)
