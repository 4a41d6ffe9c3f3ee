"""PreviewCard, as a struct and as JSON.

https://docs.joinmastodon.org/entities/PreviewCard/
"""

import msgspec

from parley.hydration.models import CardView
from parley.mastodon_api.entities.account import Account, account_json, wire_time
from parley.media.addresses import file_path
from parley.media.origins import files_url

_FRAGMENTS_MAX = 5_000


class PreviewCardAuthor(msgspec.Struct, frozen=True):
    """`account`: only of a member whose own profile names the page's host."""

    name: str
    url: str
    account: Account | None


class PreviewCard(msgspec.Struct, frozen=True, kw_only=True):
    """All texts are plain. Nothing of another site is embedded: `html` and `embed_url` are empty."""

    url: str
    title: str
    description: str
    language: str | None
    type: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    html: str = ""
    width: int
    height: int
    image: str | None = None
    image_description: str
    embed_url: str = ""
    blurhash: str | None = None
    published_at: str | None
    authors: tuple[PreviewCardAuthor, ...]


class _Kept(msgspec.Struct, frozen=True):
    """The JSON of a card, and the very object that it was made of."""

    card: object
    json: bytes


# By card id; only cards without an author's account, which changes by itself.
_fragments: dict[int, _Kept] = {}


def card_json(view: CardView, base_url: str) -> bytes:
    kept = _fragments.get(view.card.id)
    if kept is not None and kept.card is view.card and view.author is None:
        return kept.json
    made = msgspec.json.encode(_to_card(view, base_url))
    if view.author is None:
        if len(_fragments) >= _FRAGMENTS_MAX:
            _fragments.clear()
        _fragments[view.card.id] = _Kept(view.card, made)
    return made


def _to_card(view: CardView, base_url: str) -> dict[str, object]:
    """A width without its picture would be a gap on a page."""
    card, picture = view.card, view.card.picture
    whole = PreviewCard(
        url=card.url,
        title=card.title,
        description=card.description,
        language=card.language,
        type=card.type,
        author_name=card.author_name,
        author_url=card.author_url,
        provider_name=card.provider_name,
        provider_url=card.provider_url,
        width=0 if picture is None else picture.width,
        height=0 if picture is None else picture.height,
        image=None if picture is None else files_url(base_url) + file_path(picture.media_id, picture.file),
        image_description="" if picture is None else card.image_description,
        blurhash=None if picture is None else picture.blurhash,
        published_at=wire_time(card.published_at),
        authors=(),
    )
    return {**msgspec.structs.asdict(whole), "authors": _authors(view, base_url)}


def _authors(view: CardView, base_url: str) -> list[dict[str, object]]:
    card, author = view.card, view.author
    if author is not None:
        name = author.account.display_name or author.account.username
        return [
            {"name": name, "url": card.author_url, "account": msgspec.Raw(account_json(author, base_url))}
        ]
    return [{"name": card.author_name, "url": card.author_url, "account": None}] if card.author_name else []
