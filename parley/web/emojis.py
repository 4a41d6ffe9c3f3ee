"""Custom emojis in pages: pictures where texts hold their `:shortcode:`, still ones for who wishes things to stand still."""

from html import escape

from parley.identity.models import Account
from parley.kit import templates
from parley.media.addresses import file_path
from parley.media.emojis import find_emoji, known_emojis
from parley.media.emojis import with_emojis as replaced
from parley.media.models import CustomEmoji
from parley.media.origins import files_url


def with_emojis(html: str) -> str:
    """For HTML that our own renderer made."""
    return templates.trusted(replaced(html, emoji_picture))


def text_with_emojis(text: str) -> str:
    return with_emojis(escape(text))


def shown_name(account: Account) -> str:
    """For what is read; attributes and titles have `name_of`."""
    return text_with_emojis(account.display_name or account.username)


def reaction_name(name: str) -> str:
    """An emoji as typed, or the picture of one of the server's own."""
    emoji = find_emoji(name)
    return escape(name) if emoji is None else templates.trusted(emoji_picture(emoji))


def emoji_picture(emoji: CustomEmoji) -> str:
    origin, picture = files_url(""), emoji.picture
    moving = escape(origin + file_path(emoji.media_id, picture.file))
    still = escape(origin + file_path(emoji.media_id, picture.static))
    image = (
        f'<img class="emoji" src="{moving}" alt=":{emoji.shortcode}:" title=":{emoji.shortcode}:" '
        f'width="{picture.width}" height="{picture.height}" loading="lazy">'
    )
    if moving == still:
        return image
    return f'<picture><source media="(prefers-reduced-motion: reduce)" srcset="{still}">{image}</picture>'


templates.add_words(
    with_emojis=with_emojis,
    text_with_emojis=text_with_emojis,
    shown_name=shown_name,
    reaction_name=reaction_name,
    has_emojis=lambda: bool(known_emojis()),
    emoji_picture=lambda emoji: templates.trusted(emoji_picture(emoji)),
)
