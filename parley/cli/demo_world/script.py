"""Reads the demo's people and conversations out of the files in `texts/`.

Conversations stand there as in a play. `= name` begins one, `> name` answers what stands above, `>> name` answers the
answer, and so on; the words follow on the next lines. Behind a name may stand, as in a shell, `cw="…"`, `lang=de`,
`to=unlisted|followers|mentioned`, `poll="A | B"` with `hours=24` and `several`, `quotes` (what it would answer), `pin`, `at=7` (the author's hour of the
day), `lately` (begins within the last hours), `likes=3` (times the usual), and `was="…"`: the words before an edit.
Below the words stand the pictures, film or sound that a post bears, each as `[scene] description`, where `scene` is one
of scenes.py, `film` or `tune`; `[scene tall]` stands upright. A file's language is its name up to `_`.
"""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from parley.publishing.models import Visibility

FOLDER = Path(__file__).parent / "texts"
# Whose password is shown at the end; the world is seen through their eyes.
GUIDE = "mira"

_PICTURE = re.compile(r"\[(\w+)( tall)?\] (.+)")
_VISIBILITIES = {
    "public": Visibility.PUBLIC,
    "unlisted": Visibility.UNLISTED,
    "followers": Visibility.PRIVATE,
    "mentioned": Visibility.DIRECT,
}


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`zone` in hours from UTC; `joined`: how many days ago, if that is told. The first in the file are the best known."""

    username: str
    name: str
    bio: str
    language: str
    also: tuple[str, ...] = ()
    zone: float = 0
    topics: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    joined: float | None = None
    locked: bool = False
    bot: bool = False

    @property
    def languages(self) -> tuple[str, ...]:
        return (self.language, *self.also)


class Ballot(msgspec.Struct, frozen=True):
    options: list[str]
    hours: int
    several: bool


class Picture(msgspec.Struct, frozen=True):
    """Or a film, or a sound."""

    scene: str
    description: str
    tall: bool = False


class Line(msgspec.Struct, frozen=True):
    """One post of a conversation; `depth` 0 begins it. `first_text`: what stood there before an edit."""

    author: str
    depth: int
    text: str
    language: str
    first_text: str = ""
    warning: str = ""
    visibility: Visibility = Visibility.PUBLIC
    ballot: Ballot | None = None
    pictures: tuple[Picture, ...] = ()
    pinned: bool = False
    quotes: bool = False
    hour: int | None = None
    lately: bool = False
    likes: float = 1.0


Scene = tuple[Line, ...]


class World(msgspec.Struct, frozen=True):
    """`remarks`: short answers that fit under many a post, by language."""

    people: list[Person]
    scenes: list[Scene]
    remarks: dict[str, list[str]]


class _People(msgspec.Struct, frozen=True):
    person: list[Person]


def read_world() -> World:
    scenes = [
        scene
        for path in sorted(FOLDER.glob("*.txt"))
        for scene in parse_scenes(path.read_text(encoding="utf-8"), path.stem.partition("_")[0])
    ]
    remarks = msgspec.convert(_read_toml("remarks.toml"), dict[str, list[str]])
    return World(msgspec.convert(_read_toml("people.toml"), _People).person, scenes, remarks)


def _read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def parse_scenes(text: str, language: str) -> list[Scene]:
    """Raises ValueError, naming the line, for what isn't written as it should be."""
    scenes: list[list[Line]] = []
    for header, body in _blocks(text):
        line = _parse_line(header, body, language)
        if line.depth == 0:
            scenes.append([])
        elif not scenes or line.depth > scenes[-1][-1].depth + 1:
            raise ValueError(f"answers nothing: {header}")
        scenes[-1].append(line)
    return [tuple(scene) for scene in scenes]


def _blocks(text: str) -> list[tuple[str, str]]:
    blocks: list[tuple[str, list[str]]] = []
    for row in text.splitlines():
        if row.startswith(("= ", ">")):
            blocks.append((row, []))
        elif blocks:
            blocks[-1][1].append(row)
        elif row.strip():
            raise ValueError(f"words before the first name: {row}")
    return [(header, "\n".join(rows).strip()) for header, rows in blocks]


def _parse_line(header: str, body: str, language: str) -> Line:
    signs, _, rest = header.partition(" ")
    author, *words = shlex.split(rest)
    options = dict(word.partition("=")[::2] for word in words)
    text, pictures = _without_pictures(body)
    line = Line(
        author=author,
        depth=0 if signs == "=" else len(signs),
        text=text,
        pictures=pictures,
        language=options.pop("lang", language),
        first_text=options.pop("was", ""),
        warning=options.pop("cw", ""),
        visibility=_VISIBILITIES[options.pop("to", "public")],
        ballot=_ballot(options),
        pinned="pin" in options,
        quotes="quotes" in options,
        hour=int(options["at"]) if "at" in options else None,
        lately="lately" in options,
        likes=float(options.get("likes", 1)),
    )
    if (
        not text
        or (pictures and line.first_text)
        or options.keys() - {"pin", "quotes", "at", "lately", "likes"}
    ):
        raise ValueError(f"no words, an edit with pictures, or an unknown option: {header}")
    return line


def _without_pictures(body: str) -> tuple[str, tuple[Picture, ...]]:
    found = [_PICTURE.fullmatch(row) for row in body.splitlines()]
    text = "\n".join(row for row, picture in zip(body.splitlines(), found, strict=True) if picture is None)
    pictures = (Picture(each[1], each[3], each[2] is not None) for each in found if each is not None)
    return text.strip(), tuple(pictures)


def _ballot(options: dict[str, str]) -> Ballot | None:
    hours, several = int(options.pop("hours", "24")), options.pop("several", None) is not None
    if "poll" not in options:
        return None
    return Ballot([each.strip() for each in options.pop("poll").split("|")], hours, several)
