"""What the demo's five bots post: readings, tides, trams, a word and the moon, each at its hours."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from parley.cli.demo_world.chance import Chance
from parley.cli.demo_world.script import Line
from parley.publishing.models import Visibility

Post = tuple[datetime, Line]

_TIDE_HOURS = 12.4206
_MOON_DAYS = 29.530588
_NEW_MOON = datetime(2000, 1, 6, 18, 14, tzinfo=UTC)

_SKIES = (
    (20, "clear"),
    (40, "a few clouds"),
    (60, "cloudy with gaps"),
    (80, "mostly grey"),
    (101, "solid grey"),
)
_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_TRAM = (
    "Running to time. Yes, I am as surprised as you are. #trains",
    "Delays of about 8 minutes towards the Old Quay: a delivery van on the track, its driver has been found.",
    "Short trains this morning. Move down inside, please, and breathe in turns.",
    "Back to normal after the van. The driver apologised to every window in person.",
    "The lift at Market Square works again. #trains",
    "Points failure at the hospital, trams turn at the gasworks. Walk from there: 9 minutes, nice chestnut trees.",
    "Points mended. Next tram towards the hospital: 4 minutes.",
    "A swan on the line at the Old Quay. Nobody is in a hurry to argue.",
    "The swan has left of its own accord. Service resumes.",
    "Sigh. Delays of 15 minutes in both directions, no reason given.",
    "Reason given: a very long wedding photograph on the crossing. Congratulations to both.",
    "Last tram tonight runs 20 minutes later than usual because of the concert.",
    "Found on the 17:20: one cello bow, one left boot, half a cake. Ask at the depot, except for the cake. #trains",
    "Running to time, with the old carriages. Mind the step, enjoy the benches.",
    "Track work at night from Monday, quiet machines promised.",
    "Heating fault in car 12: it is on. Sit elsewhere, or bring a towel.",
    "All trams running. Rain on the windows, seats free, good reading light.",
    "Crowded after the match. Both sides singing, different songs, same tempo.",
)
_WORDS = (
    ("Habseligkeiten", "das Wenige, was man hat, und dass man es doch selig nennt"),
    ("verschlimmbessern", "so lange verbessern, bis es schlechter ist"),
    ("Augenweide", "ein Anblick, auf dem das Auge grasen darf"),
    ("blümerant", "wenn einem flau wird, aber mit Blümchen"),
    ("Kladde", "das Heft für alles, was noch nicht schön sein muss"),
    ("Fernweh", "Heimweh nach dort, wo man noch nie war"),
    ("Mumpitz", "Unsinn mit einer Verbeugung"),
    ("Dreikäsehoch", "Maßeinheit für kleine Leute mit großer Meinung"),
    ("Waldeinsamkeit", "allein sein, aber in bester Gesellschaft"),
    ("Papperlapapp", "die höfliche Form von: ich höre nicht mehr zu"),
    ("Zeitlupe", "eine Lupe, unter der die Zeit sich hinlegt"),
    ("Geborgenheit", "ein Zimmer, das man mitnehmen kann"),
)


def bot_posts(start: datetime, end: datetime) -> list[Post]:
    """All that the bots have posted between two moments."""
    days = [start.date() + timedelta(days=number) for number in range((end - start).days + 2)]
    midnights = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    posts = [post for number, day in enumerate(midnights) for post in _posts_of_day(day, number)]
    return sorted((post for post in posts if start <= post[0] <= end), key=lambda post: post[0])


def _posts_of_day(day: datetime, number: int) -> Iterator[Post]:
    yield from _weather(day, number)
    yield day + timedelta(hours=5, minutes=30), _line("tide_table", _tides(day))
    yield day + timedelta(hours=19), _line("moon_tonight", moon_sentence(day + timedelta(hours=19)))
    for turn, hour in enumerate((7.3, 12.6, 17.4)):
        chance = Chance("tram", number, turn)
        moment = day + timedelta(hours=hour + chance.between(0, 1.5))
        if chance.happens(0.55):
            yield moment, _line("tram_line_4", _TRAM[(number * 3 + turn) % len(_TRAM)])
    word, meaning = _WORDS[number % len(_WORDS)]
    yield day + timedelta(hours=6), _line("wort_des_tages", f"{word}: {meaning}. #WortDesTages", "de")


def _line(bot: str, text: str, language: str = "en", visibility: Visibility = Visibility.PUBLIC) -> Line:
    return Line(author=bot, depth=0, text=text, language=language, visibility=visibility, likes=0.4)


def _weather(day: datetime, number: int) -> Iterator[Post]:
    """One reading a day for everybody, the others for those who follow."""
    chance = Chance("weather", number)
    middle, bearing = chance.between(9, 16), chance.whole(0, 7)
    for hour, warmer in ((0, -3.0), (6, -2.5), (12, 2.5), (18, 1.0)):
        cloud, wind = chance.whole(0, 100), chance.spread(9, 0.6)
        sky = next(words for bound, words in _SKIES if cloud < bound)
        text = (
            f"{hour:02}:00 · {middle + warmer + chance.between(-1, 1):.1f} °C · {sky} · "
            f"wind {_WINDS[(bearing + chance.whole(0, 1)) % 8]}, {wind:.0f} knots"
        )
        if cloud >= 80 and chance.happens(0.6):
            text += f" · {chance.spread(1.8, 0.8):.1f} mm of rain since the last reading"
        noon = hour == 12
        visibility = Visibility.PUBLIC if noon else Visibility.UNLISTED
        moment = day + timedelta(hours=hour, minutes=2)
        yield moment, _line("harbour_weather", text + " #weather" * noon, visibility=visibility)


def _tides(day: datetime) -> str:
    """Two highs a day, some fifty minutes later each day; higher around new and full moon."""
    first_high = (_NEW_MOON - day).total_seconds() / 3600 % _TIDE_HOURS
    swing = 1.2 + 0.6 * abs(math.cos(2 * math.pi * _moon_age(day) / _MOON_DAYS))
    rows = []
    for turn in range(-1, 4):
        minutes = round((first_high + turn * _TIDE_HOURS / 2) * 60)
        if 0 <= minutes < 24 * 60:
            name, level = ("High", 2.6 + swing) if turn % 2 == 0 else ("Low", 2.6 - swing)
            rows.append(f"{name} {minutes // 60:02}:{minutes % 60:02} ({level:.1f} m)")
    return "\n".join(rows)


def _moon_age(moment: datetime) -> float:
    """Days since new moon, good to some hours."""
    return (moment - _NEW_MOON).total_seconds() / 86_400 % _MOON_DAYS


def moon_sentence(moment: datetime) -> str:
    age = _moon_age(moment)
    lit = round(50 * (1 - math.cos(2 * math.pi * age / _MOON_DAYS)))
    if lit >= 99:
        return "🌕 Full. Close the curtains or don't. #astronomy"
    if lit <= 1:
        return "🌑 New moon: nothing to see, which is the best time for everything else up there. #astronomy"
    waxing = age < _MOON_DAYS / 2
    sign = ("🌒🌓🌔" if waxing else "🌘🌗🌖")[0 if lit < 40 else 1 if lit < 60 else 2]
    return f"{sign} {lit} % lit and {'growing' if waxing else 'shrinking'}."
