"""fetch_picture: the picture that a page names for its preview is fetched once, made anew, and kept with the card.

It is served by this server, so that nobody who sees a post asks another one.
"""

from datetime import timedelta

from parley.kit import clock, http_client
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.http_client import Fetched, HostUnreachable, Limits, OutgoingError
from parley.kit.ids import CardId, MediaId, new_random_id_beside
from parley.kit.jobs import defer
from parley.kit.services import Services
from parley.media.attach import delete_media
from parley.media.doom import doom
from parley.media.errors import BadFile
from parley.media.kinds import PICTURE_TYPES
from parley.media.models import Product
from parley.media.upload import Upload, accept_for_server, made
from parley.publishing import card_queries
from parley.publishing.card_models import CardPicture, FetchCardPicture, PreviewCard

# Without being asked for anew, a picture goes after so long; the words of the preview stay.
PICTURE_LIFETIME = timedelta(days=180)
RETRY_AFTER = timedelta(minutes=5)
_ATTEMPTS_MAX = 3
_PICTURE = Limits(seconds=15, body_bytes_max=8_388_608)
_KINDS = (*PICTURE_TYPES, "image/jpg")
_TEMPORARY = frozenset({408, 425, 429})


class _TryLater(Exception):
    """The other host may answer another time."""


async def fetch_picture(conn: Connection, services: Services, payload: FetchCardPicture) -> None:
    """Bears repetition: what was made of this very address stays. Raises StoreDown, to be tried again."""
    card = await card_queries.find_card(conn, payload.card_id)
    if card is None or (card.picture is not None and card.picture.source == card.image_url):
        return
    try:
        upload = await _ask(services.settings, card.image_url)
    except _TryLater:
        if payload.attempt < _ATTEMPTS_MAX:
            again = FetchCardPicture(payload.card_id, payload.attempt + 1)
            async with services.database.transaction() as writing:
                await defer(writing, again, run_at=clock.now() + RETRY_AFTER * payload.attempt)
        return
    try:
        async with made(services, upload, "card") as product:
            await _put(services, card, product)
    except BadFile:
        await _put(services, card, None)


async def forget_old_pictures(conn: Connection, limit: int) -> None:
    """Of links that nobody has posted for long."""
    for card in await card_queries.cards_with_old_pictures(conn, clock.now() - PICTURE_LIFETIME, limit):
        if card.picture is not None:
            await card_queries.update_picture(conn, card.id, None)
            await delete_media(conn, [card.picture.media_id])


async def _ask(settings: Settings, url: str | None) -> Upload | None:
    """None when there is no picture to be had. Raises _TryLater."""
    if url is None or not settings.link_previews:
        return None
    try:
        answer: Fetched = await http_client.fetch(settings, url, _PICTURE, _KINDS)
    except HostUnreachable:
        raise _TryLater from None
    except OutgoingError:
        return None
    if answer.status >= 500 or answer.status in _TEMPORARY:
        raise _TryLater
    return Upload(answer.body, len(answer.body), lambda: (answer.body,)) if answer.status == 200 else None


async def _put(services: Services, looked_at: PreviewCard, product: Product | None) -> None:
    """Unless the page names another picture meanwhile, which has its own job."""
    async with services.database.transaction() as conn:
        card = await card_queries.find_card_for_update(conn, looked_at.id)
        if card is None or card.image_url != looked_at.image_url:
            await doom(conn, [], files=[each.file for each in product.variants] if product else [])
            return
        picture = None if product is None else await _accept(conn, card.id, card.image_url, product)
        await card_queries.update_picture(conn, card.id, picture)
        if card.picture is not None:
            await delete_media(conn, [card.picture.media_id])


async def _accept(conn: Connection, card_id: CardId, source: str | None, product: Product) -> CardPicture:
    media_id = MediaId(new_random_id_beside(card_id))
    await accept_for_server(conn, media_id, "card", product)
    made_of_it = product.variants[0]
    return CardPicture(
        media_id=media_id,
        file=made_of_it.file,
        width=made_of_it.width,
        height=made_of_it.height,
        blurhash=product.blurhash,
        source=source or "",
    )
