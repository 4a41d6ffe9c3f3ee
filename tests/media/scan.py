"""Looking for canaries in made files: by the bytes, by what exiftool and ffprobe read, and by what a PNG holds."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.media.canaries import CANARY

# Where exiftool's own facts stand, and what a picture's or film's frame is said to be; nothing else may be there.
_PICTURE_GROUPS = {"ExifTool", "System", "File", "JFIF", "PNG", "RIFF", "Composite"}
_FILM_TAGS = {
    "major_brand",
    "minor_version",
    "compatible_brands",
    "language",
    "handler_name",
    "vendor_id",
    "encoder",
}
_NAMES_OF_OURS = re.compile(
    r"(?:VideoHandler|SoundHandler|und|\[0\]\[0\]\[0\]\[0\]|isom|512|isomiso2avc1mp41|Lav[fc].*)"
)
_PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


def faults_of(folder: Path) -> list[str]:
    """Of every file in it."""
    files = sorted(each for each in folder.iterdir() if each.is_file())
    found = [f"{each.name}: {fault}" for each in files for fault in _raw_faults(each.read_bytes())]
    found += [f"{name}: {fault}" for name, fault in _exiftool_faults(folder)]
    for each in files:
        if each.suffix == ".png":
            found += [f"{each.name}: chunk {name!r}" for name in _chunks(each.read_bytes()) - _PNG_CHUNKS]
        if each.suffix in {".mp4", ".mp3"}:
            found += [f"{each.name}: {fault}" for fault in _film_faults(each)]
    return found


def spellings(word: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
        yield word.encode(encoding)
    yield word.encode().hex().encode()
    for lead in range(3):
        packed = base64.b64encode(b"\0" * lead + word.encode())
        # What stands at both ends depends on the neighbours.
        yield packed[4:-4]


def holds_canary(content: bytes) -> bool:
    lowered = content.lower()
    return any(each.lower() in lowered for each in spellings(CANARY))


def _raw_faults(content: bytes) -> Iterator[str]:
    if holds_canary(content):
        yield "the canary"
    for mark in (
        b"Exif\0\0",
        b"http://ns.adobe.com",
        b"<x:xmpmeta",
        b"Photoshop 3.0",
        b"ICC_PROFILE",
        b"iCCP",
    ):
        if mark in content:
            yield repr(mark)


def _exiftool_faults(folder: Path) -> Iterator[tuple[str, str]]:
    told = subprocess.run(
        ["exiftool", "-json", "-G0", "-a", "-u", "-ee3", str(folder)], capture_output=True, check=False
    ).stdout
    for tags in json.loads(told):
        name = Path(tags.pop("SourceFile")).name
        for tag, value in tags.items():
            group = tag.partition(":")[0]
            if CANARY in str(value) or "GPS" in tag:
                yield name, f"{tag} is {value}"
            if name.endswith((".jpg", ".png", ".webp")) and group not in _PICTURE_GROUPS:
                yield name, f"{tag} is {value}"
            if tag.endswith(("Comment", "ThumbnailImage", "TrailerSignature")):
                yield name, f"{tag} is {value}"


def _chunks(png: bytes) -> set[bytes]:
    found, at = set(), 8
    while at < len(png):
        found.add(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return found


def _film_faults(path: Path) -> Iterator[str]:
    command = ("ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_chapters")
    told: Any = json.loads(subprocess.run([*command, str(path)], capture_output=True, check=True).stdout)
    kinds = [each["codec_type"] for each in told["streams"]]
    if kinds not in (["video", "audio"], ["video"], ["audio"]):
        yield f"streams {kinds}"
    if told["chapters"]:
        yield f"chapters {told['chapters']}"
    for part in (told["format"], *told["streams"]):
        for tag, value in part.get("tags", {}).items():
            if tag not in _FILM_TAGS or not _NAMES_OF_OURS.fullmatch(value):
                yield f"{tag} is {value}"
        if part.get("side_data_list"):
            yield f"side data {part['side_data_list']}"
