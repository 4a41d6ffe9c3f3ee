"""Deeds: what happens in the demo, as plain data. People go by their usernames, posts by their number in the plan."""

from datetime import datetime

import msgspec

from parley.cli.demo_world.script import Line, Person


class Join(msgspec.Struct, frozen=True):
    person: Person


class Appear(msgspec.Struct, frozen=True):
    """Is there that day, and so is delivered to from then on."""

    who: str


class Follow(msgspec.Struct, frozen=True):
    """`bell`: wants to hear of every post."""

    who: str
    whom: str
    bell: bool = False


class Admit(msgspec.Struct, frozen=True):
    """Who is locked says yes to a request."""

    who: str
    whom: str


class Gather(msgspec.Struct, frozen=True):
    """Makes a list of people whom its owner follows."""

    who: str
    title: str
    members: list[str]


class Say(msgspec.Struct, frozen=True):
    """`text` as it is sent: with the mention that an answer begins with. A quote answers nothing."""

    number: int
    line: Line
    text: str
    answers: int | None = None
    quotes: int | None = None


class Rewrite(msgspec.Struct, frozen=True):
    number: int
    line: Line
    text: str


class Boost(msgspec.Struct, frozen=True):
    who: str
    number: int


class Like(msgspec.Struct, frozen=True):
    who: str
    number: int


class Keep(msgspec.Struct, frozen=True):
    """A bookmark."""

    who: str
    number: int


class Pin(msgspec.Struct, frozen=True):
    who: str
    number: int


class Vote(msgspec.Struct, frozen=True):
    who: str
    number: int
    choices: list[int]


class CatchUp(msgspec.Struct, frozen=True):
    """Has read home and notifications up to now."""

    who: str


class NoteWeek(msgspec.Struct, frozen=True):
    """The server writes down how the week stands, as it does every hour."""


Deed = (
    Join
    | Appear
    | Follow
    | Admit
    | Gather
    | Say
    | Rewrite
    | Boost
    | Like
    | Keep
    | Pin
    | Vote
    | CatchUp
    | NoteWeek
)


class Timed(msgspec.Struct, frozen=True):
    moment: datetime
    deed: Deed
