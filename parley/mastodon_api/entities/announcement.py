"""Announcement and what stands in it, and its Reaction as streams tell of it.

https://docs.joinmastodon.org/entities/Announcement/
"""

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.announcements import AnnouncementView, ReactionView
from parley.identity.addresses import account_url
from parley.mastodon_api.entities.account import wire_time
from parley.mastodon_api.entities.emoji import CustomEmoji, emojis_of, to_custom_emoji
from parley.mastodon_api.entities.status import StatusMention, StatusTag
from parley.media.emojis import find_emoji
from parley.notifications.live import AnnouncementReaction
from parley.publishing.addresses import status_url, tag_url


class AnnouncementStatus(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    url: str


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """`me` is for members. `name` is an emoji, or the shortcode of one of the server's own, which has pictures."""

    name: str
    count: int
    me: bool | UnsetType = UNSET
    url: str | UnsetType = UNSET
    static_url: str | UnsetType = UNSET


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """`read` is for members: whether they have dismissed it."""

    id: str
    content: str
    starts_at: str | None
    ends_at: str | None
    all_day: bool
    published_at: str
    updated_at: str
    read: bool | UnsetType = UNSET
    mentions: tuple[StatusMention, ...]
    statuses: tuple[AnnouncementStatus, ...]
    tags: tuple[StatusTag, ...]
    emojis: tuple[CustomEmoji, ...]
    reactions: tuple[Reaction, ...]


class StreamReaction(msgspec.Struct, frozen=True, kw_only=True):
    """What streams tell when somebody reacts."""

    name: str
    count: int
    announcement_id: str
    url: str | UnsetType = UNSET
    static_url: str | UnsetType = UNSET


def to_announcement(view: AnnouncementView, base_url: str) -> Announcement:
    announcement = view.announcement
    return Announcement(
        id=str(announcement.id),
        content=announcement.content,
        starts_at=wire_time(announcement.starts_at),
        ends_at=wire_time(announcement.ends_at),
        all_day=announcement.all_day,
        published_at=wire_time(announcement.published_at) or "",
        updated_at=wire_time(announcement.updated_at) or "",
        read=UNSET if view.read is None else view.read,
        mentions=tuple(
            StatusMention(str(each.id), each.username, account_url(base_url, each), each.acct)
            for each in view.mentions
        ),
        statuses=tuple(
            AnnouncementStatus(id=str(status.id), url=status_url(base_url, status, author))
            for status, author in view.statuses
        ),
        tags=tuple(StatusTag(tag, tag_url(base_url, tag)) for tag in announcement.tags),
        emojis=emojis_of(base_url, html=(announcement.content,)),
        reactions=tuple(_to_reaction(each, base_url) for each in view.reactions),
    )


def _to_reaction(view: ReactionView, base_url: str) -> Reaction:
    url, static_url = _pictures_of(view.name, base_url)
    me = UNSET if view.me is None else view.me
    return Reaction(name=view.name, count=view.count, me=me, url=url, static_url=static_url)


def to_stream_reaction(news: AnnouncementReaction, base_url: str) -> StreamReaction:
    url, static_url = _pictures_of(news.name, base_url)
    return StreamReaction(
        name=news.name,
        count=news.count,
        announcement_id=str(news.announcement_id),
        url=url,
        static_url=static_url,
    )


def _pictures_of(name: str, base_url: str) -> tuple[str | UnsetType, str | UnsetType]:
    emoji = find_emoji(name)
    if emoji is None:
        return UNSET, UNSET
    shown = to_custom_emoji(emoji, base_url)
    return shown.url, shown.static_url
