"""Pictures, films and sounds as different cameras and programs make them: each comes out as it is meant."""

import io
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from parley.kit.config import Settings
from parley.media.chamber import rebuild
from parley.media.models import Order, Product
from parley.media.upload import limits_of
from tests.media.canaries import BLUE, RED, exif_of, picture, written

SEEN_THROUGH = Image.new("LA", (30, 20), (200, 0))
FRAMES = [Image.new("RGBA", (30, 20), (shade, 0, 0, 255)) for shade in (250, 130, 10)]


def moving(file_format: str) -> bytes:
    return written(FRAMES[0], file_format, save_all=True, append_images=FRAMES[1:], duration=200)


async def made_of(folder: Path, content: bytes) -> tuple[Product, Path]:
    (folder / "source").write_bytes(content)
    limits = limits_of(Settings())
    source = str(folder / "source")
    product = await rebuild(Order(source=source, folder=str(folder), purpose="attachment", limits=limits))
    return product, folder / product.variants[0].file


def keyed() -> bytes:
    """Without alpha, but a colour that is said to be see-through."""
    return written(picture(60, 40), "PNG", transparency=RED)


def halves_of(shown: Image.Image) -> list[str]:
    """What stands in the first and in the last corner."""
    corners = [shown.convert("RGBA").getpixel(at) for at in ((0, 0), (shown.width - 1, shown.height - 1))]
    return [_name_of(each) for each in corners]


def _name_of(pixel: Any) -> str:
    known = {"red": (*RED, 255), "blue": (*BLUE, 255), "grey": (200, 200, 200, 255)}
    near = [
        name
        for name, meant in known.items()
        if all(abs(a - b) < 30 for a, b in zip(pixel, meant, strict=True))
    ]
    return near[0] if near else "nothing" if pixel[3] == 0 else str(pixel)


UPRIGHT = {
    1: "red blue",
    2: "blue red",
    3: "blue red",
    4: "red blue",
    5: "red blue",
    6: "red blue",
    7: "blue red",
}
PICTURES: dict[str, tuple[bytes, tuple[int, int], str]] = {
    **{
        f"orientation {turn}": (
            written(picture(60, 40), "JPEG", quality=95, exif=exif_of(turn)),
            (60, 40) if turn < 5 else (40, 60),
            corners,
        )
        for turn, corners in UPRIGHT.items()
    },
    "orientation of PNG": (written(picture(60, 40), "PNG", exif=exif_of(8)), (40, 60), "blue red"),
    "palette": (written(picture(60, 40).quantize(4), "PNG"), (60, 40), "red blue"),
    "one colour see-through": (keyed(), (60, 40), "nothing blue"),
    "grey with holes": (written(SEEN_THROUGH, "PNG"), (30, 20), "nothing nothing"),
    "sixteen bits": (
        written(Image.frombytes("I;16", (8, 8), b"\0\xc8" * 64), "PNG"),
        (8, 8),
        "grey grey",
    ),
    "ink": (written(picture(60, 40).convert("CMYK"), "JPEG", quality=95), (60, 40), "red blue"),
    "one pixel": (written(Image.new("RGB", (1, 1), RED), "PNG"), (1, 1), "red red"),
    "a line": (written(Image.new("RGB", (1, 20_000), RED), "PNG"), (1, 16_383), "red red"),
}


async def test_pictures_of_every_make(tmp_path: Path) -> None:
    wrong = {}
    for name, (content, size, corners) in PICTURES.items():
        _, path = await made_of(tmp_path, content)
        shown = Image.open(path)
        if (shown.size, " ".join(halves_of(shown))) != (size, corners):
            wrong[name] = shown.size, halves_of(shown)
    assert wrong == {}


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "AVIF"])
async def test_what_moves_becomes_a_film_of_the_same_length(tmp_path: Path, file_format: str) -> None:
    product, path = await made_of(tmp_path, moving(file_format))
    assert (product.kind, product.variants[0].duration_seconds) == ("animation", 0.6)
    with av.open(str(path)) as film:
        times = [round(frame.time or 0, 1) for frame in film.decode(video=0)]
    assert times == [0.0, 0.2, 0.4, 0.6]


async def test_what_moves_without_a_speed_moves_as_in_browsers(tmp_path: Path) -> None:
    content = written(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:], duration=10)
    product, _ = await made_of(tmp_path, content)
    assert product.variants[0].duration_seconds == 0.3


