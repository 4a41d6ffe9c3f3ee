"""Short films and sounds, made by the library that the workshop reads them with."""

import io
from typing import Any

import av
from PIL import Image

_SOUND_CODECS = {"mp3": "libmp3lame", "wav": "pcm_s16le"}


def film_of(container: str, seconds: int = 1) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        stream: Any = output.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for place in range(5 * seconds):
            shade = Image.new("RGB", (64, 48), (place * 9 % 256, 90, 90))
            output.mux(stream.encode(av.VideoFrame.from_image(shade)))  # type: ignore[no-untyped-call]
        output.mux(stream.encode(None))
    return target.getvalue()


def sound_of(container: str, seconds: int = 1) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        stream: Any = output.add_stream(_SOUND_CODECS[container], rate=8000 if container == "wav" else 44100)
        stream.layout = "mono"
        for _ in range(seconds * 10):
            frame = av.AudioFrame(
                format="s16" if container == "wav" else "s16p", layout="mono", samples=stream.rate // 10
            )
            frame.sample_rate = stream.rate
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return target.getvalue()
