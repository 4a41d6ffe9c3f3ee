"""Announcements: what the operator tells all members; whom it was read by, and how they reacted."""

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.emoji import is_emoji
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId, AnnouncementId, StatusId, new_id, new_random_id, parse_id
from parley.kit.jobs import defer
from parley.kit.recent import Recent
from parley.kit.spans import find_links
from parley.media.emojis import find_emoji
from parley.notifications import announcement_queries as queries
from parley.notifications.live import AnnouncementGone, AnnouncementNew, AnnouncementReaction, tell_of
from parley.notifications.models import Announcement, ReactionCount
from parley.publishing.compose import compose

ANNOUNCEMENTS_MAX = 100
REACTIONS_MAX = 8
_STATUSES_MAX = 20
# The one key under which all that are shown are kept.
_ALL = 1
_STATUS_PATH = re.compile(r"/@[A-Za-z0-9_.-]{1,100}/([0-9]{1,19})/?")


class WrongTimes(Invalid):
    default = "Validation failed: An announcement can't end before it begins or is published"


class TooManyAnnouncements(Invalid):
    default = "Validation failed: There are as many announcements as there can be: delete old ones first"


class NoEmoji(Invalid):
    default = "Validation failed: Name is not a recognized emoji"


class TooManyReactions(Invalid):
    default = "Validation failed: There are as many different reactions as there can be"


class AlreadyReacted(Invalid):
    default = "Validation failed: Name has already been taken"


class AnnouncementDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`starts_at` and `ends_at` are those of what it speaks of; from its end on it is not shown any more.

    `all_day`: their hours mean nothing. Without `published_at` it is shown at once.
    """

    text: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    all_day: bool = False
    published_at: datetime | None = None


class TellOfAnnouncement(msgspec.Struct, frozen=True):
    """To open streams: it is published now, or gone."""

    announcement_id: AnnouncementId


class Reactions(msgspec.Struct, frozen=True):
    """How members reacted to some announcements, and how the viewer did; whether they dismissed them."""

    counts: dict[AnnouncementId, list[ReactionCount]]
    own: frozenset[tuple[AnnouncementId, str]] = frozenset()
    dismissed: frozenset[AnnouncementId] = frozenset()


# What is shown, soonest first; every process asks now and then, so that a home without any costs nothing.
recent_announcements: Recent[tuple[Announcement, ...]] = Recent("announcements_changed", entries_max=1)


# By the operator


async def create_announcement(conn: Connection, settings: Settings, draft: AnnouncementDraft) -> Announcement:
    """Its text is read like a post's: mentions, tags and addresses become links."""
    now = clock.now()
    published_at = draft.published_at or now
    if draft.ends_at is not None and draft.ends_at <= max(published_at, draft.starts_at or published_at):
        raise WrongTimes
    if await queries.count_announcements(conn) >= ANNOUNCEMENTS_MAX:
        raise TooManyAnnouncements
    composed = await compose(conn, settings, draft.text, "", may_be_empty=False)
    made = Announcement(
        AnnouncementId(new_id(new_random_id())),
        composed.text,
        composed.content,
        draft.starts_at,
        draft.ends_at,
        draft.all_day,
        published_at,
        now,
        tuple(each.id for each in composed.mentioned),
        _linked_statuses(composed.text, settings.base_url),
        composed.tags,
    )
    await queries.insert_announcement(conn, made)
    await defer(conn, TellOfAnnouncement(made.id), run_at=draft.published_at if published_at > now else None)
    return made


async def delete_announcement(conn: Connection, announcement_id: AnnouncementId) -> None:
    if not await queries.delete_announcement(conn, announcement_id):
        raise NotFound
    await defer(conn, TellOfAnnouncement(announcement_id))


async def newest_announcements(conn: Connection) -> list[Announcement]:
    return await queries.newest_announcements(conn, ANNOUNCEMENTS_MAX)


async def tell_of_announcement(conn: Connection, announcement_id: AnnouncementId) -> None:
    """In a job, as the operator's command has no way to other processes."""
    recent_announcements.changed(conn, _ALL)
    found = await queries.find_announcement(conn, announcement_id)
    if found is None:
        tell_of(conn, AnnouncementGone(announcement_id))
    elif found.is_shown_at(clock.now()):
        tell_of(conn, AnnouncementNew(announcement_id))


