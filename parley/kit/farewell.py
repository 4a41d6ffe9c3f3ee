"""The order in which a web server stops: its processes end their streams and say so, and only then are they stopped.

A process told to stop drops what is still open, so without this order readers would see a broken connection.
"""

import os
import select
import signal
import time
from collections.abc import Callable

# Tells a process of the web server that its streams must end, as it will stop.
STREAMS_END_SIGNAL = signal.SIGUSR1
_LOOK_SECONDS = 0.05
# What the processes answer through: opened before they fork.
_pipe: list[int] = []


def prepare() -> None:
    _pipe[:] = os.pipe()


def said() -> None:
    """In a process of the web server, when its streams have ended."""
    if _pipe:
        os.write(_pipe[1], b".")


def wait(running: Callable[[], list[int]], seconds: float) -> None:
    """Asks the processes that run, and returns when all that still do have answered, or `seconds` are over."""
    for pid in running():
        os.kill(pid, STREAMS_END_SIGNAL)
    deadline, answers = time.monotonic() + seconds, 0
    while answers < len(running()) and time.monotonic() < deadline:
        if select.select(_pipe[:1], [], [], _LOOK_SECONDS)[0]:
            answers += len(os.read(_pipe[0], 4096))
