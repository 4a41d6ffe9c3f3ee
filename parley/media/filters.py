"""Graphs of filters for films: what brings frames upright, and what brings their light and colours to common screens.

Runs in the workshop's process only (see chamber.py).
"""

from typing import Any

import av
import av.filter
from av.video.frame import VideoFrame

_TICKS = 90_000
# Numbers of ITU-T H.273. Light by perceptual steps (PQ) or by the camera's own (HLG): more than most screens have.
_MUCH_LIGHT = frozenset({16, 18})
# BT.2020, and P3 of cinemas and of phones.
_WIDE_COLOURS = frozenset({9, 11, 12})
# Of matrices (8.3 there): those that the library knows, and "not said".
_KNOWN_MATRICES = frozenset(range(18)) - {3}
_NOT_SAID = 2
_COMMON = "out_primaries=bt709:out_transfer=bt709:out_color_matrix=bt709:out_range=tv"


def graph_for(frame: VideoFrame, steps: list[tuple[str, str]]) -> Any:
    """For frames like this one, through the named filters with their options, in order."""
    graph = av.filter.Graph()
    matrix = int(frame.colorspace) if frame.colorspace in _KNOWN_MATRICES else _NOT_SAID
    told = (
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/{_TICKS}"
        # Without them the graph's frames would not say what their numbers stand for.
        f":colorspace={matrix}:range={int(frame.color_range)}"
    )
    chain = [graph.add("buffer", told), *(graph.add(name, options) for name, options in steps)]
    graph.link_nodes(*chain, graph.add("buffersink")).configure()
    return graph


def passed(graph: Any, frame: VideoFrame) -> VideoFrame:
    graph.push(frame)
    made = graph.pull()
    assert isinstance(made, VideoFrame)  # noqa: S101 - pictures in, pictures out
    return made


class Toner:
    """Makes frames smaller, and of what is meant for rare screens what others show as it was meant.

    The first frame costs some seconds: the library reckons a table of colours, which serves all others.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._made_for: Any = None
        self._graph: Any = None

    def toned(self, frame: VideoFrame) -> VideoFrame:
        """Raises FFmpegError for colours that the library does not know."""
        kind = frame.width, frame.height, frame.format.name
        if kind != self._made_for:
            intent = "perceptual" if frame.color_trc in _MUCH_LIGHT else "relative_colorimetric"
            steps = [
                # What some cameras say of each frame would have the table reckoned anew for each.
                ("sidedata", "mode=delete:type=DYNAMIC_HDR_PLUS"),
                # Smaller first: colours cost by the pixel.
                ("scale", f"{self._size[0]}:{self._size[1]}"),
                ("scale", f"{_COMMON}:intent={intent}"),
                ("format", "yuv420p"),
            ]
            self._graph = graph_for(frame, steps)
            self._made_for = kind
        return passed(self._graph, frame)


def is_for_rare_screens(frame: VideoFrame) -> bool:
    """Whether it has more light, or wider colours, than most screens show."""
    return frame.color_trc in _MUCH_LIGHT or frame.color_primaries in _WIDE_COLOURS
