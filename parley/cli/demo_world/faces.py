"""The members' avatars: a sign of what each of them cares for, on a ground of their own."""

from collections.abc import Callable

from PIL import Image

from parley.cli.demo_world.canvas import (
    CRUST,
    PALETTES,
    Canvas,
    around,
    blank,
    bow,
    disc,
    finished,
    leaf,
    mixed,
    oval,
    ring,
    shape,
    slab,
    stroke,
)
from parley.cli.demo_world.chance import Chance
from parley.cli.demo_world.script import Person

SIDE = 400
_MIDDLE = (50.0, 50.0)


def draw_face(person: Person) -> Image.Image:
    chance, choice = Chance("medal", person.username), Chance("medal", "sign", person.username)
    canvas = blank((SIDE, SIDE), chance.one(PALETTES))
    chance.one(_GROUNDS)(canvas, chance)
    second = choice.one(person.topics[:2])
    _SIGNS[second if choice.happens(0.5) else person.topics[0]](canvas)
    if person.bot:
        ring(canvas, _MIDDLE, 50, 3.5, canvas.palette.accent)
    return finished(canvas)


# Grounds


def _rings(canvas: Canvas, chance: Chance) -> None:
    centre = chance.between(20, 80), chance.between(60, 100)
    for number in range(5, 0, -1):
        disc(canvas, centre, number * 18, _tint(canvas, 0.34 - number * 0.055))


def _rays(canvas: Canvas, chance: Chance) -> None:
    turn, count = chance.between(0, 40), chance.whole(7, 10)
    for number in range(count):
        sides = [around(_MIDDLE, 80, turn + 360 / count * (number + part)) for part in (0, 0.5)]
        shape(canvas, [_MIDDLE, *sides], _tint(canvas, 0.16))


def _dots(canvas: Canvas, chance: Chance) -> None:
    size = chance.between(1.6, 3.2)
    for row in range(9):
        for column in range(9):
            centre = column * 13 + (row % 2) * 6.5 - 3, row * 13 - 3.0
            disc(canvas, centre, size, _tint(canvas, 0.24))


def _slopes(canvas: Canvas, chance: Chance) -> None:
    lean = chance.one((-1, 1))
    for number, share in enumerate((0.12, 0.22, 0.32)):
        height = 52 + number * 15 + chance.between(-4, 4)
        shape(
            canvas,
            [(0, height - 12 * lean), (100, height + 12 * lean), (100, 100), (0, 100)],
            _tint(canvas, share),
        )


def _halo(canvas: Canvas, chance: Chance) -> None:
    disc(canvas, _MIDDLE, chance.between(40, 45), _tint(canvas, 0.28))


def _tint(canvas: Canvas, share: float) -> tuple[int, int, int]:
    palette = canvas.palette
    return mixed(mixed(palette.high, palette.low, 0.55), palette.light, share)


_GROUNDS = (_rings, _rays, _dots, _slopes, _halo)


# Signs


def _garden(canvas: Canvas) -> None:
    palette = canvas.palette
    oval(canvas, (50, 82), (26, 9), palette.dark)
    stroke(canvas, [(50, 80), (50, 52), (52, 34)], 4, palette.light)
    leaf(canvas, (50, 58), (22, 38), 0.5, palette.light)
    leaf(canvas, (51, 48), (79, 26), 0.5, palette.light)
    leaf(canvas, (52, 36), (48, 14), 0.45, palette.accent)


def _birds(canvas: Canvas) -> None:
    palette = canvas.palette
    shape(canvas, [(24, 60), (6, 74), (10, 80), (36, 68)], palette.dark)
    oval(canvas, (47, 57), (27, 19), palette.light)
    disc(canvas, (68, 39), 14, palette.light)
    shape(canvas, [(80, 34), (95, 40), (80, 45)], palette.accent)
    disc(canvas, (72, 36), 2.6, palette.dark)
    leaf(canvas, (62, 52), (18, 66), 0.55, palette.dark)
    for leg in (44, 54):
        stroke(canvas, [(leg, 74), (leg, 88)], 2.2, palette.dark)


def _bowl(canvas: Canvas) -> None:
    palette = canvas.palette
    for place, reach in ((36, 4), (50, 0), (64, 4)):
        stroke(
            canvas,
            [(place, 42), (place - 4, 35), (place + 3, 27 + reach), (place - 1, 19 + reach)],
            3,
            palette.light,
        )
    canvas.pen.pieslice([value * canvas.unit for value in (16, 14, 84, 84)], 0, 180, fill=palette.light)
    slab(canvas, (36, 80), (64, 86), 2, palette.light)
    slab(canvas, (13, 47), (87, 54), 3.5, palette.dark)
    stroke(canvas, [(26, 65), (74, 65)], 3, palette.accent)