def _linked_statuses(text: str, base_url: str) -> tuple[StatusId, ...]:
    """Of this server, by their addresses."""
    found: dict[StatusId, None] = {}
    for url in find_links(text):
        path = _STATUS_PATH.fullmatch(urlsplit(url).path) if url.startswith(f"{base_url}/") else None
        status_id = None if path is None else parse_id(path[1])
        if status_id is not None:
            found[StatusId(status_id)] = None
    return tuple(found)[:_STATUSES_MAX]


# By members


async def shown_announcements(conn: Connection) -> list[Announcement]:
    """No statement for what this process has read in the last seconds."""
    now = clock.now()
    kept = recent_announcements.find(_ALL, now.timestamp())
    if kept is None:
        mark = recent_announcements.mark()
        kept = tuple(await queries.announcements_at(conn, now, ANNOUNCEMENTS_MAX))
        recent_announcements.keep(mark, _ALL, kept, now.timestamp())
    return [each for each in kept if each.is_shown_at(now)]


async def require_shown(conn: Connection, announcement_id: AnnouncementId) -> Announcement:
    """Raises NotFound for what is not published yet, over or deleted."""
    found = await queries.find_announcement(conn, announcement_id)
    if found is None or not found.is_shown_at(clock.now()):
        raise NotFound
    return found


async def reactions_to(
    conn: Connection, viewer: Viewer, announcement_ids: Sequence[AnnouncementId]
) -> Reactions:
    """Three statements, one for who is nobody."""
    counts: dict[AnnouncementId, list[ReactionCount]] = {}
    for each in await queries.reaction_counts(conn, announcement_ids):
        counts.setdefault(each.announcement_id, []).append(each)
    if viewer.account_id is None:
        return Reactions(counts)
    own = await queries.reactions_by(conn, viewer.account_id, announcement_ids)
    dismissed = await dismissed_among(conn, viewer.account_id, announcement_ids)
    return Reactions(counts, frozenset(own), dismissed)


async def dismissed_among(
    conn: Connection, account_id: AccountId, announcement_ids: Sequence[AnnouncementId]
) -> frozenset[AnnouncementId]:
    return frozenset(await queries.dismissed_among(conn, account_id, announcement_ids))


async def dismiss(conn: Connection, viewer: Viewer, announcement_id: AnnouncementId) -> None:
    account_id = require_account(viewer)
    await require_shown(conn, announcement_id)
    await queries.insert_dismissal(conn, account_id, announcement_id)


async def react(conn: Connection, viewer: Viewer, announcement_id: AnnouncementId, name: str) -> None:
    account_id = require_account(viewer)
    await require_shown(conn, announcement_id)
    if not is_emoji(name) and find_emoji(name) is None:
        raise NoEmoji
    counts = await queries.reaction_counts(conn, [announcement_id])
    if len(counts) >= REACTIONS_MAX and name not in {each.name for each in counts}:
        raise TooManyReactions
    if not await queries.insert_reaction(conn, account_id, announcement_id, name):
        raise AlreadyReacted
    await _count(conn, announcement_id, name, 1)


async def unreact(conn: Connection, viewer: Viewer, announcement_id: AnnouncementId, name: str) -> None:
    """Raises NotFound for a reaction that isn't there."""
    account_id = require_account(viewer)
    await require_shown(conn, announcement_id)
    if not await queries.delete_reaction(conn, account_id, announcement_id, name):
        raise NotFound
    await _count(conn, announcement_id, name, -1)


async def forget_reader_of_announcements(conn: Connection, account_id: AccountId) -> None:
    """An account that is no more: its reactions are taken back, also those to what is over."""
    ids = await queries.announcement_ids(conn)
    for announcement_id, name in await queries.reactions_by(conn, account_id, ids):
        if await queries.delete_reaction(conn, account_id, announcement_id, name):
            await _count(conn, announcement_id, name, -1)
    await queries.delete_dismissals(conn, account_id, ids)


async def _count(conn: Connection, announcement_id: AnnouncementId, name: str, change: int) -> None:
    count = await queries.add_to_count(conn, announcement_id, name, change, new_id(announcement_id))
    tell_of(conn, AnnouncementReaction(announcement_id, name, count))
