"""Pictures: decoded, turned upright, brought to sRGB, and written anew from nothing but their pixels.

Runs in the workshop's process only (see chamber.py): whatever happens here happens to it alone.
"""

import math
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import blurhash_rs
import pi_heif
from PIL import Image, ImageCms, ImageOps

from parley.media.models import Limits, Order, Product, Purpose, Variant
from parley.media.spoiled import Spoiled

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")
_PIXELS_MAX = 3840 * 2160
_SMALL_PIXELS_MAX = 640 * 360
# Of WebP, which has the least room.
_SIDE_MAX = 16_383
_QUALITY = 85
# Of 0 to 6 and 0 to 9: a third to a half of what the libraries spend unasked, for some hundredths more bytes.
_WEBP_EFFORT = 2
_PNG_EFFORT = 4
# Sides that fill a frame, cut to its shape; and the longest side of an emoji, which keeps its own.
_FRAMES: dict[Purpose, tuple[int, int]] = {"avatar": (400, 400), "header": (1500, 500)}
_EMOJI_SIDE_MAX = 128
_CARD_PIXELS_MAX = 1280 * 720
_MOVING_FRAMES_MAX = 200
_BLURHASH_SIDE = 32
_EXTENSIONS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
_SRGB = ImageCms.createProfile("sRGB")


def open_picture(order: Order) -> Image.Image:
    """The picture, its size checked, its pixels not read yet. Raises Spoiled."""
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    Image.MAX_IMAGE_PIXELS = None  # the check is our own, just below
    picture = Image.open(order.source, formats=_FORMATS)
    width, height = picture.size
    if width * height > order.limits.picture_pixels_max:
        millions = order.limits.picture_pixels_max / 1_000_000
        raise Spoiled(f"the picture has {width} x {height} pixels; {millions:g} million are the limit")
    return picture


def rebuild_still(order: Order, picture: Image.Image) -> Product:
    pixels = _read(picture, order.purpose)
    file_format = _format_for(picture.format or "", pixels, order.purpose)
    folder = Path(order.folder)
    small = within(pixels, _SMALL_PIXELS_MAX)
    variants = [write_picture(pixels, folder, "original", file_format)]
    if order.purpose in {"attachment", "thumbnail"}:
        variants.append(write_picture(small, folder, "small", file_format))
    return Product(kind="picture", variants=variants, blurhash=blurhash_of(small))


def rebuild_moving(order: Order, picture: Image.Image) -> Product:
    """An avatar, header or emoji that moves, and the same standing still."""
    frames, durations = [], []
    for pixels, milliseconds in frames_of(picture, order.limits, _MOVING_FRAMES_MAX):
        frames.append(fitted(pixels, order.purpose))
        durations.append(milliseconds)
    folder = Path(order.folder)
    moving = folder / "original.webp"
    frames[0].save(
        moving, "WEBP", save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=_QUALITY
    )
    still = write_picture(frames[0], folder, "static", "PNG")
    variants = [_variant("original", moving, "image/webp", frames[0].size), still]
    return Product(kind="picture", variants=variants, blurhash=blurhash_of(frames[0]))


def frames_of(picture: Image.Image, limits: Limits, frames_max: int) -> Iterator[tuple[Image.Image, int]]:
    """Each frame whole, from its pixels alone, with how many milliseconds it stands. Raises Spoiled for too many."""
    spent = 0
    for place in range(getattr(picture, "n_frames", 1)):
        if place >= frames_max:
            raise Spoiled(f"the picture has more than {frames_max} frames, which is the limit")
        picture.seek(place)
        # Some formats tell how long a frame stands only with its pixels.
        picture.load()
        told = int(picture.info.get("duration") or 0)
        # Browsers take what is too short to be meant for a tenth of a second, and pictures are made for browsers.
        milliseconds = min(told, 10_000) if told > 10 else 100
        spent += milliseconds
        if spent > limits.film_seconds_max * 1000:
            raise Spoiled(f"it moves for longer than {limits.film_seconds_max} seconds, which is the limit")
        yield from_pixels(in_srgb(picture)), milliseconds


