"""Video and sound: decoded, and encoded anew: the first picture stream, the first sound stream, and nothing else.

Runs in the workshop's process only (see chamber.py). Subtitles, data, chapters, cover pictures, tags, names of
handlers and side data have no way across: only decoded frames do.
"""

import math
import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.sidedata.sidedata import Type
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from parley.media.filters import Toner, graph_for, is_for_rare_screens, passed
from parley.media.models import Limits, Order, Product, Variant
from parley.media.pictures import blurhash_of, from_pixels, within, write_picture
from parley.media.spoiled import Spoiled

_OUT_PIXELS_MAX = 1920 * 1080
_POSTER_PIXELS_MAX = 1280 * 720
_SMALL_PIXELS_MAX = 640 * 360
_TICKS = 90_000
_BT_709 = 1
_SOUND_RATE = 48_000
_SOUND_BITRATE = 128_000
# Of one film; the lane of jobs decides how many films are worked on at once.
_THREADS = 2
_FILM_OPTIONS = {"preset": "veryfast", "crf": "24", "profile": "high", "a53cc": "0"}
# Each frame stands for a time of its own, which is kept only when none is coded ahead of its turn.
_ANIMATION_OPTIONS = {**_FILM_OPTIONS, "bf": "0"}
_CONTAINER_OPTIONS = {"movflags": "+faststart", "fflags": "+bitexact"}
_SOUND_CONTAINER_OPTIONS = {"id3v2_version": "0", "write_id3v1": "0", "fflags": "+bitexact"}
# The first frame brighter than this stands for the film, if one comes within the first seconds.
_DARK = 16
# Of two half pictures, every other line of each, that were taken one after the other: the first, stretched to a whole.
_WHOLE = [("field", "type=top"), ("scale", "iw:2*ih")]
_POSTER_SECONDS_MAX = 3.0
_BROKEN_PACKETS_MAX = 64


class _Turn(NamedTuple):
    """What brings a picture upright: sides swapped (right becomes down), then mirrored, then put on its head."""

    swapped: bool = False
    mirrored: bool = False
    overturned: bool = False


