"""Child processes: started apart from the terminal, dying with their parent, restarted, stopped in order."""

import ctypes
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

log = logging.getLogger(__name__)

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
_RESTART_DELAY_SECONDS_MAX = 30.0
_HEALTHY_AFTER_SECONDS = 60.0
_KILL_WAIT_SECONDS = 5.0

# Loaded before any fork: between fork and exec nothing may take a lock that another thread holds.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent_pid: int, sent: signal.Signals = signal.SIGKILL) -> None:
    """Called in a child: the kernel sends it `sent` when its parent is gone. Only Linux can.

    The kernel watches the thread that forked, so children are started from the main thread.
    """
    if _libc is None:
        return
    _libc.prctl(_SET_PARENT_DEATH_SIGNAL, sent, 0, 0, 0)
    if os.getppid() != parent_pid:  # the parent died before the line above
        os.kill(os.getpid(), sent)


def bound_to_parent(sent: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """A `preexec_fn`: it runs after the change of user, which would forget the wish."""
    parent_pid = os.getpid()
    return lambda: die_with_parent(parent_pid, sent)


def spawn(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A child in its own session: Ctrl-C in the terminal reaches only us, and we stop it in order."""
    return subprocess.Popen(  # noqa: S603 - our own programs
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=bound_to_parent(),  # noqa: PLW1509 - no other thread runs here
    )


class Child:
    """One process that is to run: how to start it, when it may be started again."""

    def __init__(
        self,
        name: str,
        start: Callable[[], subprocess.Popen[bytes]],
        stop: Callable[[subprocess.Popen[bytes]], None],
    ) -> None:
        self.name = name
        self._start = start
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._failures = 0
        self._restart_at: float | None = None

    def start(self) -> None:
        """Raises what hinders it; only restarts are tried again."""
        self._started_at = time.monotonic()
        self._process = self._start()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._stop(self._process)

    @property
    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def tend(self) -> float | None:
        """Restarts it if it ended and its pause is over; returns the seconds until it wants tending again."""
        if self._process is not None and self._process.poll() is not None:
            log.error("%s ended (%s)", self.name, how_it_ended(self._process))
            self._plan_restart()
        if self._restart_at is not None and time.monotonic() >= self._restart_at:
            self._restart()
        return None if self._restart_at is None else max(0.0, self._restart_at - time.monotonic())

    def _restart(self) -> None:
        log.info("%s is started again", self.name)
        try:
            self.start()
        except Exception as error:  # noqa: BLE001 - whatever hinders it, it is tried again
            log.error("%s can't be started: %s", self.name, error)  # noqa: TRY400 - one plain line
            self._plan_restart()
        else:
            self._restart_at = None

    def _plan_restart(self) -> None:
        if time.monotonic() - self._started_at > _HEALTHY_AFTER_SECONDS:
            self._failures = 0
        delay = min(0.1 * 4**self._failures, _RESTART_DELAY_SECONDS_MAX)
        self._failures = min(self._failures + 1, 10)
        self._restart_at = time.monotonic() + delay
        self._process = None
        if delay >= 1:
            log.warning("%s fails again and again: next attempt in %d s", self.name, delay)


def how_it_ended(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def terminate(process: subprocess.Popen[bytes], *, grace_seconds: float) -> None:
    """Asks, waits, and kills what doesn't listen."""
    process.terminate()
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        log.warning("process %d did not stop within %d s and is killed", process.pid, grace_seconds)
        process.kill()
        process.wait(_KILL_WAIT_SECONDS)


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM, or the terminal went away. Not an Exception: nothing but the outermost edge catches it."""


class StopWish:
    """Whether somebody asked us to stop: for what an exception can't tell, as Python drops it in some places."""

    def __init__(self) -> None:
        self._made = False

    def make(self) -> NoReturn:
        self._made = True
        raise StopRequested

    def heed(self) -> None:
        """Raises StopRequested if the one raised by the signal was lost."""
        if self._made:
            raise StopRequested


@contextmanager
def stop_on_signals() -> Iterator[StopWish]:
    """Within the block the first SIGINT, SIGTERM or SIGHUP raises StopRequested; all later ones are ignored.

    For what follows is the stopping, which a second Ctrl-C must not cut short. A signal that comes while Python
    runs a hook of a fork or a finalizer raises there, to be printed and forgotten: whoever waits heeds the wish.
    """
    heeded = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        heeded.append(signal.SIGHUP)
    wish = StopWish()

    def ignore() -> None:
        for number in heeded:
            signal.signal(number, signal.SIG_IGN)

    def request_stop(_number: int, _frame: FrameType | None) -> NoReturn:
        ignore()
        wish.make()

    for number in heeded:
        signal.signal(number, request_stop)
    try:
        yield wish
    finally:
        ignore()


def keep_running(children: Sequence[Child], wish: StopWish) -> NoReturn:
    """Restarts what dies, until StopRequested."""
    reader, writer = socket.socketpair()
    for end in (reader, writer):
        end.setblocking(False)  # noqa: FBT003 - the library's own form
    # With a handler in place, each death of a child writes a byte to the socket and so wakes the wait below.
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        while True:
            pauses = [pause for child in children if (pause := child.tend()) is not None]
            # After the tending, whose forks can lose it; a signal from here on wakes the wait.
            wish.heed()
            select.select([reader], [], [], min(pauses, default=None))
            _drain(reader)
    finally:
        signal.set_wakeup_fd(-1)
        reader.close()
        writer.close()


def _drain(reader: socket.socket) -> None:
    with suppress(BlockingIOError):
        while reader.recv(4096):
            pass