def _mountains(canvas: Canvas) -> None:
    palette = canvas.palette
    disc(canvas, (70, 30), 10, palette.accent)
    shape(canvas, [(8, 82), (38, 26), (68, 82)], palette.dark)
    shape(canvas, [(38, 26), (27, 46), (34, 43), (40, 49), (46, 42), (49, 46)], palette.light)
    shape(canvas, [(42, 82), (68, 42), (94, 82)], mixed(palette.dark, palette.low, 0.35))
    shape(canvas, [(68, 42), (60, 55), (66, 53), (71, 57), (76, 54)], palette.light)


def _lens(canvas: Canvas) -> None:
    palette = canvas.palette
    slab(canvas, (14, 32), (86, 78), 8, palette.dark)
    slab(canvas, (36, 23), (64, 36), 4, palette.dark)
    disc(canvas, (50, 55), 19, palette.light)
    disc(canvas, (50, 55), 14.5, palette.low)
    disc(canvas, (50, 55), 8.5, palette.dark)
    disc(canvas, (45, 50), 3, palette.light)
    disc(canvas, (76, 41), 3, palette.accent)


def _cloud(canvas: Canvas) -> None:
    palette = canvas.palette
    disc(canvas, (62, 36), 17, palette.accent)
    for centre, radius in (((34, 58), 15), ((52, 48), 18), ((69, 59), 13)):
        disc(canvas, centre, radius, palette.light)
    slab(canvas, (20, 56), (82, 73), 8.5, palette.light)
    for place in (34, 51, 68):
        stroke(canvas, [(place, 80), (place - 4, 89)], 3, palette.dark)


def _loaf(canvas: Canvas) -> None:
    palette = canvas.palette
    oval(canvas, (50, 56), (38, 25), CRUST)
    oval(canvas, (50, 53), (36, 22), mixed(CRUST, palette.light, 0.3))
    for place in (30, 46, 62):
        leaf(canvas, (place, 66), (place + 11, 38), 0.42, palette.light)
    slab(canvas, (12, 79), (88, 84), 2.5, palette.dark)


def _moon(canvas: Canvas) -> None:
    palette = canvas.palette
    ground = mixed(palette.low, palette.dark, 0.55)
    disc(canvas, _MIDDLE, 38, ground)
    disc(canvas, (48, 51), 24, palette.light)
    disc(canvas, (59, 44), 21, ground)
    for centre, size in (((66, 36), 6.0), ((72, 60), 4.0), ((54, 24), 3.0)):
        _star(canvas, centre, size)


def _star(canvas: Canvas, centre: tuple[float, float], size: float) -> None:
    points = [around(centre, size if turn % 2 == 0 else size * 0.34, turn * 45 - 90) for turn in range(8)]
    shape(canvas, points, canvas.palette.accent)


def _book(canvas: Canvas) -> None:
    palette = canvas.palette
    shape(canvas, [(10, 30), (50, 38), (90, 30), (90, 80), (50, 88), (10, 80)], palette.dark)
    shape(canvas, [(15, 25), (49, 33), (49, 81), (15, 73)], palette.light)
    shape(canvas, [(85, 25), (51, 33), (51, 81), (85, 73)], mixed(palette.light, palette.high, 0.3))
    for row in range(4):
        stroke(canvas, [(21, 36 + row * 9), (43, 41 + row * 9)], 1.6, palette.low)
        stroke(canvas, [(57, 41 + row * 9), (79, 36 + row * 9)], 1.6, palette.low)
    shape(canvas, [(66, 29), (73, 27.5), (73, 52), (69.5, 48), (66, 53.5)], palette.accent)


def _brackets(canvas: Canvas) -> None:
    palette = canvas.palette
    slab(canvas, (12, 20), (88, 80), 8, palette.dark)
    for place, colour in ((20, palette.accent), (27, palette.light), (34, palette.low)):
        disc(canvas, (place, 28), 2.2, colour)
    stroke(canvas, [(40, 42), (27, 54), (40, 66)], 5, palette.light)
    stroke(canvas, [(60, 42), (73, 54), (60, 66)], 5, palette.light)
    stroke(canvas, [(54, 39), (46, 69)], 4, palette.accent)


def _cup(canvas: Canvas) -> None:
    palette = canvas.palette
    for place in (38, 52):
        stroke(canvas, [(place, 34), (place - 3, 28), (place + 3, 22), (place, 15)], 3, palette.light)
    ring(canvas, (72, 57), 14, 5, palette.light)
    slab(canvas, (22, 40), (70, 60), 2, palette.light)
    canvas.pen.pieslice([value * canvas.unit for value in (22, 34, 70, 82)], 0, 180, fill=palette.light)
    oval(canvas, (46, 41), (24, 4.5), mixed(palette.accent, palette.dark, 0.35))
    oval(canvas, (46, 85), (34, 4), palette.dark)


