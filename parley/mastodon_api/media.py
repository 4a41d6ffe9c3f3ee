"""/api/v1/media and /api/v2/media: send a file, ask how far it is, describe it, take it back.

https://docs.joinmastodon.org/methods/media/
"""

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.media import own_media_view
from parley.kit.errors import Invalid
from parley.kit.ids import MediaId
from parley.kit.rate_limit import UPLOADS
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.media import MediaAttachment, to_media_attachment
from parley.mastodon_api.params import UploadedFile
from parley.media.accept import accept_file
from parley.media.errors import BadFile
from parley.media.models import FAILED, READY, MediaFile
from parley.media.own import MediaChanges, change_media, check_words, delete_own_media, require_own_media
from parley.media.upload import Upload, made, upload_of

# What a form may weigh beyond its files.
_FORM_BYTES_MAX = 65_536
_RETRY_SECONDS = "1"


class UploadParams(msgspec.Struct, frozen=True):
    file: UploadedFile | UnsetType = UNSET
    thumbnail: UploadedFile | UnsetType = UNSET
    description: str | UnsetType = UNSET
    focus: str | UnsetType = UNSET


class ChangeParams(msgspec.Struct, frozen=True):
    """A thumbnail of null is removed."""

    thumbnail: UploadedFile | UnsetType | None = UNSET
    description: str | UnsetType = UNSET
    focus: str | UnsetType = UNSET


async def upload(call: Call) -> Answer:
    return await _answer(call, await _accept(call), later=202)


async def upload_v1(call: Call) -> Answer:
    """Clients of this one look at `url` alone."""
    return await _answer(call, await _accept(call), later=200)


async def show_media(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await require_own_media(conn, call.account_id, MediaId(call.path_id()))
    return await _answer(call, found, later=206)


async def edit_media(call: Call) -> Answer:
    media_id = MediaId(call.path_id())
    async with call.database.reading() as conn:
        await require_own_media(conn, call.account_id, media_id)
    params = await call.files(ChangeParams, call.settings.picture_size_bytes_max + _FORM_BYTES_MAX)
    changes = _words(call, params)
    if isinstance(params.thumbnail, UploadedFile):
        await call.limiter.spend_budget(call.database, UPLOADS, call.account_id)
    async with (
        made(call.services, _thumbnail(params), "thumbnail") as small,
        call.database.transaction() as conn,
    ):
        if params.thumbnail is not UNSET:
            changes = msgspec.structs.replace(changes, thumbnail=small)
        changed = await change_media(conn, call.settings, call.account_id, media_id, changes)
    return await _answer(call, changed, later=200)


async def delete_media(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await delete_own_media(conn, call.account_id, MediaId(call.path_id()))
    return json_answer(b"{}")


async def _accept(call: Call) -> MediaFile:
    await call.limiter.spend_budget(call.database, UPLOADS, call.account_id)
    settings = call.settings
    largest = max(settings.film_size_bytes_max, settings.picture_size_bytes_max)
    params = await call.files(UploadParams, largest + settings.picture_size_bytes_max + _FORM_BYTES_MAX)
    if not isinstance(params.file, UploadedFile):
        raise Invalid("Validation failed: File can't be blank")
    sent, words = upload_of(params.file), _words(call, params)
    return await accept_file(call.services, call.account_id, sent, words, _thumbnail(params))


def _words(call: Call, params: UploadParams | ChangeParams) -> MediaChanges:
    words = MediaChanges(params.description, params.focus)
    check_words(call.settings, words)
    return words


def _thumbnail(params: UploadParams | ChangeParams) -> Upload | None:
    return upload_of(params.thumbnail) if isinstance(params.thumbnail, UploadedFile) else None


async def _answer(call: Call, media: MediaFile, *, later: int) -> Answer:
    """Raises BadFile when nothing could be made of it."""
    if media.state == FAILED:
        raise BadFile(media.failure or "the file is broken")
    async with call.database.reading() as conn:
        view = await own_media_view(conn, media)
    body = to_media_attachment(view, call.settings.base_url)
    if media.state == READY:
        return json_answer(body)
    return json_answer(body, status=later, headers={"retry-after": _RETRY_SECONDS})


_ONE = "/api/v1/media/{id:str}"

ROUTES = (
    Route(
        "POST",
        "/api/v2/media",
        upload,
        scope="write:media",
        takes=UploadParams,
        gives=MediaAttachment,
        answers=(200, 202),
    ),
    Route("POST", "/api/v1/media", upload_v1, scope="write:media", takes=UploadParams, gives=MediaAttachment),
    Route("GET", _ONE, show_media, scope="write:media", gives=MediaAttachment, answers=(200, 206)),
    Route(
        "PUT",
        _ONE,
        edit_media,
        scope="write:media",
        also=("PATCH",),
        takes=ChangeParams,
        gives=MediaAttachment,
    ),
    Route("DELETE", _ONE, delete_media, scope="write:media", gives=Nothing),
)
