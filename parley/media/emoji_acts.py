"""add_emoji, remove_emoji, switch_emoji: which pictures members can write as `:shortcode:`."""

import re

import msgspec

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import MediaId, new_random_id
from parley.kit.jobs import defer
from parley.media import emoji_queries
from parley.media.attach import delete_media
from parley.media.emojis import EMOJIS_MAX, SHORTCODE, announce_emojis
from parley.media.models import CustomEmoji, EmojiPicture, Product
from parley.media.payloads import TellOfEmojis
from parley.media.upload import accept_for_server

_CATEGORY_LENGTH_MAX = 60


class BadShortcode(Invalid):
    default = "Validation failed: A shortcode has 2 to 60 letters, digits and underscores"


class ShortcodeTaken(Invalid):
    default = "Validation failed: Shortcode has already been taken"


class TooManyEmojis(Invalid):
    default = f"Validation failed: There can be {EMOJIS_MAX} emojis: remove some first"


class EmojiDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`shortcode` with colons around it or without."""

    shortcode: str
    category: str = ""
    visible_in_picker: bool = True


def checked_draft(draft: EmojiDraft) -> EmojiDraft:
    """To be called before the workshop is troubled, too. Raises Invalid."""
    shortcode, category = draft.shortcode.strip().strip(":"), draft.category.strip()
    if not re.fullmatch(SHORTCODE, shortcode):
        raise BadShortcode
    if len(category) > _CATEGORY_LENGTH_MAX or not category.isprintable():
        raise Invalid(
            f"Validation failed: Category is too long (maximum is {_CATEGORY_LENGTH_MAX} characters), or no plain text"
        )
    return msgspec.structs.replace(draft, shortcode=shortcode, category=category)


async def add_emoji(conn: Connection, draft: EmojiDraft, product: Product) -> CustomEmoji:
    """Raises Invalid; then nothing refers to what was made."""
    draft = checked_draft(draft)
    if await emoji_queries.count_emojis(conn) >= EMOJIS_MAX:
        raise TooManyEmojis
    media_id, now = MediaId(new_random_id()), clock.now()
    emoji = CustomEmoji(
        shortcode=draft.shortcode,
        media_id=media_id,
        picture=_picture_of(product),
        category=draft.category or None,
        visible_in_picker=draft.visible_in_picker,
        disabled=False,
        created_at=now,
    )
    if not await emoji_queries.insert_emoji(conn, emoji):
        raise ShortcodeTaken
    await accept_for_server(conn, media_id, "emoji", product)
    await _tell(conn)
    return emoji


async def remove_emoji(conn: Connection, shortcode: str) -> None:
    """What was written with it shows its shortcode. Raises NotFound."""
    gone = await emoji_queries.delete_emoji(conn, shortcode.strip(":"))
    if gone is None:
        raise NotFound
    await delete_media(conn, [gone.media_id])
    await _tell(conn)


async def switch_emoji(conn: Connection, shortcode: str, *, disabled: bool) -> None:
    """As if it were not there, for as long as it is disabled. Raises NotFound."""
    if not await emoji_queries.update_disabled(conn, shortcode, disabled=disabled):
        raise NotFound
    await _tell(conn)


async def all_emojis(conn: Connection) -> list[CustomEmoji]:
    """Disabled ones too."""
    return await emoji_queries.all_emojis(conn, EMOJIS_MAX)


async def _tell(conn: Connection) -> None:
    """By a job too: an operator's command has no way to other processes."""
    announce_emojis(conn)
    await defer(conn, TellOfEmojis())


def _picture_of(product: Product) -> EmojiPicture:
    variants = {each.name: each for each in product.variants}
    original = variants["original"]
    return EmojiPicture(
        file=original.file,
        static=variants.get("static", original).file,
        width=original.width,
        height=original.height,
    )