def _cat(canvas: Canvas) -> None:
    palette = canvas.palette
    for side in (-1, 1):
        shape(canvas, [(50 + side * 32, 16), (50 + side * 34, 54), (50 + side * 6, 34)], palette.dark)
        shape(canvas, [(50 + side * 28, 26), (50 + side * 30, 46), (50 + side * 14, 37)], palette.accent)
    oval(canvas, (50, 58), (35, 29), palette.dark)
    for side in (-1, 1):
        oval(canvas, (50 + side * 15, 54), (8, 9), palette.light)
        oval(canvas, (50 + side * 14, 54), (2.4, 7), palette.dark)
        for fall in (-3, 3):
            stroke(
                canvas,
                [(50 + side * 16, 69 + fall / 3), (50 + side * 45, 69 + fall * 2.4)],
                1.2,
                palette.light,
            )
        bow(canvas, (50 + side * 5, 71), (5, 5), (0, 180), 1.6, palette.light)
    shape(canvas, [(46, 65), (54, 65), (50, 70)], palette.accent)


def _pencil(canvas: Canvas) -> None:
    palette = canvas.palette
    stroke(canvas, [(14, 82), (34, 86), (48, 79), (66, 86), (84, 80)], 3, palette.dark)
    shape(canvas, [(28, 60), (70, 18), (84, 32), (42, 74)], palette.accent)
    shape(canvas, [(35, 67), (77, 25), (84, 32), (42, 74)], mixed(palette.accent, palette.dark, 0.3))
    shape(canvas, [(28, 60), (42, 74), (20, 82)], palette.light)
    shape(canvas, [(22.4, 75.5), (26.5, 79.7), (20, 82)], palette.dark)
    shape(canvas, [(70, 18), (76, 12), (90, 26), (84, 32)], palette.light)


def _hall(canvas: Canvas) -> None:
    palette = canvas.palette
    shape(canvas, [(12, 40), (50, 16), (88, 40)], palette.light)
    disc(canvas, (50, 31), 4, palette.accent)
    slab(canvas, (14, 41), (86, 47), 1, palette.dark)
    for place in (20, 38, 56, 74):
        slab(canvas, (place, 49), (place + 7, 75), 1.5, palette.light)
    slab(canvas, (14, 77), (86, 82), 1, palette.dark)
    slab(canvas, (8, 83), (92, 88), 1, palette.light)


def _tram(canvas: Canvas) -> None:
    palette = canvas.palette
    stroke(canvas, [(34, 12), (66, 12), (50, 21), (34, 12)], 2, palette.dark)
    slab(canvas, (24, 20), (76, 80), 10, palette.accent)
    slab(canvas, (30, 33), (70, 55), 4, palette.light)
    slab(canvas, (49, 33), (51, 55), 0, palette.accent)
    slab(canvas, (38, 24.5), (62, 29.5), 2, palette.dark)
    for place in (33, 67):
        disc(canvas, (place, 67), 4.4, palette.light)
    slab(canvas, (30, 80), (70, 85), 2, palette.dark)
    for place, foot in ((28, 14), (72, 86)):
        stroke(canvas, [(place, 86), (foot, 98)], 3, palette.dark)


def _note(canvas: Canvas) -> None:
    palette = canvas.palette
    shape(canvas, [(36, 22), (78, 13), (78, 27), (36, 36)], palette.light)
    for place, foot in ((38, 74), (76, 65)):
        stroke(canvas, [(place, foot), (place, 24)], 4.5, palette.light)
        oval(canvas, (place - 9, foot), (11.5, 9), palette.light)
        oval(canvas, (place - 9, foot), (4.5, 3), palette.accent)


def _gear(canvas: Canvas) -> None:
    palette = canvas.palette
    for turn in range(8):
        stroke(canvas, [around(_MIDDLE, 22, turn * 45), around(_MIDDLE, 34, turn * 45)], 12, palette.dark)
    disc(canvas, _MIDDLE, 29, palette.dark)
    disc(canvas, _MIDDLE, 20, palette.light)
    stroke(canvas, [(44, 56), (56, 44)], 6, palette.accent)
    for end in ((42, 58), (58, 42)):
        disc(canvas, end, 6, palette.accent)
        disc(canvas, (end[0] + (end[0] - 50) * 0.5, end[1] + (end[1] - 50) * 0.5), 3, palette.light)


def _pawn(canvas: Canvas) -> None:
    palette = canvas.palette
    for row in range(2):
        for column in range(8):
            if (row + column) % 2 == 0:
                slab(
                    canvas,
                    (column * 12.5, 75 + row * 12.5),
                    (column * 12.5 + 12.5, 87.5 + row * 12.5),
                    0,
                    palette.dark,
                )
    shape(canvas, [(44, 44), (56, 44), (66, 74), (34, 74)], palette.light)
    disc(canvas, (50, 31), 14, palette.light)
    slab(canvas, (36, 43), (64, 49), 3, palette.accent)
    slab(canvas, (28, 72), (72, 81), 4, palette.light)


