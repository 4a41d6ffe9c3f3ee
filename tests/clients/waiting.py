"""Waiting for what follows an act: jobs run in another process."""

import time
from collections.abc import Callable
from typing import TypeVar

_PATIENCE_SECONDS = 40
_PAUSE_SECONDS = 0.02

Found = TypeVar("Found")


def eventually(look: Callable[[], Found]) -> Found:
    """What `look` returns once that is true or not empty; fails when patience ends."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"still {found!r} after {_PATIENCE_SECONDS} s"
        time.sleep(_PAUSE_SECONDS)
    return found
