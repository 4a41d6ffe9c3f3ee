"""Scenes: what headers and the pictures in posts show, each of them another one by chance."""

import math
from collections.abc import Callable

from PIL import Image

from parley.cli.demo_world.canvas import (
    CRUST,
    NIGHT,
    PALETTES,
    PAPER,
    Canvas,
    Colour,
    Palette,
    around,
    below,
    blank,
    bow,
    disc,
    finished,
    leaf,
    mixed,
    oval,
    shape,
    slab,
    stroke,
)
from parley.cli.demo_world.chance import Chance
from parley.cli.demo_world.script import Person

WIDE, TALL, LONG = (1200, 900), (900, 1200), (1500, 500)
# Of headers alone: nobody takes pictures of stars while the moon is up.
_MOONLIT_WIDTH = 200
HEADERS = {
    "garden": "rows", "birds": "shore", "cooking": "bowl", "hiking": "hills", "photo": "town", "weather": "shore",
    "bread": "loaves", "sky": "night", "books": "spines", "software": "town", "tea": "hills", "cats": "cats",
    "drawing": "cats", "council": "town", "trains": "tram", "music": "waves", "repair": "waves", "chess": "board",
    "cycling": "hills", "language": "spines", "knitting": "knit", "school": "rows", "film": "town",
    "pottery": "waves",
}  # fmt: skip
_WARM, _COOL = (PALETTES[0], PALETTES[4], PALETTES[8], PALETTES[11]), (PALETTES[1], PALETTES[6], PALETTES[9])


def draw_header(person: Person) -> Image.Image:
    return draw_scene(HEADERS[person.topics[0]], f"header of {person.username}", LONG)


def draw_scene(scene: str, words: str, size: tuple[int, int]) -> Image.Image:
    """`words` decide how chance falls. Raises KeyError for a scene that nobody can draw."""
    palettes, draw = SCENES[scene]
    chance = Chance("scene", scene, words)
    canvas = blank(size, chance.one(palettes))
    draw(canvas, chance)
    return finished(canvas)


# Outside


