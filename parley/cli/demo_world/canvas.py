"""A canvas: shapes in few colours, drawn at twice the size and made smaller, so that their edges are soft.

Lengths are hundredths of the canvas's height: a square one reaches from 0 to 100 both ways, a wider one further.
"""

import math
from collections.abc import Callable, Sequence
from io import BytesIO

import msgspec
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

_FINENESS = 2
_QUALITY = 88


class Palette(msgspec.Struct, frozen=True):
    """`high` and `low`: the ground, from its top to its bottom; three colours that stand out from it."""

    high: Colour
    low: Colour
    dark: Colour
    light: Colour
    accent: Colour


class Canvas(msgspec.Struct, frozen=True):
    image: Image.Image
    pen: ImageDraw.ImageDraw
    palette: Palette
    # Pixels of a hundredth of the height.
    unit: float

    @property
    def width(self) -> float:
        return self.image.width / self.unit


def _palette(*colours: str) -> Palette:
    return Palette(*(_colour(each) for each in colours))


def _colour(code: str) -> Colour:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


PALETTES = tuple(
    _palette(*words.split())
    for words in (
        "f9dcae ec8f70 5b2a3c fff4e0 c8433f",
        "a9d8e8 3f7fb0 123a5a f4fbff f2b544",
        "d3e6ae 5f9e6e 1f4a38 fbfff0 e06c4f",
        "dccaf2 7a63b8 2d2058 faf5ff f6c453",
        "f8cdc6 d7657a 5a1836 fff3f0 2f7f86",
        "f6e7c0 d9a441 5e3a12 fffaf0 2f6f8f",
        "bfe8de 2f8f8b 0f3d44 f2fffb f0764f",
        "4b5a96 171d40 0a0e22 f6f1d5 f2c14e",
        "f5ba9a a5483a 3d1512 fff2e6 f5cd5b",
        "cfd9e1 6d8499 24384a ffffff d9534f",
        "ecf2cd a9bd4c 3c4a14 ffffef 8d4fa0",
        "ffddaa f08a3c 6b2a0c fff8ec 2b6777",
    )
)
NIGHT = PALETTES[7]
# Of whatever comes out of an oven, in any light.
CRUST: Colour = (176, 106, 50)
PAPER = _palette("faf6ec", "efe6d2", "33302c", "ffffff", "c8553d")


def blank(size: tuple[int, int], palette: Palette) -> Canvas:
    """With the palette's ground on it."""
    width, height = size[0] * _FINENESS, size[1] * _FINENESS
    column = Image.new("RGB", (1, height))
    for row in range(height):
        column.putpixel((0, row), mixed(palette.high, palette.low, row / height))
    image = column.resize((width, height))
    return Canvas(image, ImageDraw.Draw(image), palette, height / 100)


def finished(canvas: Canvas) -> Image.Image:
    width, height = canvas.image.size
    return canvas.image.resize((width // _FINENESS, height // _FINENESS), Image.Resampling.BOX)


def as_file(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`share`: how much of the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


# Shapes


def disc(canvas: Canvas, centre: Point, radius: float, colour: Colour) -> None:
    oval(canvas, centre, (radius, radius), colour)


def oval(canvas: Canvas, centre: Point, radii: Point, colour: Colour) -> None:
    canvas.pen.ellipse(_frame(canvas, centre, radii), fill=colour)


def ring(canvas: Canvas, centre: Point, radius: float, thickness: float, colour: Colour) -> None:
    """`radius` reaches to its outer edge."""
    width = round(thickness * canvas.unit)
    canvas.pen.ellipse(_frame(canvas, centre, (radius, radius)), outline=colour, width=width)


def bow(
    canvas: Canvas, centre: Point, radii: Point, degrees: Point, thickness: float, colour: Colour
) -> None:
    """Part of an oval's edge, clockwise from the right."""
    width = round(thickness * canvas.unit)
    canvas.pen.arc(_frame(canvas, centre, radii), *degrees, fill=colour, width=width)


def slab(canvas: Canvas, corner: Point, opposite: Point, roundness: float, colour: Colour) -> None:
    frame = (*_pixels(canvas, corner), *_pixels(canvas, opposite))
    canvas.pen.rounded_rectangle(frame, roundness * canvas.unit, fill=colour)


def shape(canvas: Canvas, points: Sequence[Point], colour: Colour) -> None:
    canvas.pen.polygon([_pixels(canvas, each) for each in points], fill=colour)


def stroke(canvas: Canvas, points: Sequence[Point], thickness: float, colour: Colour) -> None:
    """Round at its ends and its bends."""
    pixels = [_pixels(canvas, each) for each in points]
    canvas.pen.line(pixels, fill=colour, width=round(thickness * canvas.unit), joint="curve")
    for each in (points[0], points[-1]):
        disc(canvas, each, thickness / 2, colour)


def leaf(canvas: Canvas, root: Point, tip: Point, breadth: float, colour: Colour) -> None:
    """Pointed at both ends; `breadth` as a share of its length."""
    (x, y), (along, down) = root, (tip[0] - root[0], tip[1] - root[1])
    edge = [
        (
            x + along * place - down * side * breadth * math.sin(math.pi * place) / 2,
            y + down * place + along * side * breadth * math.sin(math.pi * place) / 2,
        )
        for side, places in ((1, range(17)), (-1, range(16, -1, -1)))
        for place in (step / 16 for step in places)
    ]
    shape(canvas, edge, colour)


def below(canvas: Canvas, line: Callable[[float], float], colour: Colour) -> None:
    """All that lies under a line across the canvas, which tells its height for each place."""
    steps = max(2, int(canvas.width))
    edge = [(place, line(place)) for place in (canvas.width * step / steps for step in range(steps + 1))]
    shape(canvas, [(0, 101), *edge, (canvas.width, 101)], colour)


def around(centre: Point, radius: float, degrees: float) -> Point:
    angle = math.radians(degrees)
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)


def _pixels(canvas: Canvas, point: Point) -> Point:
    return point[0] * canvas.unit, point[1] * canvas.unit


def _frame(canvas: Canvas, centre: Point, radii: Point) -> tuple[float, float, float, float]:
    (x, y), (across, down) = centre, radii
    return (
        *_pixels(canvas, (x - across, y - down)),
        *_pixels(canvas, (x + across, y + down)),
    )
