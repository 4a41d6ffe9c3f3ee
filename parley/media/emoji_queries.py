"""All SQL on custom emojis."""

from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.media.models import CustomEmoji, EmojiPicture

_COLUMNS = "shortcode, media_id, picture, category, visible_in_picker, disabled, created_at"


def _emoji(*columns: Any) -> CustomEmoji:
    values = dict(zip(CustomEmoji.__struct_fields__, columns, strict=True))
    values["picture"] = msgspec.convert(values["picture"], EmojiPicture)
    return CustomEmoji(**values)


async def all_emojis(conn: Connection, limit: int) -> list[CustomEmoji]:
    return await conn.fetch_all(
        _emoji,
        "select " + _COLUMNS + " from custom_emojis order by category nulls first, shortcode limit $1",
        limit,
    )


async def count_emojis(conn: Connection) -> int:
    count: int = await conn.fetch_value("select count(*) from custom_emojis")
    return count


async def insert_emoji(conn: Connection, emoji: CustomEmoji) -> bool:
    """Whether its shortcode was free."""
    inserted = await conn.execute(
        """
        insert into custom_emojis (shortcode, media_id, picture, category, visible_in_picker, disabled, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict do nothing
        """,
        emoji.shortcode,
        emoji.media_id,
        emoji.picture,
        emoji.category,
        emoji.visible_in_picker,
        emoji.disabled,
        emoji.created_at,
    )
    return inserted == 1


async def update_disabled(conn: Connection, shortcode: str, *, disabled: bool) -> bool:
    """Whether there is such an emoji."""
    updated = await conn.execute(
        "update custom_emojis set disabled = $2 where shortcode = $1", shortcode, disabled
    )
    return updated == 1


async def delete_emoji(conn: Connection, shortcode: str) -> CustomEmoji | None:
    return await conn.fetch_one(
        _emoji, "delete from custom_emojis where shortcode = $1 returning " + _COLUMNS, shortcode
    )