class _Target:
    """The file that is written. Its head tells of every stream, so packets wait until the picture's size is known."""

    def __init__(self, container: Any, *, pictured: bool) -> None:
        self.container = container
        self._waiting: list[Any] | None = [] if pictured else None

    def begin(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for packet in waiting:
            self.container.mux(packet)

    def take(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            if self._waiting is None:
                self.container.mux(packet)
            else:
                self._waiting.append(packet)


class _Picture:
    """Frames in, packets out: upright, within the size, in ticks from the start."""

    def __init__(
        self,
        target: _Target,
        rate: Fraction,
        limits: Limits,
        stretch: Fraction = Fraction(1),
        options: dict[str, str] = _FILM_OPTIONS,
    ) -> None:
        """`stretch`: how much wider than high a pixel of the source is meant to be."""
        self._stretch = stretch
        self._turner = _Turner()
        self.size = (0, 0)
        self.frames = 0
        self.seconds = 0.0
        self.poster: Image.Image | None = None
        self._seconds_each = min(1.0, float(1 / rate))
        self._stream = target.container.add_stream("libx264", rate=rate, options=dict(options))
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.thread_count = _THREADS
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream.codec_context.gop_size = max(1, int(rate * 4))
        self._target = target
        self._limits = limits
        self._last = -1
        self._colours: dict[str, Any] = {}
        self._toner: Toner | None = None

    def take(self, frame: VideoFrame, seconds: float) -> None:
        _check_length(seconds, self._limits)
        self.frames += 1
        if self.frames > self._limits.frames_max:
            raise Spoiled(f"the video has more than {self._limits.frames_max} frames, which is the limit")
        picture = self._turner.turned(frame)
        if self.size == (0, 0):
            self._begin(picture, turned=self._turner.turn.swapped)
        ticks = max(self._last + 1, int(seconds * _TICKS))
        made = self._shown(picture)
        self._look(made, seconds)
        made.pts, made.time_base, self._last = ticks, Fraction(1, _TICKS), ticks
        # The encoder's own choice, or every frame of some cameras' films would be a whole picture again.
        made.pict_type = PictureType.NONE
        self.seconds = seconds + max(self._seconds_each, _seconds_shown(frame))
        self._put(made)

    def end(self) -> None:
        if self.frames:
            self._put(None)

    def _begin(self, first: VideoFrame, *, turned: bool) -> None:
        stretch = float(1 / self._stretch if turned else self._stretch)
        width, height = first.width * max(stretch, 1.0), first.height * max(1 / stretch, 1.0)
        share = min(1.0, math.sqrt(_OUT_PIXELS_MAX / (width * height)))
        self.size = max(2, int(width * share) // 2 * 2), max(2, int(height * share) // 2 * 2)
        self._stream.width, self._stream.height = self.size
        made, self._colours = (
            self._stream.codec_context,
            {"format": "yuv420p", "dst_color_range": ColorRange.MPEG},
        )
        self._toner = self._toner_for(first)
        if first.format.is_rgb:
            self._colours["dst_colorspace"] = Colorspace.ITU709
        if self._toner is not None or first.format.is_rgb:
            made.color_primaries = made.color_trc = made.colorspace = _BT_709
        else:
            # What its numbers stand for: another space than that which players suppose.
            made.color_primaries, made.color_trc = first.color_primaries, first.color_trc
            made.colorspace = first.colorspace
        made.color_range = ColorRange.MPEG
        self._target.begin()

    def _toner_for(self, first: VideoFrame) -> Toner | None:
        """None also for colours that the library can't translate: these stay as they are, and are told to players."""
        if not is_for_rare_screens(first):
            return None
        toner = Toner(self.size)
        try:
            toner.toned(first)
        except (av.FFmpegError, OSError):
            return None
        return toner

    def _shown(self, picture: VideoFrame) -> VideoFrame:
        if self._toner is not None:
            return self._toner.toned(picture)
        return picture.reformat(*self.size, **self._colours)

    def _look(self, picture: VideoFrame, seconds: float) -> None:
        if self.poster is not None and (seconds > _POSTER_SECONDS_MAX or not _is_dark(self.poster)):
            return
        shown: Image.Image = picture.to_image()  # type: ignore[no-untyped-call]
        self.poster = from_pixels(shown.convert("RGB"))

    def _put(self, frame: VideoFrame | None) -> None:
        self._target.take(self._stream.encode(frame))


class _Sound:
    """Frames in, packets out: stereo, at one rate, counted from the start."""

    def __init__(self, target: _Target, codec: str, limits: Limits) -> None:
        self.seconds = 0.0
        self._stream = target.container.add_stream(codec, rate=_SOUND_RATE)
        self._stream.layout = "stereo"
        self._stream.bit_rate = _SOUND_BITRATE
        self._resampler = AudioResampler(
            format=self._stream.codec_context.format.name if codec == "aac" else "fltp",
            layout="stereo",
            rate=_SOUND_RATE,
        )
        self._target = target
        self._limits = limits
        self._samples: int | None = None

    def take(self, frame: AudioFrame, seconds: float) -> None:
        """Counts samples from where the first frame stands: tracks that begin later stay where they were."""
        if self._samples is None:
            self._samples = max(0, int(seconds * _SOUND_RATE))
        frame.pts = None
        self._encode(frame)

    def end(self) -> None:
        if self._samples is not None:
            self._encode(None)
            self._put(None)

    def _encode(self, frame: AudioFrame | None) -> None:
        for made in self._resampler.resample(frame):
            assert self._samples is not None  # noqa: S101 - set by the first frame
            made.pts, made.time_base = self._samples, Fraction(1, _SOUND_RATE)
            self._samples += made.samples
            self.seconds = self._samples / _SOUND_RATE
            _check_length(self.seconds, self._limits)
            self._put(made)

    def _put(self, frame: AudioFrame | None) -> None:
        self._target.take(self._stream.encode(frame))


def rebuild_film(order: Order) -> Product:
    """A film as MP4 with its poster, or the sound alone where there are no pictures. Raises Spoiled."""
    with _open(order, "film") as source:
        video = _first_picture(source)
        if video is None:
            return _rebuild_sound(order, source)
        _check_stream(video, order.limits)
        path = Path(order.folder) / "original.mp4"
        with av.open(str(path), "w", format="mp4", options=_CONTAINER_OPTIONS) as output:
            target = _Target(output, pictured=True)
            picture = _Picture(target, _rate_of(video, order.limits), order.limits, _stretch_of(video))
            sound = _Sound(target, "aac", order.limits) if source.streams.audio else None
            _carry(source, video, picture, sound)
    if picture.poster is None:
        raise Spoiled("the video holds no picture that can be shown")
    return _film(order, path, picture, max(picture.seconds, sound.seconds if sound else 0.0))


def rebuild_sound(order: Order) -> Product:
    with _open(order, "sound") as source:
        return _rebuild_sound(order, source)


def rebuild_animation(order: Order, frames: Iterator[tuple[Image.Image, int]]) -> Product:
    """An animated picture as a film without sound: a tenth of its size, and apps can stop it."""
    path = Path(order.folder) / "original.mp4"
    seconds = 0.0
    with av.open(str(path), "w", format="mp4", options=_CONTAINER_OPTIONS) as output:
        target = _Target(output, pictured=True)
        picture = _Picture(target, Fraction(25), order.limits, options=_ANIMATION_OPTIONS)
        for pixels, milliseconds in frames:
            frame: VideoFrame = VideoFrame.from_image(_on_black(pixels))  # type: ignore[no-untyped-call]
            picture.take(frame, seconds)
            last, seconds = frame, seconds + milliseconds / 1000
        # Said once more at the end, so that the last frame stands as long as it should.
        picture.take(last, seconds)
        picture.end()
    return _film(order, path, picture, seconds, kind="animation")


def _rebuild_sound(order: Order, source: Any) -> Product:
    if not source.streams.audio:
        raise Spoiled("the file holds neither pictures nor sound")
    path = Path(order.folder) / "original.mp3"
    with av.open(str(path), "w", format="mp3", options=_SOUND_CONTAINER_OPTIONS) as output:
        sound = _Sound(_Target(output, pictured=False), "libmp3lame", order.limits)
        _carry(source, None, None, sound)
    if sound.seconds == 0:
        raise Spoiled("the file holds no sound that can be heard")
    variant = Variant(
        name="original",
        file=path.name,
        content_type="audio/mpeg",
        size_bytes=path.stat().st_size,
        duration_seconds=round(sound.seconds, 3),
        bitrate=_SOUND_BITRATE,
    )
    return Product(kind="sound", variants=[variant])


def _open(order: Order, kind: str) -> Any:
    """By a named reader only. Raises Spoiled when none can read it."""
    with Path(order.source).open("rb") as file:
        head = file.read(12)
    for reader in _candidates(kind, head):
        try:
            source = av.open(order.source, "r", format=reader, metadata_errors="ignore")
        except (av.FFmpegError, ValueError):
            continue
        for stream in source.streams.video:
            stream.thread_type, stream.codec_context.thread_count = "AUTO", _THREADS
        if source.duration is not None:
            _check_length(source.duration / 1_000_000, order.limits)
        return source
    raise Spoiled("the file is broken, or of a kind that is not taken")


def _candidates(kind: str, head: bytes) -> tuple[str, ...]:
    """Readers by the first bytes: one that follows addresses inside a file (playlists, say) is never tried."""
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return ("matroska",)
    if kind == "film" or head[4:8] == b"ftyp":
        return ("mov",)
    named = {b"OggS": "ogg", b"fLaC": "flac", b"RIFF": "wav"}.get(head[:4])
    return (named,) if named else ("mp3", "aac", "flac")


def _first_picture(source: Any) -> Any:
    """A cover picture is no film."""
    for stream in source.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    return None


def _check_stream(video: Any, limits: Limits) -> None:
    pixels = (video.width or 0) * (video.height or 0)
    if pixels == 0:
        raise Spoiled("the video does not tell its size")
    if pixels > limits.film_pixels_max:
        millions = limits.film_pixels_max / 1_000_000
        raise Spoiled(
            f"the video has {video.width} x {video.height} pixels; {millions:g} million are the limit"
        )


def _rate_of(video: Any, limits: Limits) -> Fraction:
    rate = video.average_rate or video.guessed_rate or Fraction(25)
    if rate > limits.film_frames_per_second_max:
        raise Spoiled(
            f"the video has {float(rate):g} frames a second; {limits.film_frames_per_second_max} are the limit"
        )
    return Fraction(rate).limit_denominator(1001) if rate > 0 else Fraction(25)


def _carry(source: Any, video: Any, picture: _Picture | None, sound: _Sound | None) -> None:
    """Both streams as they stand in the file, on one clock. What can't be decoded in the middle is left out."""
    wanted = [video] if video is not None else []
    if sound is not None:
        wanted.append(source.streams.audio[0])
    start = (source.start_time or 0) / 1_000_000
    for frame in _frames(source, wanted):
        seconds = max(0.0, (frame.time or 0.0) - start)
        if isinstance(frame, VideoFrame) and picture is not None:
            picture.take(frame, seconds)
        elif isinstance(frame, AudioFrame) and sound is not None:
            sound.take(frame, seconds)
    for each in (picture, sound):
        if each is not None:
            each.end()


def _frames(source: Any, wanted: list[Any]) -> Iterator[Any]:
    broken = 0
    for packet in source.demux(*wanted):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            if broken > _BROKEN_PACKETS_MAX:
                raise Spoiled("the file is broken") from None


def _stretch_of(video: Any) -> Fraction:
    """One where the file says nothing, or what nobody means."""
    told = video.sample_aspect_ratio
    return told if told and Fraction(1, 8) <= told <= 8 else Fraction(1)


def _turn_of(frame: VideoFrame) -> _Turn:
    """By the signs of its matrix, whose first two rows say where right and down of what was coded are shown."""
    sides: Any = frame.side_data
    told = sides.get(Type.DISPLAYMATRIX)
    if told is None:
        return _Turn()
    right, down_of_right, _, right_of_down, down, *_ = struct.unpack("=9i", bytes(told))
    if abs(down_of_right) > abs(right):
        return _Turn(swapped=True, mirrored=right_of_down < 0, overturned=down_of_right < 0)
    return _Turn(mirrored=right < 0, overturned=down < 0)


class _Turner:
    """Brings frames upright and whole: one graph of filters, made again only when what comes is of another kind."""

    def __init__(self) -> None:
        self.turn = _Turn()
        self._rotation: int | None = None
        self._made_for: Any = None
        self._graph: Any = None

    def turned(self, frame: VideoFrame) -> VideoFrame:
        if frame.rotation != self._rotation:
            # Not for every frame: one whose matrix was asked for is not let go before the garbage is collected.
            self._rotation, self.turn = frame.rotation, _turn_of(frame)
        steps = (_WHOLE if frame.interlaced_frame else []) + _steps_of(self.turn)
        if not steps:
            return frame
        kind = steps, frame.width, frame.height, frame.format.name
        if kind != self._made_for:
            self._graph, self._made_for = graph_for(frame, steps), kind
        return passed(self._graph, frame)


def _steps_of(turn: _Turn) -> list[tuple[str, str]]:
    if turn.swapped:
        # FFmpeg's numbers for sides swapped, and then mirrored or not.
        return [("transpose", str(turn.mirrored + 2 * turn.overturned))]
    return [(name, "") for name, wanted in (("hflip", turn.mirrored), ("vflip", turn.overturned)) if wanted]


def _seconds_shown(frame: VideoFrame) -> float:
    """Nought where the file doesn't tell, or tells what can't be."""
    shown = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
    return shown if 0 < shown < 1 else 0.0


def _is_dark(poster: Image.Image) -> bool:
    grey = poster.convert("L").resize((16, 16))
    return sum(grey.tobytes()) / 256 < _DARK


def _check_length(seconds: float, limits: Limits) -> None:
    if seconds > limits.film_seconds_max:
        raise Spoiled(f"it is longer than {limits.film_seconds_max} seconds, which is the limit")


def _on_black(pixels: Image.Image) -> Image.Image:
    if pixels.mode == "RGB":
        return pixels
    ground = Image.new("RGB", pixels.size)
    ground.paste(pixels, mask=pixels.getchannel("A"))
    return ground


def _film(order: Order, path: Path, picture: _Picture, seconds: float, *, kind: Any = "film") -> Product:
    assert picture.poster is not None  # noqa: S101 - checked by whoever calls
    duration = max(seconds, 0.04)
    poster = within(picture.poster, _POSTER_PIXELS_MAX)
    original = Variant(
        name="original",
        file=path.name,
        content_type="video/mp4",
        size_bytes=path.stat().st_size,
        width=picture.size[0],
        height=picture.size[1],
        duration_seconds=round(duration, 3),
        frames_per_second=round(picture.frames / max(picture.seconds, 0.04), 2),
        bitrate=int(path.stat().st_size * 8 / duration),
    )
    small = write_picture(within(poster, _SMALL_PIXELS_MAX), Path(order.folder), "small", "JPEG")
    return Product(kind=kind, variants=[original, small], blurhash=blurhash_of(poster))
