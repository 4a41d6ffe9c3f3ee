"""MediaAttachment: a file as apps see it.

https://docs.joinmastodon.org/entities/MediaAttachment/
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.models import MediaView
from parley.media.models import READY, MediaFile, Variant
from parley.media.origins import files_url

_TYPES: dict[str, Literal["image", "gifv", "video", "audio"]] = {
    "picture": "image",
    "animation": "gifv",
    "film": "video",
    "sound": "audio",
}


class Dimensions(msgspec.Struct, frozen=True):
    """Of a picture `size` (as "640x480") and `aspect`; of what moves or sounds how long, how fast, how dense."""

    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    size: str | UnsetType = UNSET
    aspect: float | UnsetType = UNSET
    frame_rate: str | UnsetType = UNSET
    duration: float | UnsetType = UNSET
    bitrate: int | UnsetType = UNSET


class Focus(msgspec.Struct, frozen=True):
    x: float
    y: float


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    original: Dimensions | UnsetType = UNSET
    small: Dimensions | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET
    length: str | UnsetType = UNSET
    duration: float | UnsetType = UNSET
    fps: float | UnsetType = UNSET
    size: str | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    aspect: float | UnsetType = UNSET


class MediaAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """`url` and `preview_url` are null until something was made of the file; sound has no preview."""

    id: str
    type: Literal["image", "gifv", "video", "audio", "unknown"]
    url: str | None
    preview_url: str | None
    remote_url: None = None
    preview_remote_url: None = None
    text_url: None = None
    meta: Meta
    description: str | None
    blurhash: str | None


def attachments_json(views: Sequence[MediaView], base_url: str) -> bytes:
    return msgspec.json.encode([to_media_attachment(view, base_url) for view in views])


def to_media_attachment(view: MediaView, base_url: str) -> MediaAttachment:
    media, origin = view.media, files_url(base_url)
    original, small = view.paths.get("original"), view.paths.get("small")
    if media.kind == "picture":
        small = small or original
    return MediaAttachment(
        id=str(media.id),
        type=_TYPES.get(media.kind, "unknown"),
        url=None if original is None else origin + original,
        preview_url=None if small is None else origin + small,
        meta=_meta(media),
        description=media.description or None,
        blurhash=media.blurhash,
    )


def _meta(media: MediaFile) -> Meta:
    original, small = media.variant("original"), media.variant("small")
    if media.state != READY or original is None:
        return Meta()
    focus: Focus | UnsetType = UNSET
    if media.focus_x is not None and media.focus_y is not None:
        # The column holds single precision: no more digits of it were said.
        focus = Focus(round(media.focus_x, 6), round(media.focus_y, 6))
    if original.duration_seconds is None:
        return Meta(original=_picture(original), small=_picture(small or original), focus=focus)
    of_film = _picture(original)
    return Meta(
        original=_moving(original),
        small=UNSET if small is None else _picture(small),
        focus=focus,
        length=str(timedelta(seconds=round(original.duration_seconds, 2)))[:10],
        duration=original.duration_seconds,
        fps=original.frames_per_second or UNSET,
        size=of_film.size,
        width=of_film.width,
        height=of_film.height,
        aspect=of_film.aspect,
    )


def _picture(variant: Variant) -> Dimensions:
    if not variant.width or not variant.height:
        return Dimensions()
    size, aspect = f"{variant.width}x{variant.height}", round(variant.width / variant.height, 6)
    return Dimensions(variant.width, variant.height, size, aspect)


def _moving(variant: Variant) -> Dimensions:
    rate = variant.frames_per_second
    return Dimensions(
        width=variant.width or UNSET,
        height=variant.height or UNSET,
        frame_rate=UNSET if rate is None else f"{round(rate * 100)}/100",
        duration=variant.duration_seconds or 0.0,
        bitrate=variant.bitrate or UNSET,
    )
