"""CustomEmoji: a picture of the server's own, written as `:shortcode:`.

https://docs.joinmastodon.org/entities/CustomEmoji/
"""

from collections.abc import Iterable

import msgspec

from parley.media.addresses import file_path
from parley.media.emojis import emojis_in_html, emojis_in_text
from parley.media.models import CustomEmoji as Emoji
from parley.media.origins import files_url


class CustomEmoji(msgspec.Struct, frozen=True, kw_only=True):
    """`static_url` stands still."""

    shortcode: str
    url: str
    static_url: str
    visible_in_picker: bool
    category: str | None


def to_custom_emoji(emoji: Emoji, base_url: str) -> CustomEmoji:
    origin, picture = files_url(base_url), emoji.picture
    return CustomEmoji(
        shortcode=emoji.shortcode,
        url=origin + file_path(emoji.media_id, picture.file),
        static_url=origin + file_path(emoji.media_id, picture.static),
        visible_in_picker=emoji.visible_in_picker,
        category=emoji.category,
    )


def emojis_of(
    base_url: str, *, html: Iterable[str] = (), texts: Iterable[str] = ()
) -> tuple[CustomEmoji, ...]:
    """Those that these name, each once; for lists called `emojis`."""
    found = {each.shortcode: each for each in (*emojis_in_html(*html), *emojis_in_text(*texts))}
    return tuple(to_custom_emoji(each, base_url) for each in found.values())
