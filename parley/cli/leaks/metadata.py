"""Stored files, a sample of them, searched for what cameras and programs write beside the picture.

Three ways that know nothing of how the files were made: their own structure and bytes, exiftool, ffprobe.
"""

import asyncio
import json
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parley.cli import audit_queries as queries
from parley.cli.leaks.outcome import Ground, Outcome, judged, skipped
from parley.kit.storage import Store, StoreDown
from parley.media.addresses import stored_name

_READY = 1
_FILES = 60
_BYTES_MAX = 33_554_432
_TOOL_SECONDS = 120
_MARKS = (
    b"Exif\0\0", b"http://ns.adobe.com", b"<x:xmpmeta", b"Photoshop 3.0", b"ICC_PROFILE", b"com.apple.quicktime",
    b"GPSLatitude", b"MotionPhoto", b"<?xpacket",
)  # fmt: skip
_PNG = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"}
_WEBP = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
# Who made it and what it is called by the program; no word of anybody's.
_FILM_TAGS = {"major_brand", "minor_version", "compatible_brands", "language", "handler_name", "vendor_id", "encoder"}  # fmt: skip
_GROUPS = {"EXIF", "XMP", "IPTC", "Photoshop", "ICC_Profile", "MakerNotes", "ID3", "Vorbis"}
# One bit at the head of each frame of an MP3, which every encoder has to write.
_NO_WORDS = {"MPEG:CopyrightFlag"}
_WORDS = re.compile(r".*(GPS|Comment|Thumbnail|Trailer|Artist|Copyright|Author|Location|SerialNumber)")


async def stored_files(ground: Ground) -> Outcome:
    rows = await queries.files_from(ground.conn, secrets.randbits(62), _READY, _FILES)
    rows = rows if len(rows) == _FILES else await queries.files_from(ground.conn, 0, _READY, _FILES)
    names = [each["file"] for row in rows for each in row.variants if each["size_bytes"] < _BYTES_MAX]
    if not names:
        return skipped("no file is stored yet")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            count = await _fetch(ground.store, names, folder)
        except StoreDown as error:
            return skipped(f"the store can't be read: {error.logged}")
        faults, tools = await asyncio.to_thread(faults_of, folder)
    missing = [each for each in ("exiftool", "ffprobe") if each not in tools]
    beside = f"; {', '.join(missing)} not installed: by the bytes alone" if missing else ""
    return judged(faults, f"{count} stored files say nothing of camera, place or maker{beside}")


async def _fetch(store: Store, names: list[str], folder: Path) -> int:
    count = 0
    for each in names:
        pieces = await store.read(stored_name(each))
        if pieces is not None:
            with (folder / Path(each).name).open("wb") as file:
                async for piece in pieces:
                    file.write(piece)
            count += 1
    return count


def faults_of(folder: Path) -> tuple[list[str], list[str]]:
    """What is wrong with the files of a folder, and which tools could be asked."""
    files = sorted(folder.iterdir())
    tools = [each for each in ("exiftool", "ffprobe") if shutil.which(each)]
    faults = [f"{each.name} holds {fault}" for each in files for fault in _by_bytes(each.read_bytes())]
    if "exiftool" in tools:
        faults += _by_exiftool(folder)
    if "ffprobe" in tools:
        films = [each for each in files if each.suffix in {".mp4", ".mp3"}]
        faults += [f"{each.name} holds {fault}" for each in films for fault in _by_ffprobe(each)]
    return list(dict.fromkeys(faults)), tools


def _by_bytes(content: bytes) -> Iterator[str]:
    yield from (mark.decode("latin-1").rstrip("\0") for mark in _MARKS if mark in content)
    if content.startswith(b"\x89PNG"):
        yield from (repr(name) for name in _chunks(content, 8, 4, 12, "big") - _PNG)
    elif content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        yield from (repr(name) for name in _chunks(content, 12, 0, 8, "little") - _WEBP)
    elif content.startswith(b"\xff\xd8"):
        yield from _jpeg_faults(content)


def _chunks(content: bytes, at: int, name_at: int, around: int, order: Any) -> set[bytes]:
    """Names of the parts: each a length and a name in some order, and what belongs to it."""
    found = set()
    while at + 8 <= len(content):
        found.add(content[at + name_at : at + name_at + 4])
        length = int.from_bytes(content[at + 4 - name_at : at + 8 - name_at], order)
        at += around + length + (length % 2 if order == "little" else 0)
    return found


def _jpeg_faults(content: bytes) -> Iterator[str]:
    """Only the plain head (APP0) and Adobe's note on colours (APP14) may stand before the picture; nothing behind."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != 0xDA:
        kind = content[at + 1]
        if kind == 0xFE or (0xE0 < kind <= 0xEF and kind != 0xEE):
            yield "a comment" if kind == 0xFE else f"APP{kind - 0xE0}"
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    if not content.endswith(b"\xff\xd9"):
        yield "something behind the picture"


def _by_exiftool(folder: Path) -> list[str]:
    told: Any = json.loads(_said_by("exiftool", "-json", "-G0", "-a", "-u", "-ee3", str(folder)) or "[]")
    faults = []
    for tags in told:
        name = Path(tags.pop("SourceFile")).name
        groups = {tag.partition(":")[0] for tag in tags} & _GROUPS
        words = [tag for tag in tags if _WORDS.match(tag) and tag not in _NO_WORDS]
        faults += [f"{name} holds {each}" for each in (*sorted(groups), *words)]
    return faults


def _by_ffprobe(path: Path) -> Iterator[str]:
    options = ("-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_chapters")
    told: Any = json.loads(_said_by("ffprobe", *options, str(path)) or "{}")
    streams = told.get("streams", [])
    if [each["codec_type"] for each in streams] not in (["video", "audio"], ["video"], ["audio"]):
        yield "other streams than film and sound"
    if told.get("chapters"):
        yield "chapters"
    for part in (told.get("format", {}), *streams):
        yield from (tag for tag in part.get("tags", {}) if tag not in _FILM_TAGS)


def _said_by(*command: str) -> str:
    """Nothing when it can't be asked in time."""
    try:
        done = subprocess.run(  # noqa: S603 - its words are ours, and names that we drew
            command, capture_output=True, check=False, timeout=_TOOL_SECONDS, text=True
        )
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout
