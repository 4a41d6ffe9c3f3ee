"""attach: files become part of a post, and cease to be when the post goes: then they wait for another, or go."""

from collections.abc import Collection, Sequence
from datetime import datetime

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId, MediaId, StatusId, parse_id
from parley.media import cache, queries
from parley.media.descriptions import with_descriptions
from parley.media.doom import doom_media
from parley.media.errors import NotProcessed, TooManyMedia, UnknownMedia
from parley.media.models import READY, MediaFile
from parley.media.upload import UNUSED_KEPT

_ALONE = frozenset({"film", "sound", "animation"})


async def require_attachable(
    conn: Connection,
    settings: Settings,
    account_id: AccountId,
    named: Sequence[str],
    *,
    to: StatusId | None = None,
) -> tuple[MediaId, ...]:
    """One's own files, ready, that no other post bears, in the order named; nobody takes them meanwhile.

    Several pictures, or one of what moves or sounds. Raises UnknownMedia, NotProcessed, TooManyMedia.
    """
    ids = _ids_of(named)
    if not ids:
        return ()
    if len(ids) > settings.media_attachments_max:
        raise TooManyMedia(settings.media_attachments_max)
    own = {each.id: each for each in await queries.own_media_for_update(conn, account_id, ids)}
    found = [own[each] for each in ids if each in own]
    if len(found) < len(ids) or not all(_is_free(each, to) for each in found):
        raise UnknownMedia
    if any(each.state != READY for each in found):
        raise NotProcessed
    if len(found) > 1 and any(each.kind in _ALONE for each in found):
        raise TooManyMedia(settings.media_attachments_max)
    return ids


async def own_attachable(
    conn: Connection, account_id: AccountId, named: Sequence[str], *, to: StatusId | None = None
) -> list[MediaFile]:
    """Those of the named that could be attached, ready or not, in the order named."""
    ids = [MediaId(each) for each in map(parse_id, named) if each is not None]
    files = await with_descriptions(conn, await queries.media_by_ids(conn, ids)) if ids else []
    found = {each.id: each for each in files}
    own = (found[each] for each in ids if each in found and found[each].account_id == account_id)
    return [each for each in own if _is_free(each, to)]


async def attach_media(
    conn: Connection,
    account_id: AccountId,
    media_ids: Collection[MediaId],
    status_id: StatusId,
    *,
    guarded: bool,
) -> None:
    """`guarded`: not everybody may see the post."""
    if media_ids:
        await queries.update_attached(conn, account_id, media_ids, status_id, guarded=guarded)
        _tell(conn, media_ids)


async def detach_media(conn: Connection, account_id: AccountId, media_ids: Collection[MediaId]) -> None:
    """Addresses known so far are good for nothing from now on."""
    if media_ids:
        await queries.detach_media(conn, account_id, media_ids, clock.now() + UNUSED_KEPT)
        _tell(conn, media_ids)


async def delete_media(conn: Connection, media_ids: Collection[MediaId]) -> None:
    """Rows at once, bytes by a job."""
    for media_id in media_ids:
        gone = await queries.delete_media(conn, media_id)
        if gone is not None:
            await doom_media(conn, [gone])
    _tell(conn, media_ids)


async def keep_for_later(
    conn: Connection, account_id: AccountId, media_ids: Collection[MediaId], moment: datetime
) -> None:
    """Until a day after the post that is to bear them is due."""
    if media_ids:
        await queries.keep_until(conn, account_id, media_ids, moment + UNUSED_KEPT)
        _tell(conn, media_ids)


def _ids_of(named: Sequence[str]) -> tuple[MediaId, ...]:
    """Each once. What can't be an id is nobody's. Raises UnknownMedia."""
    ids = [parse_id(each) for each in named]
    if any(each is None for each in ids):
        raise UnknownMedia
    return tuple(dict.fromkeys(MediaId(each) for each in ids if each is not None))


def _is_free(media: MediaFile, to: StatusId | None) -> bool:
    return media.purpose == "attachment" and media.status_id in (None, to)


def _tell(conn: Connection, media_ids: Collection[MediaId]) -> None:
    for media_id in media_ids:
        cache.changed(conn, media_id)
