"""What statuses say, for the index alone: no door may call this, as nobody was asked who may see it."""

from collections.abc import Sequence

import msgspec

from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.html import plain_text
from parley.kit.ids import PollId, StatusId
from parley.media.descriptions import open_descriptions
from parley.publishing import poll_queries
from parley.publishing.models import Status, Visibility
from parley.publishing.preview_card import cards_by_ids
from parley.publishing.sealed_words import opened_polls, read_statuses
from parley.publishing.word_queries import media_of_statuses

_EMBEDDED = frozenset({"video", "photo", "rich"})
_NAMED = {"picture": "image", "animation": "image", "gifv": "image", "film": "video", "sound": "audio"}


class StatusWords(msgspec.Struct, frozen=True):
    """`texts` apart from each other: warning, words, options of the poll, descriptions of pictures and sounds.

    `media`: image, video, audio, as many kinds as hang on it. `embedded`: its link's card plays or shows something.
    """

    status: Status
    texts: tuple[str, ...]
    media: frozenset[str] = frozenset()
    embedded: bool = False


async def words_of(conn: Connection, status_ids: Sequence[StatusId]) -> list[StatusWords]:
    """Six statements at most. Left out: what is gone, boosts, and direct ones, whose words are nobody else's."""
    if not status_ids:
        return []
    found = [
        status
        for status in await read_statuses(conn, status_ids)
        if status.reblog_of_id is None and status.visibility != Visibility.DIRECT
    ]
    options = await _options(conn, found)
    media = await _media(conn, found)
    cards = await cards_by_ids(conn, [each.card_id for each in found if each.card_id is not None])
    return [
        StatusWords(
            status,
            (
                status.spoiler_text,
                _plain(status.content),
                *(() if status.poll_id is None else options.get(status.poll_id, ())),
                *(description for _, description in media.get(status.id, ())),
            ),
            media=frozenset(_NAMED.get(kind, kind) for kind, _ in media.get(status.id, ())),
            embedded=status.card_id in cards and cards[status.card_id].type in _EMBEDDED,
        )
        for status in found
    ]


def _plain(html: str) -> str:
    """Nothing of a text that is too much to be read: some dozens of long links are."""
    try:
        return plain_text(html)
    except Invalid:
        return ""


async def _options(conn: Connection, statuses: Sequence[Status]) -> dict[PollId, tuple[str, ...]]:
    poll_ids = [status.poll_id for status in statuses if status.poll_id is not None]
    found = await poll_queries.polls_with_votes(conn, poll_ids, None) if poll_ids else []
    return {each.id: each.options for each in await opened_polls(conn, [one.poll for one in found])}


async def _media(conn: Connection, statuses: Sequence[Status]) -> dict[StatusId, list[tuple[str, str]]]:
    """Kind and description."""
    found: dict[StatusId, list[tuple[str, str]]] = {}
    bearing = [each.id for each in statuses if each.media_ids]
    rows = await media_of_statuses(conn, bearing) if bearing else []
    opened = await open_descriptions(conn, {row[2]: row[4] for row in rows if row[4] is not None})
    for status_id, kind, media_id, description, _ in rows:
        found.setdefault(status_id, []).append((kind, opened.get(media_id, description)))
    return found
