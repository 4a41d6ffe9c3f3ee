"""PreviewCard, what a page says of itself below a status that links to it; and the process's memory of cards."""

from datetime import datetime

import msgspec

from parley.kit.ids import AccountId, CardId, MediaId, StatusId
from parley.kit.recent import Recent


class CardPicture(msgspec.Struct, frozen=True, kw_only=True):
    """What was made of the picture at `source`: a media file of this server's."""

    media_id: MediaId
    file: str
    width: int
    height: int
    blurhash: str | None
    source: str


class PreviewCard(msgspec.Struct, frozen=True):
    """The columns of `preview_cards`, in order; plain texts. Without a title there is nothing to show."""

    id: CardId
    url: str
    type: str
    title: str
    description: str
    author_name: str
    author_url: str
    author_account_id: AccountId | None
    provider_name: str
    provider_url: str
    language: str | None
    image_url: str | None
    image_description: str
    width: int
    height: int
    published_at: datetime | None
    fetched_at: datetime
    picture: CardPicture | None = None


class FetchCard(msgspec.Struct, frozen=True):
    """The job's payload. `attempt` counts from 1."""

    status_id: StatusId
    attempt: int = 1


class FetchCardPicture(msgspec.Struct, frozen=True):
    """The job's payload. `attempt` counts from 1."""

    card_id: CardId
    attempt: int = 1


class ForgetCard(msgspec.Struct, frozen=True):
    """The job's payload: a card that fewer statuses bear than before."""

    card_id: CardId


# By card id.
recent_cards: Recent[PreviewCard] = Recent("card_changed", entries_max=10_000)
