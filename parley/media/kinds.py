"""What a file is, by its first bytes; what its sender calls it is not asked."""

from typing import Literal

Kind = Literal["picture", "film", "sound"]

# How many of the first bytes are enough to tell.
HEAD_BYTES = 4096

PICTURE_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/avif",
    "image/heic",
    "image/heif",
    "image/gif",
)
FILM_TYPES = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska")
SOUND_TYPES = (
    "audio/mpeg",
    "audio/ogg",
    "audio/flac",
    "audio/wav",
    "audio/mp4",
    "audio/opus",
    "audio/webm",
    "audio/aac",
)

_BRANDS_OF_PICTURES = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"}
)
_BRANDS_OF_SOUND = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A "})
_EBML = b"\x1a\x45\xdf\xa3"


def kind_of(head: bytes) -> Kind | None:
    """None for whatever is not taken: SVG and other documents among it. A film without pictures turns out later."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")):
        return "picture"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "picture", b"WAVE": "sound"}.get(head[8:12])  # type: ignore[return-value]
    if head[4:8] == b"ftyp":
        return _kind_of_brands(head)
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free", b"skip"} or head.startswith(_EBML):
        return "film"
    if head.startswith((b"OggS", b"fLaC", b"ID3")) or _is_frame_of_sound(head):
        return "sound"
    return None


def _kind_of_brands(head: bytes) -> Kind:
    """The container of ISO 14496-12: its brands tell what is in it."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[place : place + 4] for place in range(16, size, 4))}
    if head[8:12] in _BRANDS_OF_PICTURES:
        return "picture"
    if head[8:12] in _BRANDS_OF_SOUND:
        return "sound"
    return "picture" if brands & {b"avif", b"heic"} and not brands & {b"isom", b"mp42"} else "film"


def _is_frame_of_sound(head: bytes) -> bool:
    """MPEG audio or ADTS without any container: eleven bits of ones, then a layer or nought."""
    return len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[2] not in {0x00, 0xFF}
