"""Files in a form for a post: taken in before the post is made, so that a refusal loses none of them."""

import msgspec

from parley.hydration.media import own_media_view
from parley.hydration.models import MediaView
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import MediaId, StatusId, parse_id
from parley.kit.rate_limit import UPLOADS
from parley.media.accept import accept_file
from parley.media.attach import own_attachable
from parley.media.errors import TooManyMedia, UnknownMedia
from parley.media.own import MediaChanges, change_media
from parley.media.upload import upload_of
from parley.web.session import PageCall

# What the browsers' choice of files offers; what a file is, its bytes say.
ACCEPTED = "image/*,video/*,audio/*"


class Taken(msgspec.Struct, frozen=True):
    """What the form bears by now; `refusal`: why not all of it."""

    media_ids: tuple[str, ...] = ()
    refusal: Invalid | NotFound | None = None


def files_bytes_max(settings: Settings) -> int:
    """Several pictures, or one film."""
    return max(settings.media_attachments_max * settings.picture_size_bytes_max, settings.film_size_bytes_max)


async def take_files(call: PageCall, *, describe: bool) -> Taken:
    """Those that are ticked, and those that came with the form. `describe`: with what it says of them, at once."""
    media_ids = tuple(dict.fromkeys(call.form.texts("media_id")))
    files = call.form.files("file")
    most = call.settings.media_attachments_max
    try:
        if len(media_ids) + len(files) > most:
            return Taken(media_ids[:most], TooManyMedia(most))
        if describe:
            await _describe(call, media_ids)
        for file in files:
            await call.limiter.spend_budget(call.database, UPLOADS, call.account_id)
            made = await accept_file(call.services, call.account_id, upload_of(file), MediaChanges())
            media_ids = (*media_ids, str(made.id))
    except (Invalid, NotFound) as refusal:
        return Taken(media_ids, refusal)
    return Taken(media_ids)


async def views_of(
    call: PageCall, conn: Connection, media_ids: tuple[str, ...], to: StatusId | None = None
) -> tuple[MediaView, ...]:
    """Those among them that are the member's and free, in order."""
    found = await own_attachable(conn, call.account_id, media_ids, to=to)
    return tuple([await own_media_view(conn, each) for each in found])


async def _describe(call: PageCall, media_ids: tuple[str, ...]) -> None:
    """Raises UnknownMedia."""
    if not media_ids:
        return
    async with call.database.transaction() as conn:
        for media_id, changes in described(call, media_ids).items():
            await change_media(conn, call.settings, call.account_id, media_id, changes)


def described(call: PageCall, media_ids: tuple[str, ...]) -> dict[MediaId, MediaChanges]:
    """What the form says of each. Raises UnknownMedia."""
    said: dict[MediaId, MediaChanges] = {}
    for each in media_ids:
        number = parse_id(each)
        if number is None:
            raise UnknownMedia
        said[MediaId(number)] = MediaChanges(description=call.form.text(f"description_{each}"))
    return said