def _hills(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    disc(
        canvas,
        (width * chance.between(0.2, 0.8), chance.between(22, 38)),
        chance.between(7, 11),
        palette.light,
    )
    for number in range(5):
        base, rise = 42 + number * 12.0, 17 - number * 2.0
        steep, shift = chance.between(0.035, 0.06), chance.between(0, 60)

        def ridge(
            x: float, base: float = base, rise: float = rise, steep: float = steep, shift: float = shift
        ) -> float:
            long, short = math.sin((x + shift) * steep), math.sin((x + shift * 3) * steep * 2.7)
            return base - rise * (0.7 * long + 0.3 * short)

        below(canvas, ridge, mixed(palette.low, palette.dark, 0.12 + number * 0.2))


def _shore(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    sun = width * chance.between(0.25, 0.75)
    disc(canvas, (sun, 44), 12, palette.light)
    slab(canvas, (0, 55), (width, 101), 0, mixed(palette.low, palette.dark, 0.35))
    for number in range(9):
        reach = 3 + number * chance.between(1.6, 2.6)
        stroke(canvas, [(sun - reach, 57 + number * 3), (sun + reach, 57 + number * 3)], 1.1, palette.light)
    for _ in range(chance.whole(7, 16)):
        x, y = chance.between(5, width - 5), chance.between(8, 40)
        size = chance.between(1.6, 3.6)
        for side in (-1, 1):
            bow(canvas, (x + side * size, y), (size, size * 0.7), (185, 355), 0.8, palette.dark)
    flat, slow = chance.between(82, 87), chance.between(0.02, 0.04)
    below(canvas, lambda x: flat + 3 * math.sin(x * slow + 1), mixed(palette.high, palette.dark, 0.72))


def _night(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    for number in range(int(1.6 * width)):
        place = chance.between(0, width), chance.between(0, 84)
        # More of them along a band across the sky.
        if number % 2:
            place = (
                place[0],
                62 - place[0] / width * 44 + chance.spread(0.01, 1) * 100 * chance.one((-1, 1)) * 3,
            )
        faint = chance.between(0.1, 0.9)
        disc(canvas, place, chance.between(0.15, 0.55), mixed(palette.light, palette.low, faint))
    if width > _MOONLIT_WIDTH:
        _crescent(canvas, (width * chance.between(0.65, 0.85), 24))
    base = chance.between(82, 88)
    below(canvas, lambda x: base + 4 * math.sin(x * 0.045) + 2 * math.sin(x * 0.13), palette.dark)
    for _ in range(chance.whole(3, 7)):
        _fir(canvas, (chance.between(4, width - 4), base + 6), chance.between(12, 24), palette.dark)


def _crescent(canvas: Canvas, centre: tuple[float, float]) -> None:
    palette = canvas.palette
    disc(canvas, centre, 9, palette.light)
    disc(canvas, (centre[0] + 4.4, centre[1] - 2.6), 8, mixed(palette.high, palette.low, centre[1] / 100))


def _fir(canvas: Canvas, foot: tuple[float, float], height: float, colour: Colour) -> None:
    x, y = foot
    for part in (0.0, 0.25, 0.5):
        half = height * (0.26 - part * 0.3)
        shape(
            canvas,
            [(x - half, y - height * part), (x + half, y - height * part), (x, y - height * (part + 0.5))],
            colour,
        )


def _rows(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    disc(canvas, (width * chance.between(0.15, 0.85), 20), 8, palette.light)
    below(canvas, lambda x: 40 + 3 * math.sin(x * 0.05), mixed(palette.low, palette.light, 0.25))
    slab(canvas, (0, 46), (width, 101), 0, (110, 74, 52))
    vanishing = width * chance.between(0.35, 0.65), 38
    plants = int(width / 22) + 3
    for row in range(5):
        height = 52 + row * row * 2.6 + row * 1.5
        size = 3.2 + row * 2.4
        for number in range(-2, plants + 2):
            x = vanishing[0] + (number - plants / 2 + 0.5) * size * 3.1
            _sprout(canvas, (x, height + size), size, chance)


def _sprout(canvas: Canvas, foot: tuple[float, float], size: float, chance: Chance) -> None:
    x, y = foot
    green = mixed((58, 122, 62), (142, 184, 84), chance.unit())
    oval(canvas, (x, y), (size * 1.1, size * 0.28), (84, 55, 40))
    for degrees in (205, 240, 270, 300, 335):
        leaf(canvas, (x, y), around((x, y), size * chance.between(1.1, 1.6), degrees), 0.5, green)
    if chance.happens(0.35):
        disc(canvas, (x + size * 0.4, y - size * 0.9), size * 0.24, canvas.palette.accent)


def _town(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    disc(canvas, (width * chance.between(0.2, 0.8), 30), 11, palette.light)
    for depth, share in ((0, 0.35), (1, 0.85)):
        x = -chance.between(0, 6)
        while x < width:
            broad, tall = chance.between(9, 17), chance.between(24, 46) - depth * 6
            _house(canvas, chance, (x, 92 - tall), broad, mixed(palette.low, palette.dark, share))
            x += broad + depth * 0.6
    slab(canvas, (0, 91), (width, 101), 0, mixed(palette.dark, (0, 0, 0), 0.3))


def _house(canvas: Canvas, chance: Chance, corner: tuple[float, float], broad: float, colour: Colour) -> None:
    x, top = corner
    slab(canvas, (x, top), (x + broad, 96), 0, colour)
    if chance.happens(0.6):
        shape(canvas, [(x - 0.6, top), (x + broad / 2, top - broad * 0.45), (x + broad + 0.6, top)], colour)
    for row in range(int((90 - top) / 7)):
        for column in range(max(1, int(broad / 4.5))):
            if chance.happens(0.45):
                left, high = x + 1.5 + column * 4.4, top + 3 + row * 7
                slab(canvas, (left, high), (left + 2.1, high + 3.4), 0.3, canvas.palette.accent)


def _tram(canvas: Canvas, chance: Chance) -> None:
    _hills(canvas, chance)
    palette, left = canvas.palette, canvas.width * chance.between(0.12, 0.22)
    slab(canvas, (0, 84), (canvas.width, 101), 0, mixed(palette.dark, (0, 0, 0), 0.35))
    stroke(canvas, [(0, 36), (canvas.width, 36)], 0.6, palette.dark)
    for car in range(2):
        corner = left + car * 47
        slab(canvas, (corner, 50), (corner + 45, 82), 4, palette.accent)
        slab(canvas, (corner, 71), (corner + 45, 75), 0, palette.light)
        for window in range(4):
            slab(canvas, (corner + 4 + window * 10, 55), (corner + 11 + window * 10, 67), 1.5, palette.light)
        for wheel in (9, 36):
            disc(canvas, (corner + wheel, 83), 3.6, palette.dark)
        stroke(canvas, [(corner + 16, 50), (corner + 24, 43), (corner + 20, 36)], 1, palette.dark)


# Inside


def _loaves(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    board = mixed((150, 104, 64), palette.dark, 0.2)
    slab(canvas, (0, 62), (width, 101), 0, mixed(board, (0, 0, 0), 0.25))
    slab(canvas, (width * 0.08, 66), (width * 0.92, 84), 4, board)
    count = max(2, int(width / 52))
    for number in range(count):
        centre = width * (0.5 + number) / count, chance.between(56, 60)
        across, down = chance.between(20, 24), chance.between(15, 19)
        oval(canvas, (centre[0], centre[1] + 3), (across + 1, down), mixed(CRUST, (40, 20, 10), 0.45))
        oval(canvas, centre, (across, down), mixed(CRUST, (255, 214, 150), chance.between(0.05, 0.3)))
        for cut in (-10, 0, 10):
            foot, tip = (
                (centre[0] + cut - 3, centre[1] + down * 0.55),
                (centre[0] + cut + 4, centre[1] - down * 0.6),
            )
            leaf(canvas, foot, tip, 0.35, (250, 228, 188))
        for _ in range(16):
            speck = (
                centre[0] + chance.between(-0.7, 0.7) * across,
                centre[1] + chance.between(-0.6, 0.5) * down,
            )
            disc(canvas, speck, 0.5, (255, 248, 232))


def _bowl(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    for stripe in range(int(width / 12) + 1):
        slab(canvas, (stripe * 12, 0), (stripe * 12 + 5, 101), 0, mixed(palette.high, palette.light, 0.3))
    count = max(1, int(width / 95))
    for number in range(count):
        centre = width * (0.5 + number) / count, 50.0
        disc(canvas, (centre[0] + 2, 53), 40, mixed(palette.low, palette.dark, 0.3))
        disc(canvas, centre, 40, palette.light)
        disc(canvas, centre, 34, palette.dark)
        disc(canvas, centre, 33, chance.one(((206, 88, 50), (226, 168, 62), (122, 146, 66), (158, 52, 58))))
        for _ in range(46):
            bean = around(centre, 29 * math.sqrt(chance.unit()), chance.between(0, 360))
            oval(canvas, bean, (3.4, 2.4), chance.one(((246, 234, 206), (92, 44, 32), (232, 190, 92))))
        for turn in range(6):
            root = around(centre, 5, turn * 60)
            leaf(canvas, root, around(centre, chance.between(12, 17), turn * 60 + 14), 0.5, (74, 132, 60))


def _cats(canvas: Canvas, chance: Chance) -> None:
    """A page of a sketchbook."""
    width = canvas.width
    for row in range(1, 8):
        stroke(canvas, [(0, row * 13), (width, row * 13)], 0.25, mixed(PAPER.low, PAPER.dark, 0.15))
    count = max(1, int(width / 62))
    for number in range(count):
        _drawn_cat(canvas, (width * (0.5 + number) / count, chance.between(56, 62)), chance)


def _drawn_cat(canvas: Canvas, centre: tuple[float, float], chance: Chance) -> None:
    x, y = centre
    ink, fur = PAPER.dark, chance.one((PAPER.dark, PAPER.accent, (148, 140, 128), (214, 160, 92)))
    tail = [around((x + 22, y + 12), 14, degrees) for degrees in range(60, -130, -12)]
    stroke(canvas, tail, 5, fur)
    oval(canvas, (x, y + 10), (24, 24), fur)
    for side in (-1, 1):
        shape(canvas, [(x + side * 17, y - 42), (x + side * 19, y - 20), (x + side * 3, y - 31)], fur)
    oval(canvas, (x, y - 18), (20, 16), fur)
    oval(canvas, (x, y + 18), (13, 14), mixed(fur, PAPER.light, 0.5))
    line = PAPER.light if fur == ink else ink
    for side in (-1, 1):
        bow(canvas, (x + side * 8, y - 20), (4, 4), (0, 180) if chance.happens(0.4) else (0, 360), 1.1, line)
        for fall in (0, 4):
            stroke(canvas, [(x + side * 11, y - 12 + fall), (x + side * 27, y - 14 + fall * 2)], 0.5, ink)
        oval(canvas, (x + side * 9, y + 32), (7, 4.5), fur)
    shape(canvas, [(x - 2, y - 14), (x + 2, y - 14), (x, y - 11.5)], line)


def _knit(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    step = chance.between(5.5, 7)
    bands = [chance.one((palette.light, palette.accent, palette.dark, palette.low)) for _ in range(40)]
    for row in range(int(100 / step) + 3):
        for column in range(int(width / step) + 2):
            x, y = column * step, row * step
            colour = bands[row // 2]
            if row % 6 == 3 and column % 4 == 1:
                colour = palette.light
            for side in (-1, 1):
                shade = mixed(colour, palette.dark, 0.12 if side > 0 else 0)
                leaf(canvas, (x, y + step * 0.5), (x + side * step * 0.52, y - step * 0.55), 0.62, shade)


def _board(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    side, left = 12.5, (width - int(width / 12.5) * 12.5) / 2
    columns = int(width / side)
    for row in range(8):
        for column in range(columns):
            colour = palette.light if (row + column) % 2 else mixed(palette.low, palette.dark, 0.35)
            corner = left + column * side, row * side
            slab(canvas, corner, (corner[0] + side, corner[1] + side), 0, colour)
    for number in range(columns + 4):
        column, row = chance.whole(0, columns - 1), chance.whole(0, 7)
        _piece(canvas, (left + column * side, row * side), palette.accent if number % 2 else palette.dark)


def _piece(canvas: Canvas, corner: tuple[float, float], colour: Colour) -> None:
    x, y = corner[0] + 6.25, corner[1]
    shape(canvas, [(x - 1.4, y + 4), (x + 1.4, y + 4), (x + 3.4, y + 10.5), (x - 3.4, y + 10.5)], colour)
    disc(canvas, (x, y + 3.6), 2.4, colour)
    slab(canvas, (x - 4, y + 9.6), (x + 4, y + 11.4), 0.6, colour)


def _spines(canvas: Canvas, chance: Chance) -> None:
    palette, width = canvas.palette, canvas.width
    for shelf in range(2):
        x, foot = 0.0, 46 + shelf * 49.0
        while x < width:
            thick, tall = chance.between(3.5, 8), chance.between(26, 40)
            colour = chance.one(PALETTES)
            cover = chance.one((colour.low, colour.accent, colour.dark))
            slab(canvas, (x, foot - tall), (x + thick - 0.5, foot), 0.5, cover)
            for band in (0.15, 0.8):
                height = foot - tall * band
                slab(
                    canvas,
                    (x + 0.8, height - 1.2),
                    (x + thick - 1.3, height),
                    0,
                    mixed(cover, palette.light, 0.6),
                )
            x += thick
        slab(canvas, (0, foot), (width, foot + 4), 0, mixed((140, 96, 62), palette.dark, 0.35))


def _waves(canvas: Canvas, chance: Chance) -> None:
    """Nothing but lines that swing."""
    palette, width = canvas.palette, canvas.width
    slow, shift = chance.between(0.03, 0.06), chance.between(0, 6)
    for number in range(13):
        swing, lift = 3 + number * 0.7, 8 + number * 7.5
        points = [
            (x, lift + swing * math.sin(x * slow + shift + number * 0.35))
            for x in (width * step / 80 for step in range(-1, 82))
        ]
        share = number / 12
        stroke(
            canvas,
            points,
            2.2,
            mixed(palette.light, palette.accent if number % 4 == 3 else palette.dark, share * 0.8),
        )


Draw = Callable[[Canvas, Chance], None]
SCENES: dict[str, tuple[tuple[Palette, ...], Draw]] = {
    "hills": (PALETTES, _hills),
    "shore": ((*_WARM, *_COOL), _shore),
    "night": ((NIGHT,), _night),
    "rows": ((*_COOL, PALETTES[0], PALETTES[5]), _rows),
    "town": ((*_WARM, PALETTES[3], NIGHT), _town),
    "tram": (PALETTES[:7], _tram),
    "loaves": (_WARM, _loaves),
    "bowl": (PALETTES[:7], _bowl),
    "cats": ((PAPER,), _cats),
    "knit": (PALETTES, _knit),
    "board": (PALETTES, _board),
    "spines": (_WARM, _spines),
    "waves": (PALETTES, _waves),
}
