"""A message that came into conversations, to the `direct` streams of those who take part, as each has it."""

from parley.conversations.live import Told
from parley.conversations.read import conversations_told_of
from parley.hydration.conversations import conversation_views_for_each
from parley.kit.db import Connection
from parley.mastodon_api.entities.conversation import conversation_json
from parley.mastodon_api.live_places import Places
from parley.mastodon_api.live_readers import Event
from parley.mastodon_api.streams import Stream


async def send_conversations(conn: Connection, places: Places, base_url: str, told: Told) -> None:
    """The same few statements however many read."""
    awaited = [each for each in told if places.readers_of(_stream_of(each[0]))]
    rows = await conversations_told_of(conn, awaited)
    if not rows:
        return
    for owner_id, view in (await conversation_views_for_each(conn, rows)).items():
        event: Event | None = None
        for reader, label in list(places.readers_of(_stream_of(owner_id)).items()):
            if event is None:
                event = Event("conversation", conversation_json(view, base_url, reader.viewer))
            reader.tell(event, label)


def _stream_of(owner_id: int) -> Stream:
    return Stream("direct", owner_id=owner_id)
