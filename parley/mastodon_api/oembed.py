"""GET /api/oembed: how another site may show a post of this one.

https://docs.joinmastodon.org/methods/oembed/
"""

import re
from urllib.parse import urlsplit

import msgspec

from parley.hydration.statuses import status_view
from parley.identity.reading import as_stranger
from parley.kit.errors import NotFound
from parley.kit.ids import parse_id
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.oembed import OEmbed, to_oembed
from parley.mastodon_api.shapes import LooseText
from parley.publishing.models import Visibility

_PATH = re.compile(r"/@([^/]{1,400})/([0-9]{1,19})(?:/embed)?/?")


class OEmbedParams(msgspec.Struct, frozen=True):
    """JSON is the only format there is."""

    url: str = ""
    maxwidth: LooseText = LooseText("")
    maxheight: LooseText = LooseText("")


async def show_oembed(call: Call) -> Answer:
    """Only what everybody may see, whoever asks."""
    params = call.query(OEmbedParams)
    status_id = _status_id(call.settings.base_url, params.url)
    async with call.database.reading() as conn:
        view = await status_view(conn, as_stranger(call.viewer), status_id)
    shown = view.reblog or view
    if shown.status.visibility > Visibility.UNLISTED:
        raise NotFound
    return json_answer(to_oembed(shown, call.settings, _number(params.maxwidth), _number(params.maxheight)))


def _status_id(base_url: str, url: str) -> int:
    """Raises NotFound for anything but the address of a post's page here."""
    if not url.startswith(f"{base_url}/@"):
        raise NotFound
    try:
        found = _PATH.fullmatch(urlsplit(url).path)
    except ValueError:
        found = None
    status_id = parse_id(found[2]) if found is not None else None
    if status_id is None:
        raise NotFound
    return status_id


def _number(text: LooseText) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/oembed",
        show_oembed,
        who="anyone",
        walled=True,
        takes=OEmbedParams,
        gives=OEmbed,
        refuses=(404,),
    ),
)
