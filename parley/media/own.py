"""One's own files: found, described, deleted before a post bears them; another's are as good as not there."""

import math

import msgspec
from msgspec import UNSET, UnsetType

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId, MediaId, bucket_of
from parley.kit.ledger import deleted_among
from parley.media import cache, queries
from parley.media.attach import delete_media
from parley.media.descriptions import seal_description, with_descriptions
from parley.media.doom import doom, doom_media
from parley.media.errors import MediaInUse
from parley.media.models import READY, MediaFile, Product, Variant

_DELETED_AT_ONCE = 100


class MediaChanges(msgspec.Struct, frozen=True):
    """`focus` as "x,y", each from -1 to 1; `thumbnail`: what was made of a picture sent for it, None to remove it."""

    description: str | UnsetType = UNSET
    focus: str | UnsetType = UNSET
    thumbnail: Product | UnsetType | None = UNSET


async def require_own_media(conn: Connection, account_id: AccountId, media_id: MediaId) -> MediaFile:
    """Raises NotFound."""
    found = await queries.find_media(conn, media_id)
    if found is None or found.account_id != account_id or found.purpose != "attachment":
        raise NotFound
    return (await with_descriptions(conn, [found]))[0]


def check_words(settings: Settings, changes: MediaChanges) -> None:
    """Raises Invalid. To be called before the workshop is troubled."""
    most = settings.media_description_length_max
    if changes.description is not UNSET and len(changes.description) > most:
        raise Invalid(f"Validation failed: Description is too long (maximum is {most} characters)")
    if changes.focus is not UNSET:
        focus_of(changes.focus)


async def change_media(
    conn: Connection, settings: Settings, account_id: AccountId, media_id: MediaId, changes: MediaChanges
) -> MediaFile:
    """Raises NotFound, or Invalid."""
    check_words(settings, changes)
    own = await queries.own_media_for_update(conn, account_id, [media_id])
    if not own or own[0].purpose != "attachment":
        raise NotFound
    before = own[0]
    variants, blurhash = await _change_thumbnail(conn, before, changes.thumbnail)
    focus = None
    if changes.focus is not UNSET:
        focus = focus_of(changes.focus)
    elif before.focus_x is not None and before.focus_y is not None:
        focus = before.focus_x, before.focus_y
    sealed = before.sealed_description
    if changes.description is not UNSET:
        sealed = await seal_description(conn, account_id, media_id, changes.description.strip())
    elif before.description:
        sealed = await seal_description(conn, account_id, media_id, before.description)
    await queries.update_wording(conn, media_id, sealed, focus, variants, blurhash)
    cache.changed(conn, media_id)
    return await require_own_media(conn, account_id, media_id)


async def delete_own_media(conn: Connection, account_id: AccountId, media_id: MediaId) -> None:
    """Raises NotFound, or MediaInUse when a post bears it."""
    found = await require_own_media(conn, account_id, media_id)
    gone = await queries.delete_unused_media(conn, found.id)
    if gone is None:
        raise MediaInUse
    cache.changed(conn, found.id)
    await doom_media(conn, [gone])


async def delete_some_media(conn: Connection, account_id: AccountId) -> bool:
    """Of an account that is no more, whatever bears them; whether there may be more."""
    ids = await queries.media_ids_of(conn, account_id, _DELETED_AT_ONCE)
    await delete_media(conn, ids)
    return len(ids) == _DELETED_AT_ONCE


async def delete_some_media_again(conn: Connection, after: int, limit: int) -> tuple[int, int | None]:
    """Of a slice of all files those that the ledger names: how many, and where the next slice begins."""
    ids = await queries.media_ids_after(conn, bucket_of(after) if after else -1, after, limit)
    again = await deleted_among(conn, "media", ids)
    await delete_media(conn, [MediaId(each) for each in again])
    return len(again), ids[-1] if len(ids) == limit else None


def focus_of(text: str) -> tuple[float, float] | None:
    """None for an empty text. Raises Invalid."""
    if not text.strip():
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise Invalid("Validation failed: focus must be two numbers such as 0.5,-0.2") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Invalid("Validation failed: focus must be two numbers such as 0.5,-0.2")
    return max(-1.0, min(1.0, x)), max(-1.0, min(1.0, y))


async def _change_thumbnail(
    conn: Connection, media: MediaFile, thumbnail: Product | UnsetType | None
) -> tuple[list[Variant], str | None]:
    """What stands for the file from now on, with its blurhash; what stood for it goes, unless it was made of it."""
    if thumbnail is UNSET:
        return media.variants, media.blurhash
    sent = [] if thumbnail is None else thumbnail.variants
    variants, blurhash = without_thumbnail(media) if thumbnail is None else with_thumbnail(media, thumbnail)
    kept = {each.file for each in variants}
    await doom(conn, [], files=[each.file for each in (*media.variants, *sent) if each.file not in kept])
    return variants, blurhash


def with_thumbnail(media: MediaFile, thumbnail: Product) -> tuple[list[Variant], str | None]:
    """The small one of the picture that was sent becomes the file's; the one made of the file is put aside."""
    [sent] = (each for each in thumbnail.variants if each.name == "small")
    kept = [each for each in media.variants if each.name != "small"]
    small = media.variant("small")
    if small is not None and _is_made_of_it(media):
        kept.append(msgspec.structs.replace(small, name="made", blurhash=media.blurhash))
    return [*kept, sent], thumbnail.blurhash


def without_thumbnail(media: MediaFile) -> tuple[list[Variant], str | None]:
    """The one made of the file stands for it again, if one was."""
    if _is_made_of_it(media):
        return media.variants, media.blurhash
    kept = [each for each in media.variants if each.name not in {"small", "made"}]
    made = media.variant("made")
    if made is None:
        return kept, None
    return [*kept, msgspec.structs.replace(made, name="small", blurhash=None)], made.blurhash


def _is_made_of_it(media: MediaFile) -> bool:
    """Whether what stands for the file now was: nothing is of sound, or of what waits."""
    return media.state == READY and media.kind != "sound" and media.variant("made") is None
