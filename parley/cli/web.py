"""`parley web`: the web server, as `parley serve` starts it too."""

import asyncio
import importlib
import multiprocessing
import os
import resource
import signal
from types import FrameType
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from parley.kit import farewell
from parley.kit.config import Settings, load_settings
from parley.kit.log import start_log
from parley.kit.port import hold_port, numeric_address
from parley.kit.postgres import with_database
from parley.kit.supervise import die_with_parent

# Streams stay open as long as their readers, so many connections are at rest.
_CONNECTIONS_MAX = 10_000
_BACKLOG = 1024
_HEADER_BYTES_MAX = 65_536
_HEADER_SECONDS_MAX = 10
_STOPS = (signal.SIGTERM, signal.SIGINT)
_STOP_SECONDS = 4
_STREAMS_END_SECONDS = 2


def run_alone(settings: Settings) -> None:
    with with_database(settings) as reachable, hold_port(settings.host, settings.port):
        os.environ["PARLEY_DATABASE_URL"] = reachable.database_url
        run_web()


def run_web(app: str = "parley.asgi:create_app") -> None:
    """Serves until SIGTERM. `app` names a function that makes the ASGI application."""
    settings = load_settings()
    # The workers fork, and so log the same way.
    start_log(settings, "%(asctime)s web %(message)s")
    _allow_many_connections()
    # Imported before the workers fork: they share its memory, and one that died is replaced in no time.
    importlib.import_module(app.partition(":")[0])
    server = Server(
        target=app,
        address=numeric_address(settings.host),
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=_HEADER_SECONDS_MAX * 1000, max_buffer_size=_HEADER_BYTES_MAX
        ),
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS_MAX,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
    )
    farewell.prepare()
    server.on_startup(_send_streams_away_first)
    server.serve(target_loader=load_app)


def _send_streams_away_first() -> None:
    """A stream ends when its reader leaves, for which a worker told to stop would wait in vain."""
    for number in _STOPS:
        signal.signal(number, _then(signal.getsignal(number)))


def _then(stop: Any) -> Any:
    def stop_in_order(number: int, frame: FrameType | None) -> None:
        for each in _STOPS:
            # A second one would wait for answers that were given to the first.
            signal.signal(each, signal.SIG_IGN)
        farewell.wait(_workers, _STREAMS_END_SECONDS)
        stop(number, frame)

    return stop_in_order


def _workers() -> list[int]:
    return [worker.pid for worker in multiprocessing.active_children() if worker.pid is not None]


def load_app(target: str) -> Any:
    """In the web server's worker process: binds it to its parent, then makes the application."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        die_with_parent(parent.pid)
    farewell.miss_no_stop(asyncio.get_event_loop())
    module, _, function = target.partition(":")
    return getattr(importlib.import_module(module), function)()


def _allow_many_connections() -> None:
    """Every connection takes a file descriptor, and the usual soft limit is a thousand."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