def write_picture(pixels: Image.Image, folder: Path, name: str, file_format: str) -> Variant:
    path = folder / f"{name}{_EXTENSIONS[file_format]}"
    options: dict[str, Any] = {
        "JPEG": {"quality": _QUALITY, "progressive": True},
        "WEBP": {"quality": _QUALITY, "method": _WEBP_EFFORT},
        "PNG": {"compress_level": _PNG_EFFORT},
    }.get(file_format, {})
    if file_format == "JPEG" and pixels.mode != "RGB":
        pixels = on_white(pixels)
    pixels.save(path, file_format, **options)
    return _variant(name, path, f"image/{file_format.lower()}", pixels.size)


def blurhash_of(pixels: Image.Image) -> str:
    tiny = on_white(pixels).copy()
    tiny.thumbnail((_BLURHASH_SIDE, _BLURHASH_SIDE))
    return str(blurhash_rs.blurhash_encode(tiny, 4, 3))


def within(pixels: Image.Image, pixels_max: int) -> Image.Image:
    """The same, made smaller if it has more pixels than that, or is longer than any format can hold."""
    width, height = pixels.size
    share = min(math.sqrt(pixels_max / (width * height)), _SIDE_MAX / max(width, height))
    if share >= 1:
        return pixels
    size = max(1, int(width * share)), max(1, int(height * share))
    return pixels.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def fitted(pixels: Image.Image, purpose: Purpose) -> Image.Image:
    if purpose in _FRAMES:
        return ImageOps.fit(pixels, _FRAMES[purpose], Image.Resampling.LANCZOS)
    if purpose == "emoji":
        smaller = pixels.copy()
        smaller.thumbnail((_EMOJI_SIDE_MAX, _EMOJI_SIDE_MAX), Image.Resampling.LANCZOS)
        return smaller
    return within(pixels, _target_pixels(purpose))


def in_srgb(picture: Image.Image) -> Image.Image:
    """In RGB or RGBA, by its own profile where it has a sound one."""
    profile = picture.info.get("icc_profile")
    picture = _plain(picture)
    target = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            return ImageCms.profileToProfile(picture, source, _SRGB, outputMode=target) or picture
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert(target)
    return picture.convert(target)


def from_pixels(picture: Image.Image) -> Image.Image:
    """A new picture of the same pixels: nothing else that came with them goes along."""
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    return fresh


def on_white(pixels: Image.Image) -> Image.Image:
    if pixels.mode == "RGB":
        return pixels
    ground = Image.new("RGB", pixels.size, "white")
    ground.paste(pixels, mask=pixels.getchannel("A"))
    return ground


def _read(picture: Image.Image, purpose: Purpose) -> Image.Image:
    """All pixels, as large as they are wanted. Made smaller before all else, which costs by the pixel."""
    most = _target_pixels(purpose)
    width, height = picture.size
    if picture.format == "JPEG" and width * height > 4 * most:
        # Read at a half, a quarter or an eighth.
        share = math.sqrt(most / (width * height))
        picture.draft(
            "RGB" if picture.mode == "YCbCr" else picture.mode, (int(width * share), int(height * share))
        )
    upright = ImageOps.exif_transpose(within(_plain(picture), most))
    return fitted(from_pixels(in_srgb(upright)), purpose)


def _plain(picture: Image.Image) -> Image.Image:
    """In a mode whose values are amounts of light or ink, eight bits each: what can be scaled and has a profile."""
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.mode in {"RGBA", "CMYK"}:
        return picture
    # A palette or a single colour may be said to be see-through.
    wanted = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == wanted else picture.convert(wanted)


def _target_pixels(purpose: Purpose) -> int:
    if purpose in _FRAMES:
        width, height = _FRAMES[purpose]
        return width * height * 4
    return {"emoji": 512 * 512, "card": _CARD_PIXELS_MAX}.get(purpose, _PIXELS_MAX)


def _format_for(source: str, pixels: Image.Image, purpose: Purpose) -> str:
    if purpose == "emoji" or source in {"PNG", "GIF"}:
        return "PNG"
    if source == "WEBP" or pixels.mode == "RGBA":
        return "WEBP"
    return "JPEG"


def _variant(name: str, path: Path, content_type: str, size: tuple[int, int]) -> Variant:
    return Variant(
        name=name,
        file=path.name,
        content_type=content_type,
        size_bytes=path.stat().st_size,
        width=size[0],
        height=size[1],
    )
