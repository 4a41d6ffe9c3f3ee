"""Files with a canary wherever their formats have room for words, a place or a second picture."""

import io
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageCms, PngImagePlugin

# As long as the name within the profile that it takes the place of.
CANARY = "CANARY7f3a9xq"
_PROFILE_NAME = "sRGB built-in"
RED, BLUE = (220, 20, 20), (20, 20, 220)
_PLACE = ("-GPSLatitude=38.8977", "-GPSLatitudeRef=N", "-GPSLongitude=77.0365", "-GPSLongitudeRef=W")
_XMP = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="{CANARY}"/></rdf:RDF></x:xmpmeta>'
).encode()
_WORDS = ("-metadata", f"title={CANARY}", "-metadata", f"comment={CANARY}")


def tools_missing() -> list[str]:
    return [each for each in ("exiftool", "ffmpeg", "ffprobe") if shutil.which(each) is None]


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """Red on its left, blue on its right."""
    made = Image.new("RGB", (width, height), RED)
    made.paste(BLUE, (width // 2, 0, width, height))
    return made


def exif_of(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = CANARY, orientation
    return exif


def named_profile() -> bytes:
    """sRGB, under a name that tells."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    named = plain.replace(_PROFILE_NAME.encode("utf-16-be"), CANARY.encode("utf-16-be"))
    assert named != plain
    return named


def swapped_profile() -> bytes:
    """A space whose red is the green of sRGB, and the other way round."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def written(image: Image.Image, file_format: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, file_format, **options)
    return target.getvalue()


def pictures(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content. Orientation 6: what stands on the left is meant to be on top."""
    frames = [Image.new("RGB", (48, 32), (shade, 90, 250 - shade)) for shade in (0, 120, 240)]
    moving = {"save_all": True, "append_images": frames[1:], "duration": 100}
    plain = written(picture(), "JPEG", quality=95)
    rich = written(
        picture(),
        "JPEG",
        quality=95,
        exif=exif_of(6),
        comment=CANARY.encode(),
        xmp=_XMP,
        icc_profile=named_profile(),
    )
    thumbnail = folder / "thumbnail.jpg"
    thumbnail.write_bytes(_with_tags(folder, "inner.jpg", written(picture(), "JPEG", exif=exif_of())))
    rich = _with_tags(folder, "rich.jpg", rich, f"-IPTC:Keywords={CANARY}", f"-ThumbnailImage<={thumbnail}")
    yield "rich.jpg", rich
    yield "two.jpg", rich + thumbnail.read_bytes()
    yield "motion.jpg", plain + film(folder, "motion.mp4", *_WORDS)
    yield "cmyk.jpg", written(picture().convert("CMYK"), "JPEG", quality=95, comment=CANARY.encode())
    other = Image.open(io.BytesIO(rich))
    yield "two.mpo.jpg", written(picture(), "MPO", save_all=True, append_images=[other], exif=exif_of())
    yield "rich.png", written(picture().convert("RGBA"), "PNG", pnginfo=_chunks(), exif=exif_of())
    yield "moving.png", written(frames[0], "PNG", pnginfo=_chunks(), **moving)
    yield "rich.webp", written(picture(), "WEBP", exif=exif_of(), xmp=_XMP, icc_profile=named_profile())
    yield "moving.webp", written(frames[0], "WEBP", exif=exif_of(), xmp=_XMP, **moving)
    yield "moving.gif", written(frames[0], "GIF", comment=CANARY.encode(), **moving)
    avif = written(picture(), "AVIF", exif=exif_of(), xmp=_XMP, icc_profile=named_profile())
    yield "rich.avif", _with_tags(folder, "rich.avif", avif)
    yield "rich.heic", heic(folder)


def _chunks() -> PngImagePlugin.PngInfo:
    """Text in the open, packed, in any script, and as XMP; and behind what no reader knows."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Comment", CANARY)
    chunks.add_text("Packed", CANARY, zip=True)
    chunks.add_itxt("Anywhere", CANARY, zip=True)
    chunks.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    chunks.add(b"caNy", zlib.compress(CANARY.encode()) + CANARY.encode())
    return chunks


def films(folder: Path) -> Iterator[tuple[str, bytes]]:
    subtitles = folder / "words.srt"
    subtitles.write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{CANARY} 38.8977N\n")
    chapters = folder / "chapters.txt"
    chapters.write_text(
        f";FFMETADATA1\ntitle={CANARY}\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle={CANARY}\n"
    )
    handlers = ("-metadata:s:v", f"handler_name={CANARY}", "-metadata:s:a", f"title={CANARY}")
    beside = ("-i", str(subtitles), "-i", str(chapters), "-map", "0", "-map", "1", "-map", "2")
    words = (*_WORDS, *handlers, "-map_metadata", "3")
    rich = film(folder, "rich.mp4", "-c:s", "mov_text", "-timecode", "01:00:00:00", *words, beside=beside)
    yield "rich.mp4", _with_tags(folder, "turned.mp4", rich, "-Rotation=90", f"-XMP-dc:Source={CANARY}")
    keys = ("-movflags", "use_metadata_tags", "-metadata", f"canary={CANARY}")
    moved = film(folder, "rich.mov", *_WORDS, *keys)
    yield "rich.mov", _with_tags(folder, "placed.mov", moved, f"-XMP-dc:Source={CANARY}")
    attached = ("-attach", str(subtitles), "-metadata:s:t", "mimetype=text/plain")
    yield "rich.mkv", film(folder, "rich.mkv", "-c:s", "srt", *words, *attached, beside=beside)
    yield "rich.webm", film(folder, "rich.webm", *_WORDS, "-c:v", "libvpx", "-c:a", "libopus")


def sounds(folder: Path) -> Iterator[tuple[str, bytes]]:
    cover = folder / "cover.jpg"
    cover.write_bytes(written(picture(), "JPEG", exif=exif_of(), comment=CANARY.encode()))
    tone = ("-f", "lavfi", "-i", "sine=duration=0.6")
    covered = (*tone, "-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy", *_WORDS)
    attached = ("-disposition:v", "attached_pic")
    yield "rich.mp3", _ffmpeg(folder, "rich.mp3", *covered, "-id3v2_version", "3", "-write_id3v1", "1")
    yield "rich.flac", _ffmpeg(folder, "rich.flac", *covered, *attached)
    yield "rich.m4a", _ffmpeg(folder, "rich.m4a", *covered, *attached)
    yield "rich.ogg", _ffmpeg(folder, "rich.ogg", *tone, *_WORDS, "-c:a", "libvorbis")
    yield "rich.opus", _ffmpeg(folder, "rich.opus", *tone, *_WORDS, "-c:a", "libopus")
    yield "rich.wav", _ffmpeg(folder, "rich.wav", *tone, *_WORDS)


def film(folder: Path, name: str, *options: str, beside: tuple[str, ...] = ()) -> bytes:
    """A second of the picture above, and a tone."""
    still = folder / "still.png"
    picture().save(still)
    pictured = ("-loop", "1", "-framerate", "10", "-t", "1", "-i", str(still))
    sounding = ("-f", "lavfi", "-i", "sine=duration=1")
    coded = ("-pix_fmt", "yuv420p")
    return _ffmpeg(folder, name, *pictured, *sounding, *beside, *coded, *options)


def _with_tags(folder: Path, name: str, content: bytes, *tags: str) -> bytes:
    path = folder / name
    path.write_bytes(content)
    _run("exiftool", "-q", "-overwrite_original", *_PLACE, *tags, str(path))
    return path.read_bytes()


def _ffmpeg(folder: Path, name: str, *options: str) -> bytes:
    _run("ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *options, str(folder / name))
    return (folder / name).read_bytes()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def heic(folder: Path) -> bytes:
    """No library of ours writes one: a key frame of HEVC in boxes of ISO 23008-12, with EXIF and XMP put in after."""
    still = folder / "still.png"
    picture(128, 64).save(still)
    coded = _ffmpeg(
        folder, "still.mp4", "-i", str(still), "-pix_fmt", "yuv420p", "-c:v", "libx265", "-tag:v", "hvc1"
    )
    at = coded.index(b"hvcC") - 4
    configuration = coded[at : at + int.from_bytes(coded[at : at + 4], "big")]
    at = coded.index(b"mdat")
    frame = coded[at + 4 : at - 4 + int.from_bytes(coded[at - 4 : at], "big")]
    extent = _box(b"ispe", bytes(4) + _number(128) + _number(64))
    properties = _box(
        b"iprp",
        _box(b"ipco", configuration + extent) + _box(b"ipma", bytes(4) + _number(1) + b"\0\1\2\x81\2"),
    )
    handler = _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
    first = _box(b"pitm", bytes(4) + b"\0\1")
    items = _box(b"iinf", bytes(4) + b"\0\1" + _box(b"infe", b"\2\0\0\0\0\1\0\0hvc1\0"))
    kind = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    behind = len(handler + first + items + properties)
    # Full box and counts: 30 bytes of place, 12 of the meta box around.
    place = len(kind) + 12 + behind + 30 + 8
    found = _box(b"iloc", bytes(4) + b"\x44\0\0\1\0\1\0\0\0\1" + _number(place) + _number(len(frame)))
    meta = _box(b"meta", bytes(4) + handler + first + found + items + properties)
    made = kind + meta + _box(b"mdat", frame)
    tags = (f"-EXIF:ImageDescription={CANARY}", f"-XMP-dc:Source={CANARY}")
    return _with_tags(folder, "rich.heic", made, *tags)


def _box(name: bytes, content: bytes) -> bytes:
    return _number(8 + len(content)) + name + content


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")
