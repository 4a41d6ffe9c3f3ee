"""Files in a form for a post: taken in before the post is made, so that a refusal loses none of them."""

import msgspec
from msgspec import UNSET

from parley.hydration.media import own_media_view
from parley.hydration.models import MediaView
from parley.kit import templates
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound, ParleyError, TooMany, Unavailable
from parley.kit.ids import MediaId, StatusId, parse_id
from parley.kit.rate_limit import UPLOADS
from parley.kit.uploads import UploadedFile
from parley.media.accept import accept_file
from parley.media.attach import own_attachable
from parley.media.errors import BadFile, TooManyMedia, UnknownMedia
from parley.media.own import MediaChanges, change_media, focus_of
from parley.media.upload import upload_of
from parley.web.session import PageCall


class Taken(msgspec.Struct, frozen=True):
    """What the form bears by now; `refusal`: why not all of it."""

    media_ids: tuple[str, ...] = ()
    refusal: ParleyError | None = None


def files_bytes_max(settings: Settings) -> int:
    """Several pictures, or one film."""
    return max(settings.media_attachments_max * settings.picture_size_bytes_max, settings.film_size_bytes_max)


async def take_files(call: PageCall, *, describe: bool) -> Taken:
    """Those that are ticked, and those that came with the form. `describe`: with what it says of them, at once."""
    media_ids = tuple(dict.fromkeys(call.form.texts("media_id")))
    files = call.form.files("file")
    most = call.settings.media_attachments_max
    too_many = TooManyMedia(most) if len(media_ids) + len(files) > most else None
    try:
        if describe:
            await _describe(call, media_ids[:most])
    except (Invalid, NotFound) as refusal:
        return Taken(media_ids[:most], refusal)
    taken = await _take_new(call, media_ids[:most], files[: max(0, most - len(media_ids))])
    return Taken(taken.media_ids, too_many or taken.refusal)


async def _take_new(call: PageCall, media_ids: tuple[str, ...], files: list[UploadedFile]) -> Taken:
    """One that is refused takes none of the others with it; which it was, its place tells."""
    refused: list[str] = []
    for place, file in enumerate(files, start=1):
        try:
            await call.limiter.spend_budget(call.database, UPLOADS, call.account_id)
            made = await accept_file(call.services, call.account_id, upload_of(file), MediaChanges())
            media_ids = (*media_ids, str(made.id))
        except BadFile as bad:
            refused.append(f"File {place} of {len(files)}: {bad.reason}" if len(files) > 1 else bad.reason)
        except (Invalid, TooMany, Unavailable) as full:
            return Taken(media_ids, full)
    return Taken(media_ids, BadFile("; ".join(refused)) if refused else None)


async def views_of(
    call: PageCall, conn: Connection, media_ids: tuple[str, ...], to: StatusId | None = None
) -> tuple[MediaView, ...]:
    """Those among them that are the member's and free, in order; what the form says of them stands in it again."""
    found = await own_attachable(conn, call.account_id, media_ids, to=to)
    return tuple([_as_typed(call, await own_media_view(conn, each)) for each in found])


def _as_typed(call: PageCall, view: MediaView) -> MediaView:
    description, focus = f"description_{view.media.id}", f"focus_{view.media.id}"
    if call.form.texts(description):
        view = view.described(call.form.text(description))
    if call.form.texts(focus):
        view = view.focused(focus_of(call.form.text(focus)))
    return view


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
        description, focus = f"description_{each}", f"focus_{each}"
        said[MediaId(number)] = MediaChanges(
            description=call.form.text(description) if call.form.texts(description) else UNSET,
            focus=call.form.text(focus) if call.form.texts(focus) else UNSET,
        )
    return said


templates.add_words(files_bytes_max=files_bytes_max)
