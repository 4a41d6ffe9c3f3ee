"""The order in which a web server stops: its processes end their streams and say so, and only then are they stopped.

A process told to stop drops what is still open, so without this order readers would see a broken connection.
"""

import asyncio
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

# Tells a process of the web server that its streams must end, as it will stop.
STREAMS_END_SIGNAL = signal.SIGUSR1
_HEARD = (signal.SIGTERM, signal.SIGINT, STREAMS_END_SIGNAL)
_LOOK_SECONDS = 0.05
# What the processes answer through: opened before they fork.
_pipe: list[int] = []


def prepare() -> None:
    """In the web server, before its processes fork: from its first moment on each hears that it is to stop."""
    _pipe[:] = os.pipe()
    os.register_at_fork(
        before=_hold_back, after_in_parent=_let_through, after_in_child=partial(_be_born, os.getpid())
    )


def _hold_back() -> None:
    """What reaches a new process before its handlers stand would be lost, or call those of its parent."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)


def _let_through() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)


def _be_born(web_server: int) -> None:
    """Until its loop has handlers of its own, nothing is under way that a process told to stop would have to end."""
    if os.getppid() == web_server:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Of Ctrl-C in a terminal the web server hears as well, which then tells its processes.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Until the application has streams to end, and for one that has none.
        signal.signal(STREAMS_END_SIGNAL, lambda _number, _frame: said())
    _let_through()


def miss_no_stop(loop: asyncio.AbstractEventLoop) -> None:
    """In a process of the web server, before granian asks for its signals: makes the loop give it SIGTERM for certain.

    Uvloop 0.23 loses a signal that comes between two runs of a loop, of which a start has several. Granian 2.8 waits
    for itself when it is told twice, as by a Ctrl-C that reaches all processes; so it hears of the first alone.
    """

    def add_signal_handler(number: int, act: Callable[..., object], *values: Any) -> None:
        def heard(_number: int, _frame: FrameType | None) -> None:
            signal.signal(number, signal.SIG_IGN)
            # What is called so waits for the next run.
            loop.call_soon_threadsafe(act, *values)

        if number == signal.SIGTERM:
            signal.signal(number, heard)

    setattr(loop, "add_signal_handler", add_signal_handler)  # noqa: B010 - a method of one loop, on purpose


def listen(close: Callable[[Callable[[], None]], None]) -> None:
    """In a process of the web server: `close` ends its streams, and then calls what it was given."""
    loop = asyncio.get_running_loop()

    def heard(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(close, said)

    signal.signal(STREAMS_END_SIGNAL, heard)


def said() -> None:
    """In a process of the web server, when its streams have ended."""
    if _pipe:
        os.write(_pipe[1], b".")


def wait(running: Callable[[], list[int]], seconds: float) -> None:
    """Asks the processes that run, and returns when all that still do have answered, or `seconds` are over."""
    for pid in running():
        # One that has just ended by itself may be buried already.
        with suppress(ProcessLookupError):
            os.kill(pid, STREAMS_END_SIGNAL)
    deadline, answers = time.monotonic() + seconds, 0
    while answers < len(running()) and time.monotonic() < deadline:
        if select.select(_pipe[:1], [], [], _LOOK_SECONDS)[0]:
            answers += len(os.read(_pipe[0], 4096))