def film(
    container: str,
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    stretch: Fraction = Fraction(1),
    options: dict[str, str] | None = None,
    layouts: tuple[str, ...] = (),
    tracks: int = 1,
    frames: int = 10,
    colours: tuple[int, int, int] | None = None,
    shown_picture: Image.Image | None = None,
) -> bytes:
    """A second, red on its left, blue on its right, with sounds that come before it in the file."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        shown: list[Any] = [output.add_stream(codec, rate=10, options=options or {}) for _ in range(tracks)]
        for each in shown:
            each.width, each.height, each.pix_fmt = *size, pixels
            each.codec_context.sample_aspect_ratio = stretch
            if colours is not None:
                coded = each.codec_context
                coded.color_primaries, coded.color_trc, coded.colorspace = colours
        sounds: list[Any] = [output.add_stream("aac", rate=48_000, layout=layout) for layout in layouts]
        early = [packet for each in sounds for packet in _silence(each)]
        late = [
            packet for each in shown for packet in _pictures(each, shown_picture or picture(*size), frames)
        ]
        for packet in early + late:
            output.mux(packet)
    return target.getvalue()


def _frame_of(shown: Image.Image) -> av.VideoFrame:
    frame: av.VideoFrame = av.VideoFrame.from_image(shown)  # type: ignore[no-untyped-call]
    return frame


def _pictures(stream: Any, shown: Image.Image, frames: int) -> list[Any]:
    packets: list[Any] = []
    for place in range(frames):
        frame = _frame_of(shown)
        frame.pts, frame.time_base = place, Fraction(1, 10)
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def _silence(stream: Any) -> list[Any]:
    packets: list[Any] = []
    for place in range(0, 48_000, 1024):
        frame = av.AudioFrame(format="fltp", layout=stream.layout.name, samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = 48_000, place
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def _combed() -> Image.Image:
    """Two half pictures in one: every other line is of a moment later, when all has changed sides."""
    first, later = picture(64, 48), picture(64, 48).rotate(180)
    for line in range(1, 48, 2):
        first.paste(later.crop((0, line, 64, line + 1)), (0, line))
    return first


# Name: the film, how large it comes out, its streams, its seconds.
FILMS: dict[str, tuple[bytes, tuple[int, int], str, float]] = {
    "sound first": (film("matroska", layouts=("stereo",)), (64, 48), "video audio", 1.0),
    "without sound": (film("mp4"), (64, 48), "video", 1.0),
    "six channels": (film("mp4", layouts=("5.1",)), (64, 48), "video audio", 1.0),
    "many tracks": (
        film("matroska", layouts=("mono", "stereo", "mono"), tracks=3),
        (64, 48),
        "video audio",
        1.0,
    ),
    "odd sides": (film("mp4", size=(65, 49), pixels="yuv444p"), (64, 48), "video", 1.0),
    "wide pixels": (film("mp4", stretch=Fraction(2)), (128, 48), "video", 1.0),
    "high pixels": (film("mp4", stretch=Fraction(1, 2)), (64, 96), "video", 1.0),
    "one frame": (film("mp4", frames=1), (64, 48), "video", 0.1),
    "whole pictures": (film("mov", codec="mjpeg", pixels="yuvj420p"), (64, 48), "video", 1.0),
    "half pictures": (
        film("mp4", pixels="yuv444p", options={"flags": "+ilme+ildct"}, shown_picture=_combed()),
        (64, 48),
        "video",
        1.0,
    ),
    "a web film": (film("webm", codec="libvpx-vp9"), (64, 48), "video", 1.0),
}


async def test_films_of_every_make(tmp_path: Path) -> None:
    wrong = {}
    for name, (content, size, streams, seconds) in FILMS.items():
        product, path = await made_of(tmp_path, content)
        with av.open(str(path)) as shown:
            kinds = " ".join(each.type for each in shown.streams)
            frames = list(shown.decode(video=0))
            whole = sum(1 for frame in frames if frame.key_frame)
        told = product.variants[0].duration_seconds or 0
        first: Image.Image = frames[0].to_image()  # type: ignore[no-untyped-call]
        found = (first.size, kinds, abs(told - seconds) < 0.06, halves_of(first), whole)
        if found != (size, streams, True, ["red", "blue"], 1):
            wrong[name] = (*found, told)
    assert wrong == {}


# How phones held one way or another, and cameras that look at who holds them, say what is right and what is down;
# and the corner that a red one on the upper left is meant to be in.
TURNS = {
    (1, 0, 0, 1): "upper left",
    (0, 1, -1, 0): "upper right",
    (-1, 0, 0, -1): "lower right",
    (0, -1, 1, 0): "lower left",
    (-1, 0, 0, 1): "upper right",
    (1, 0, 0, -1): "lower left",
    (0, 1, 1, 0): "upper left",
    (0, -1, -1, 0): "lower right",
}


def _turned(content: bytes, right: int, down_of_right: int, right_of_down: int, down: int) -> bytes:
    """With another matrix in the header of its track (ISO 14496-12, 8.3.2)."""
    place = content.index(b"tkhd") + 44
    rows = right, down_of_right, 0, right_of_down, down, 0, 0, 0, 1 << 14
    matrix = b"".join(struct.pack(">i", each << 16) for each in rows)
    return content[:place] + matrix + content[place + 36 :]


async def test_films_of_phones_come_out_upright_and_never_mirrored(tmp_path: Path) -> None:
    marked = Image.new("RGB", (64, 48), BLUE)
    marked.paste(RED, (0, 0, 32, 24))
    content = film("mp4", shown_picture=marked)
    for turn, corner in TURNS.items():
        _, path = await made_of(tmp_path, _turned(content, *turn))
        with av.open(str(path)) as shown:
            *_, last = shown.decode(video=0)
        seen: Image.Image = last.to_image()  # type: ignore[no-untyped-call]
        assert seen.size == ((64, 48) if turn[0] else (48, 64)), turn
        places = {"upper": 2, "lower": seen.height - 3}, {"left": 2, "right": seen.width - 3}
        found = {
            f"{row} {column}"
            for row, y in places[0].items()
            for column, x in places[1].items()
            if _name_of(seen.convert("RGBA").getpixel((x, y))) == "red"
        }
        assert found == {corner}, turn


async def test_what_the_numbers_of_a_turned_film_stand_for_is_told(tmp_path: Path) -> None:
    for content, expected in (
        (_turned(film("mp4", colours=(5, 6, 5)), 0, 1, -1, 0), (5, 6, 5)),
        (moving("GIF"), (1, 1, 1)),
    ):
        _, path = await made_of(tmp_path, content)
        with av.open(str(path)) as shown:
            assert _colours_of(shown) == expected


async def test_a_film_with_much_light_is_made_for_screens_with_little(tmp_path: Path) -> None:
    """Held upright, as phones are. In BT.2020 and PQ these numbers mean the brightest red, and a grey like any."""
    shade = Image.new("RGB", (64, 48), (128, 128, 128))
    shade.paste((200, 60, 60), (0, 0, 32, 48))
    _, path = await made_of(
        tmp_path, _turned(film("mp4", colours=(9, 16, 9), shown_picture=shade), 0, 1, -1, 0)
    )
    with av.open(str(path)) as shown:
        assert _colours_of(shown) == (1, 1, 1)
        seen: Image.Image = next(shown.decode(video=0)).to_image()  # type: ignore[no-untyped-call]
    assert seen.size == (48, 64)
    red, grey = (seen.convert("RGB").getpixel((24, y)) for y in (10, 55))
    assert isinstance(red, tuple)
    assert isinstance(grey, tuple)
    assert red[0] > 240, red
    assert max(red[1:]) < 60, red
    assert all(105 < each < 145 for each in grey), grey


def _colours_of(shown: Any) -> tuple[int, int, int]:
    context = shown.streams.video[0].codec_context
    return context.color_primaries, context.color_trc, context.colorspace


async def test_sound_with_a_cover_is_sound(tmp_path: Path) -> None:
    target = io.BytesIO()
    with av.open(target, "w", format="mp3") as output:
        sound: Any = output.add_stream("libmp3lame", rate=48_000, layout="mono")
        cover: Any = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        packets = cover.encode(_frame_of(picture(32, 32))) + cover.encode(None)
        for packet in packets + _silence(sound):
            output.mux(packet)
    product, path = await made_of(tmp_path, target.getvalue())
    assert product.kind == "sound"
    with av.open(str(path)) as shown:
        assert [each.type for each in shown.streams] == ["audio"]
