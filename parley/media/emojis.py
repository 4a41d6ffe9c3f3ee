"""Custom emojis as each process knows them: all of them, read once, and read anew when a message tells of a change.

Texts keep their `:shortcode:`; what it stands for is looked up when they are shown, without a statement.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from parley.kit.db import Connection, Database
from parley.kit.errors import Unavailable
from parley.kit.pubsub import PubSub
from parley.media import emoji_queries
from parley.media.models import CustomEmoji

EMOJIS_MAX = 2_000
SHORTCODE = r"[A-Za-z0-9_]{2,60}"
_TOPIC = "emojis_changed"
# Not within a time of day or an address: what stands beside the colons is no letter and no digit.
_NAMED = rf"(?<![A-Za-z0-9]):({SHORTCODE}):(?![A-Za-z0-9])"
_IN_TEXT = re.compile(_NAMED)
# In HTML of our own making, where links stay as they are.
_IN_HTML = re.compile(rf"<a\b[^>]*>.*?</a>|<[^>]*>|{_NAMED}", re.DOTALL)

_forgetful: list[Callable[[], None]] = []


class _Kept:
    """Of this process. What was known last is good until the next is read."""

    emojis: Mapping[str, CustomEmoji] = {}
    fresh: bool = False
    turn: int = 0


def on_emojis_changed(forget: Callable[[], None]) -> None:
    """For whoever keeps something that shows emojis: `forget` is called when other ones are known."""
    _forgetful.append(forget)


def keep_emojis(found: Iterable[CustomEmoji]) -> None:
    _Kept.emojis = {each.shortcode: each for each in found if not each.disabled}
    _Kept.fresh = True
    for forget in _forgetful:
        forget()


def _look_again() -> None:
    _Kept.fresh = False
    _Kept.turn += 1


def listen(pubsub: PubSub) -> None:
    """Lets this process hear of emojis that others add and remove."""
    pubsub.subscribe(_TOPIC, lambda _text: _look_again())
    pubsub.on_reconnect(_look_again)


def announce_emojis(conn: Connection) -> None:
    """To be called by whoever writes one, in the same transaction."""
    conn.after_commit(_look_again)
    conn.publish_after_commit(_TOPIC, "")


async def know_emojis(database: Database) -> None:
    """Hot path: before every request, nothing but a look while nothing changed; one statement after a change."""
    if _Kept.fresh:
        return
    turn = _Kept.turn
    try:
        async with database.reading() as conn:
            found = await emoji_queries.all_emojis(conn, EMOJIS_MAX)
    except Unavailable:
        return
    keep_emojis(found)
    # What changed while this was read may have been read before.
    _Kept.fresh = turn == _Kept.turn


def known_emojis() -> list[CustomEmoji]:
    """All that may be used, by category and name."""
    return list(_Kept.emojis.values())


def find_emoji(shortcode: str) -> CustomEmoji | None:
    return _Kept.emojis.get(shortcode)


def emojis_in_text(*texts: str) -> tuple[CustomEmoji, ...]:
    """Hot path: those that plain texts name, each once; 0.1 µs where the server has none."""
    return _found(_IN_TEXT, texts) if _Kept.emojis else ()


def emojis_in_html(*texts: str) -> tuple[CustomEmoji, ...]:
    """Hot path: the same for HTML of ours."""
    return _found(_IN_HTML, texts) if _Kept.emojis else ()


def with_emojis(html: str, shown: Callable[[CustomEmoji], str]) -> str:
    """HTML of ours in which `shown` stands for each emoji."""
    if not _Kept.emojis or ":" not in html:
        return html

    def replaced(match: re.Match[str]) -> str:
        emoji = None if match[1] is None else _Kept.emojis.get(match[1])
        return match[0] if emoji is None else shown(emoji)

    return _IN_HTML.sub(replaced, html)


def _found(pattern: re.Pattern[str], texts: Iterable[str]) -> tuple[CustomEmoji, ...]:
    known = _Kept.emojis
    named = (match[1] for text in texts if ":" in text for match in pattern.finditer(text))
    return tuple({name: known[name] for name in named if name in known}.values())
