"""OEmbed: how another site may show a post inside its page.

https://docs.joinmastodon.org/methods/oembed/, https://oembed.com
"""

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.media import told_pictures
from parley.hydration.models import StatusView
from parley.identity.addresses import account_url
from parley.kit.config import Settings
from parley.kit.html import escape, plain_excerpt
from parley.media.models import Variant
from parley.media.origins import files_url
from parley.publishing.addresses import status_url

_WIDTH, _HEIGHT = 400, 420
_SIDE_MIN = 100
_TITLE_LENGTH = 80


class OEmbed(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "rich"
    version: str = "1.0"
    title: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    cache_age: int = 86_400
    html: str
    width: int
    height: int
    thumbnail_url: str | UnsetType = UNSET
    thumbnail_width: int | UnsetType = UNSET
    thumbnail_height: int | UnsetType = UNSET


def to_oembed(view: StatusView, settings: Settings, width_max: int | None, height_max: int | None) -> OEmbed:
    """A frame of a fixed size: the page in it runs no script that could tell its own."""
    author = view.author.account
    name = author.display_name or author.username
    width, height = _side(_WIDTH, width_max), _side(_HEIGHT, height_max)
    words = view.status.spoiler_text or plain_excerpt(view.status.content, _TITLE_LENGTH)
    source = escape(f"{status_url(settings.base_url, view.status, author)}/embed")
    html = (
        f'<iframe src="{source}" width="{width}" height="{height}" style="max-width: 100%; border: 0" loading="lazy" '
        f'sandbox="allow-popups allow-popups-to-escape-sandbox" title="{escape(f"Post by {name}")}"></iframe>'
    )
    picture, small = _thumbnail(view, settings)
    return OEmbed(
        title=f"{name}: {words}" if words else name,
        author_name=name,
        author_url=account_url(settings.base_url, author),
        provider_name=settings.title,
        provider_url=f"{settings.base_url}/",
        html=html,
        width=width,
        height=height,
        thumbnail_url=picture,
        thumbnail_width=UNSET if small is None else small.width,
        thumbnail_height=UNSET if small is None else small.height,
    )


def _thumbnail(view: StatusView, settings: Settings) -> tuple[str | UnsetType, Variant | None]:
    for each in told_pictures(view):
        return files_url(settings.base_url) + each.paths["small"], each.media.variant("small")
    return UNSET, None


def _side(usual: int, maximum: int | None) -> int:
    """What is asked for in vain, being too small to show anything, is not kept to."""
    return usual if maximum is None else max(_SIDE_MIN, min(usual, maximum))
