"""What the libraries cost when they do what the workshop does, and nothing of what makes that safe: the floor.

python -m bench.media_bare photograph|film SOURCE FOLDER
"""

import math
import sys
from pathlib import Path
from typing import Any

import av
import blurhash_rs
from PIL import Image, ImageOps

from parley.media.films import _FILM_OPTIONS, _SOUND_BITRATE, _SOUND_RATE, _THREADS
from parley.media.pictures import _PIXELS_MAX, _QUALITY, _SMALL_PIXELS_MAX


def photograph(source: str, folder: Path) -> None:
    picture = ImageOps.exif_transpose(_within(Image.open(source), _PIXELS_MAX))
    small = _within(picture, _SMALL_PIXELS_MAX)
    for name, each in (("original", picture), ("small", small)):
        each.save(folder / f"{name}.jpg", "JPEG", quality=_QUALITY, progressive=True)
    small.thumbnail((32, 32))
    blurhash_rs.blurhash_encode(small, 4, 3)


def film(source: str, folder: Path) -> None:
    with av.open(source) as read, av.open(str(folder / "original.mp4"), "w") as written:
        shown, heard = read.streams.video[0], read.streams.audio[0]
        shown.thread_type, shown.codec_context.thread_count = "AUTO", _THREADS
        picture: Any = written.add_stream("libx264", rate=shown.average_rate, options=dict(_FILM_OPTIONS))
        picture.width, picture.height, picture.pix_fmt = shown.width, shown.height, "yuv420p"
        picture.codec_context.thread_count = _THREADS
        sound: Any = written.add_stream("aac", rate=_SOUND_RATE, layout="stereo")
        sound.bit_rate = _SOUND_BITRATE
        for frame in _frames(read, shown, heard):
            if isinstance(frame, av.VideoFrame):
                frame.pict_type = 0
                written.mux(picture.encode(frame))
            else:
                written.mux(sound.encode(frame))
        written.mux(picture.encode(None))
        written.mux(sound.encode(None))


def _frames(read: Any, *streams: Any) -> Any:
    for packet in read.demux(*streams):
        yield from packet.decode()


def _within(picture: Image.Image, pixels_max: int) -> Image.Image:
    share = math.sqrt(pixels_max / (picture.width * picture.height))
    size = int(picture.width * share), int(picture.height * share)
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


if __name__ == "__main__":
    {"photograph": photograph, "film": film}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
