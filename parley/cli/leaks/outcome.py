"""What a check has to look at, and what comes of it."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.own_server import OwnServer
from parley.kit.storage import Store

Verdict = Literal["pass", "fail", "skipped"]
_NAMED_MAX = 3


class Outcome(msgspec.Struct, frozen=True):
    verdict: Verdict
    said: str


class Ground(msgspec.Struct, frozen=True):
    """A live server from all sides: from outside, and where it keeps things."""

    settings: Settings
    conn: Connection
    store: Store
    server: OwnServer


class Check(msgspec.Struct, frozen=True):
    """`tried` says it in the words of the table."""

    name: str
    tried: str
    look: Callable[[Ground], Awaitable[Outcome]]


class Finding(msgspec.Struct, frozen=True):
    """A line of the table."""

    name: str
    tried: str
    verdict: Verdict
    said: str


def passed(said: str) -> Outcome:
    return Outcome("pass", said)


def failed(said: str) -> Outcome:
    return Outcome("fail", said)


def skipped(said: str) -> Outcome:
    return Outcome("skipped", said)


def judged(faults: list[str], said: str) -> Outcome:
    """`said` is for when nothing is wrong; else the first few faults are named."""
    if not faults:
        return passed(said)
    more = f" (and {len(faults) - _NAMED_MAX} more)" if len(faults) > _NAMED_MAX else ""
    return failed("; ".join(faults[:_NAMED_MAX]) + more)
