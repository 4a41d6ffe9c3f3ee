"""accept: a file that a member sends becomes theirs, ready at once or after a while, with what they say of it."""

import msgspec
from msgspec import UNSET

from parley.kit.ids import AccountId
from parley.kit.services import Services
from parley.media.kinds import Kind
from parley.media.models import MediaFile
from parley.media.own import MediaChanges, change_media
from parley.media.upload import (
    Upload,
    accept_made,
    accept_waiting,
    check_upload,
    kept_waiting,
    made,
)


async def accept_file(
    services: Services,
    account_id: AccountId,
    sent: Upload,
    words: MediaChanges,
    thumbnail: Upload | None = None,
) -> MediaFile:
    """Nothing is held of the database while a file is made anew. `words` are checked.

    Raises BadFile, TooManyUnused, StoreDown.
    """
    kind = check_upload(services.settings, sent, "attachment")
    async with made(services, thumbnail, "thumbnail") as small:
        changes = msgspec.structs.replace(words, thumbnail=UNSET if small is None else small)
        if kind == "picture":
            return await _accept_picture(services, account_id, sent, changes)
        return await _accept_later(services, account_id, kind, sent, changes)


async def _accept_picture(
    services: Services, account_id: AccountId, sent: Upload, changes: MediaChanges
) -> MediaFile:
    async with made(services, sent, "attachment") as product, services.database.transaction() as conn:
        assert product is not None  # noqa: S101 - there is an upload
        media_id = await accept_made(conn, account_id, "attachment", product)
        return await change_media(conn, services.settings, account_id, media_id, changes)


async def _accept_later(
    services: Services, account_id: AccountId, kind: Kind, sent: Upload, changes: MediaChanges
) -> MediaFile:
    async with kept_waiting(services, sent) as incoming, services.database.transaction() as conn:
        media_id = await accept_waiting(conn, account_id, kind, incoming)
        return await change_media(conn, services.settings, account_id, media_id, changes)