def _wheel(canvas: Canvas) -> None:
    palette = canvas.palette
    for turn in range(12):
        stroke(canvas, [_MIDDLE, around(_MIDDLE, 34, turn * 30 + 8)], 1.3, palette.light)
    ring(canvas, _MIDDLE, 38, 5.5, palette.dark)
    ring(canvas, _MIDDLE, 32.5, 2, palette.light)
    disc(canvas, _MIDDLE, 7, palette.accent)
    stroke(canvas, [(50, 50), (62, 4)], 4, palette.dark)


def _bubbles(canvas: Canvas) -> None:
    palette = canvas.palette
    slab(canvas, (12, 18), (68, 56), 10, palette.dark)
    shape(canvas, [(22, 52), (40, 54), (20, 70)], palette.dark)
    slab(canvas, (34, 40), (90, 76), 10, palette.light)
    shape(canvas, [(62, 73), (80, 74), (82, 90)], palette.light)
    for place in (48, 62, 76):
        disc(canvas, (place, 58), 4, palette.accent)


def _yarn(canvas: Canvas) -> None:
    palette = canvas.palette
    for foot, tip in (((20, 88), (76, 16)), ((80, 88), (24, 16))):
        stroke(canvas, [foot, tip], 3.2, palette.dark)
        disc(canvas, tip, 4, palette.dark)
    disc(canvas, (50, 58), 28, palette.accent)
    thread = mixed(palette.accent, palette.light, 0.55)
    for reach in (10, 18, 26):
        bow(canvas, (36, 72), (reach + 6, reach + 6), (250, 380), 2, thread)
        bow(canvas, (66, 44), (reach, reach), (90, 200), 2, thread)
    stroke(canvas, [(70, 78), (80, 84), (90, 80), (97, 86)], 2.4, palette.accent)


def _sunflower(canvas: Canvas) -> None:
    palette = canvas.palette
    stroke(canvas, [(50, 46), (50, 94)], 4, palette.dark)
    leaf(canvas, (50, 86), (76, 68), 0.5, palette.dark)
    for turn in range(14):
        leaf(
            canvas,
            around((50, 42), 8, turn * 360 / 14),
            around((50, 42), 32, turn * 360 / 14),
            0.4,
            palette.accent,
        )
    disc(canvas, (50, 42), 14, palette.dark)
    for place in (45, 55):
        disc(canvas, (place, 39), 1.8, palette.light)
    bow(canvas, (50, 42), (6, 5.5), (20, 160), 1.8, palette.light)


def _frames(canvas: Canvas) -> None:
    palette = canvas.palette
    slab(canvas, (18, 8), (82, 92), 4, palette.dark)
    for row in range(7):
        for place in (22.5, 72.5):
            slab(canvas, (place, 12 + row * 11.4), (place + 5, 17.5 + row * 11.4), 1, palette.light)
    for top in (12, 38.5, 65):
        slab(canvas, (32, top), (68, top + 23), 1, palette.high)
        disc(canvas, (58, top + 8), 4, palette.accent)
        shape(canvas, [(32, top + 23), (44, top + 11), (56, top + 23)], palette.low)


def _vase(canvas: Canvas) -> None:
    palette = canvas.palette
    for tip in ((34, 12), (50, 6), (66, 12)):
        stroke(canvas, [(50, 36), tip], 2, palette.dark)
        disc(canvas, tip, 5, palette.accent)
    oval(canvas, (50, 62), (26, 26), palette.light)
    shape(canvas, [(42, 42), (40, 30), (60, 30), (58, 42)], palette.light)
    slab(canvas, (37, 28), (63, 33), 2.5, palette.light)
    stroke(canvas, [(25, 60), (33, 54), (42, 62), (50, 54), (58, 62), (67, 54), (75, 60)], 3, palette.accent)
    slab(canvas, (36, 85), (64, 90), 2, palette.dark)


_SIGNS: dict[str, Callable[[Canvas], None]] = {
    "garden": _garden,
    "birds": _birds,
    "cooking": _bowl,
    "hiking": _mountains,
    "photo": _lens,
    "weather": _cloud,
    "bread": _loaf,
    "sky": _moon,
    "books": _book,
    "software": _brackets,
    "tea": _cup,
    "cats": _cat,
    "drawing": _pencil,
    "council": _hall,
    "trains": _tram,
    "music": _note,
    "repair": _gear,
    "chess": _pawn,
    "cycling": _wheel,
    "language": _bubbles,
    "knitting": _yarn,
    "school": _sunflower,
    "film": _frames,
    "pottery": _vase,
}
