"""All SQL on preview cards, and on which statuses bear one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, CardId, StatusId, bucket_of
from parley.publishing.cache import recent_counts
from parley.publishing.card_models import CardPicture, PreviewCard, recent_cards

OWNED_TABLES = ("preview_cards", "card_entries")

_CARD_COLUMNS = """
    id, url, type, title, description, author_name, author_url, author_account_id, provider_name, provider_url, language,
    image_url, image_description, width, height, published_at, fetched_at,
    picture
"""


def _card(*columns: Any) -> PreviewCard:
    values = dict(zip(PreviewCard.__struct_fields__, columns, strict=True))
    if values["picture"] is not None:
        values["picture"] = msgspec.convert(values["picture"], CardPicture)
    return PreviewCard(**values)


async def cards_by_ids(conn: Connection, card_ids: Sequence[int]) -> list[PreviewCard]:
    """Hydration: several buckets at once, allowed by name."""
    return await conn.fetch_all(
        _card,
        "select " + _CARD_COLUMNS + " from preview_cards where id = any($1) and bucket = any($2)",
        card_ids,
        [bucket_of(each) for each in card_ids],
    )


async def find_card_by_hash(conn: Connection, bucket: int, url_hash: bytes) -> PreviewCard | None:
    return await conn.fetch_one(
        _card,
        "select " + _CARD_COLUMNS + " from preview_cards where bucket = $1 and url_hash = $2",
        bucket,
        url_hash,
    )


async def find_card(conn: Connection, card_id: CardId) -> PreviewCard | None:
    return await conn.fetch_one(
        _card,
        "select " + _CARD_COLUMNS + " from preview_cards where bucket = $1 and id = $2",
        bucket_of(card_id),
        card_id,
    )


async def find_card_for_update(conn: Connection, card_id: CardId) -> PreviewCard | None:
    return await conn.fetch_one(
        _card,
        "select " + _CARD_COLUMNS + " from preview_cards where bucket = $1 and id = $2 for update",
        bucket_of(card_id),
        card_id,
    )


async def cards_with_old_pictures(conn: Connection, before: datetime, limit: int) -> list[PreviewCard]:
    """In no bucket: a job, by an index of its own."""
    return await conn.fetch_all(
        _card,
        "select "
        + _CARD_COLUMNS
        + " from preview_cards where picture is not null and fetched_at < $1 order by fetched_at limit $2",
        before,
        limit,
    )


async def update_picture(conn: Connection, card_id: CardId, picture: CardPicture | None) -> None:
    await conn.execute(
        "update preview_cards set picture = $3 where bucket = $1 and id = $2",
        bucket_of(card_id),
        card_id,
        picture,
    )
    recent_cards.changed(conn, card_id)


async def upsert_card(conn: Connection, url_hash: bytes, card: PreviewCard) -> CardId:
    """The id of the card of this address, which may have been there already."""
    card_id: CardId = await conn.fetch_value(
        """
        insert into preview_cards (bucket, id, url_hash, url, type, title, description, author_name, author_url,
            author_account_id, provider_name, provider_url, language, image_url, image_description, width, height,
            published_at, fetched_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        on conflict (bucket, url_hash) do update set type = $5, title = $6, description = $7, author_name = $8,
            author_url = $9, author_account_id = $10, provider_name = $11, provider_url = $12, language = $13,
            image_url = $14, image_description = $15, width = $16, height = $17, published_at = $18, fetched_at = $19
        returning id
        """,
        bucket_of(card.id),
        card.id,
        url_hash,
        card.url,
        card.type,
        card.title,
        card.description,
        card.author_name,
        card.author_url,
        card.author_account_id,
        card.provider_name,
        card.provider_url,
        card.language,
        card.image_url,
        card.image_description,
        card.width,
        card.height,
        card.published_at,
        card.fetched_at,
    )
    recent_cards.changed(conn, card_id)
    return card_id


async def update_fetched(conn: Connection, card_id: CardId, fetched_at: datetime) -> None:
    await conn.execute(
        "update preview_cards set fetched_at = $3 where bucket = $1 and id = $2",
        bucket_of(card_id),
        card_id,
        fetched_at,
    )


async def update_status_card(
    conn: Connection, status_id: StatusId, card_id: CardId | None, before: int, after: int
) -> None:
    """With a new version, so that memories read it anew; the state that its history may know keeps its place there."""
    recent_counts.changed(conn, status_id)
    await conn.execute(
        """
        with counts as (
            update status_counts set version = $5 where bucket = $1 and status_id = $2),
        edits as (
            update status_edits set version = $5 where bucket = $1 and status_id = $2 and version = $4)
        update statuses set card_id = $3 where bucket = $1 and id = $2
        """,
        bucket_of(status_id),
        status_id,
        card_id,
        before,
        after,
    )


async def hold_card(conn: Connection, card_id: CardId) -> bool:
    """Whether it is there, and stays until this transaction ends."""
    held = await conn.fetch_value(
        "select true from preview_cards where bucket = $1 and id = $2 for key share",
        bucket_of(card_id),
        card_id,
    )
    return held is not None


async def has_bearer(conn: Connection, card_id: CardId) -> bool:
    return bool(
        await conn.fetch_value(
            "select exists (select 1 from card_entries where bucket = $1 and card_id = $2)",
            bucket_of(card_id),
            card_id,
        )
    )


async def delete_card(conn: Connection, card_id: CardId) -> None:
    await conn.execute("delete from preview_cards where bucket = $1 and id = $2", bucket_of(card_id), card_id)
    recent_cards.changed(conn, card_id)


async def empty_cards(conn: Connection, before: datetime, limit: int) -> list[CardId]:
    """In no bucket: a job, by an index of its own."""
    return await conn.fetch_column(
        "select id from preview_cards where title = '' and fetched_at < $1 order by fetched_at limit $2",
        before,
        limit,
    )


async def insert_entry(
    conn: Connection, card_id: CardId, status_id: StatusId, account_id: AccountId, *, listed: bool
) -> None:
    """`listed`: everybody may find the status by its link."""
    await conn.execute(
        """
        insert into card_entries (bucket, card_id, status_id, account_id, listed) values ($1, $2, $3, $4, $5)
        on conflict do nothing
        """,
        bucket_of(card_id),
        card_id,
        status_id,
        account_id,
        listed,
    )


async def delete_entry(conn: Connection, card_id: CardId, status_id: StatusId) -> None:
    await conn.execute(
        "delete from card_entries where bucket = $1 and card_id = $2 and status_id = $3",
        bucket_of(card_id),
        card_id,
        status_id,
    )
