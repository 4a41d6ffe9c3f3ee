"""A short film of the sea and a short tune, both made of sines."""

import math
import struct
import wave
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO

import av
from PIL import Image

from parley.cli.demo_world.canvas import (
    PALETTES,
    Canvas,
    Palette,
    below,
    blank,
    disc,
    finished,
    mixed,
    oval,
    shape,
    stroke,
)

_FILM_SIZE = (640, 360)
_FRAMES_PER_SECOND = 10
_FILM_SECONDS = 4
_SAMPLES_PER_SECOND = 16_000
_LOUDEST = 32_767
_BEAT_SECONDS = 0.34
_NOTE_SECONDS = 1.2
# In half tones above the lowest; a beat each, None for silence.
_TUNE = (0, 7, 12, 16, 12, 7, 9, None, 5, 9, 12, 17, 16, 12, 14, None, 7, 11, 14, 12, 7, 4, 0, None)
_LOWEST_HERTZ = 196.0
# How loud each multiple of a note's own tone is.
_PARTIALS = (1.0, 0.42, 0.2, 0.07)


def film_of_the_sea() -> bytes:
    """MP4. Night falls, and a small boat rides on the waves."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=_FRAMES_PER_SECOND, options={"preset": "veryfast"})
        stream.width, stream.height = _FILM_SIZE
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(_pictures()):
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = number, Fraction(1, _FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _pictures() -> Iterator[Image.Image]:
    frames = _FRAMES_PER_SECOND * _FILM_SECONDS
    for number in range(frames):
        passed = number / frames
        canvas = blank(_FILM_SIZE, _evening(passed))
        disc(canvas, (120, 26 + 40 * passed), 11, canvas.palette.light)
        _sea(canvas, passed)
        yield finished(canvas)


def _evening(passed: float) -> Palette:
    day, night = PALETTES[0], PALETTES[7]
    return Palette(
        mixed(day.high, night.high, passed),
        mixed(day.low, night.low, passed),
        mixed((52, 88, 124), night.dark, passed),
        day.light,
        day.accent,
    )


def _sea(canvas: Canvas, passed: float) -> None:
    # Each swings a whole number of times, so that the end fits the beginning.
    turn = 2 * math.pi * passed
    for number in range(5):

        def surface(x: float, number: int = number) -> float:
            swell = math.sin(x * 0.05 + number * 1.7 + turn * (2 + number % 2))
            return 55 + number * 10 + (2 + number) * 0.8 * swell

        if number == 2:
            _boat(canvas, 62, surface(62) + 1)
        below(canvas, surface, mixed(canvas.palette.low, canvas.palette.dark, 0.25 + number * 0.18))


def _boat(canvas: Canvas, x: float, y: float) -> None:
    palette = canvas.palette
    stroke(canvas, [(x, y), (x, y - 27)], 1.2, palette.dark)
    shape(canvas, [(x + 2, y - 26), (x + 2, y - 7), (x + 16, y - 7)], palette.light)
    shape(canvas, [(x - 2, y - 22), (x - 2, y - 7), (x - 11, y - 7)], palette.light)
    shape(canvas, [(x - 16, y - 5), (x + 18, y - 5), (x + 11, y + 4), (x - 11, y + 4)], palette.accent)
    oval(canvas, (x, y + 5), (11, 1.5), palette.accent)


def tune() -> bytes:
    """WAV. A few plucked bars."""
    beat, length = int(_BEAT_SECONDS * _SAMPLES_PER_SECOND), int(_NOTE_SECONDS * _SAMPLES_PER_SECOND)
    heard = [0.0] * (beat * len(_TUNE) + length)
    plucked = {each: _plucked(each, length) for each in {*_TUNE} if each is not None}
    for place, half_tones in enumerate(_TUNE):
        if half_tones is not None:
            for sample, level in enumerate(plucked[half_tones]):
                heard[place * beat + sample] += level
    loudest = max(map(abs, heard))
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_SAMPLES_PER_SECOND)
        levels = (int(0.8 * _LOUDEST * each / loudest) for each in heard)
        sound.writeframes(struct.pack(f"<{len(heard)}h", *levels))
    return file.getvalue()


def _plucked(half_tones: int, length: int) -> list[float]:
    """The higher a partial, the sooner it is over."""
    per_sample = 2 * math.pi * _LOWEST_HERTZ * 2 ** (half_tones / 12) / _SAMPLES_PER_SECOND
    levels = [0.0] * length
    for multiple, loud in enumerate(_PARTIALS, 1):
        fading, step = math.exp(-(3.2 + 2 * multiple) / _SAMPLES_PER_SECOND), per_sample * multiple
        for sample in range(length):
            levels[sample] += loud * fading**sample * math.sin(step * sample)
    return levels
