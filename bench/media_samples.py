"""A photograph of twelve megapixels and a film of thirty seconds in 1080p, made up, the same in every run."""

import io
import math
import random
import sys
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageChops

PHOTOGRAPH_SIZE = (4000, 3000)
FILM_SIZE = (1920, 1080)
FILM_SECONDS = 30
FRAMES_PER_SECOND = 30
SOUND_RATE = 48_000
_SOUND_SAMPLES = 1024


def write_photograph(target: Path) -> None:
    """Soft shapes under fine grain, as a camera's sensor has it; sideways, as telephones write it."""
    drawn = random.Random(12)
    shapes = _shapes(drawn, (80, 60), PHOTOGRAPH_SIZE)
    tile = Image.frombytes("L", (1000, 1000), bytes(int(drawn.gauss(128, 5)) for _ in range(1_000_000)))
    grain = Image.new("L", PHOTOGRAPH_SIZE)
    for left in range(0, PHOTOGRAPH_SIZE[0], 1000):
        for top in range(0, PHOTOGRAPH_SIZE[1], 1000):
            grain.paste(tile, (left, top))
    noisy = ImageChops.add(shapes, Image.merge("RGB", [grain] * 3), offset=-128)
    exif = Image.Exif()
    exif[0x0112] = 6
    noisy.save(target, "JPEG", quality=92, exif=exif)


def write_film(target: Path) -> None:
    """A camera that wanders over soft shapes, and a tone."""
    ground = _shapes(random.Random(30), (70, 40), (2600, 1500))
    with av.open(str(target), "w") as output:
        picture: Any = output.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = *FILM_SIZE, "yuv420p"
        sound: Any = output.add_stream("aac", rate=SOUND_RATE)
        sound.layout = "stereo"
        for place in range(FILM_SECONDS * FRAMES_PER_SECOND):
            left, top = int(300 + 250 * math.sin(place / 40)), int(200 + 150 * math.cos(place / 55))
            seen = ground.crop((left, top, left + FILM_SIZE[0], top + FILM_SIZE[1]))
            frame: av.VideoFrame = av.VideoFrame.from_image(seen)  # type: ignore[no-untyped-call]
            output.mux(picture.encode(frame))
        for place in range(0, FILM_SECONDS * SOUND_RATE, _SOUND_SAMPLES):
            output.mux(sound.encode(_tone(place)))
        output.mux(picture.encode(None))
        output.mux(sound.encode(None))


def _shapes(drawn: random.Random, coarse: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    small = Image.frombytes("RGB", coarse, drawn.randbytes(coarse[0] * coarse[1] * 3))
    return small.resize(size, Image.Resampling.BICUBIC)


def _tone(first: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="stereo", samples=_SOUND_SAMPLES)
    frame.sample_rate, frame.pts = SOUND_RATE, first
    written = io.BytesIO()
    for place in range(first, first + _SOUND_SAMPLES):
        value = int(8000 * math.sin(place * 440 * math.tau / SOUND_RATE))
        written.write(value.to_bytes(2, "little", signed=True) * 2)
    frame.planes[0].update(written.getvalue())
    return frame


if __name__ == "__main__":
    write_photograph(Path(sys.argv[1]))
    write_film(Path(sys.argv[2]))
