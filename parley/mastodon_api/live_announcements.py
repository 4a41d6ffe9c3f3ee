"""What open streams of members are told of announcements; the same event for all."""

import asyncio

import msgspec

from parley.hydration.announcements import announcement_view
from parley.identity.viewer import ANONYMOUS
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.mastodon_api.entities.announcement import to_announcement, to_stream_reaction
from parley.mastodon_api.live_places import Places
from parley.mastodon_api.live_readers import Event
from parley.mastodon_api.streams import Stream
from parley.notifications.live import (
    AnnouncementGone,
    AnnouncementNew,
    AnnouncementNews,
    AnnouncementReaction,
)

_READERS_PER_TURN = 100


async def send_announcement(conn: Connection, places: Places, base_url: str, news: AnnouncementNews) -> None:
    try:
        event = await _event(conn, base_url, news)
    except NotFound:
        # Deleted meanwhile; of that they are told, too.
        return
    readers = [
        (reader, label)
        for member_id in places.member_ids
        for reader, label in places.readers_of(Stream("user", owner_id=member_id)).items()
    ]
    for number, (reader, label) in enumerate(readers, 1):
        reader.tell(event, label)
        if number % _READERS_PER_TURN == 0:
            await asyncio.sleep(0)


async def _event(conn: Connection, base_url: str, news: AnnouncementNews) -> Event:
    match news:
        case AnnouncementNew():
            view = await announcement_view(conn, ANONYMOUS, news.announcement_id)
            return Event("announcement", msgspec.json.encode(to_announcement(view, base_url)))
        case AnnouncementReaction():
            return Event("announcement.reaction", msgspec.json.encode(to_stream_reaction(news, base_url)))
        case AnnouncementGone():
            return Event("announcement.delete", str(news.announcement_id).encode())
