"""`parley serve`: database, migrations, web server and job worker; tended until Ctrl-C, stopped in order."""

import asyncio
import logging
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from parley.cli.database import bring_up_to_date
from parley.cli.keys import make_first_key
from parley.kit.config import Settings
from parley.kit.errors import OperatorError
from parley.kit.lock_file import LockHeld, take_lock
from parley.kit.log import start_log
from parley.kit.port import answers, hold_port
from parley.kit.postgres import EmbeddedPostgres, stop_process
from parley.kit.postgres_home import make_data_dir
from parley.kit.supervise import Child, StopRequested, keep_running, spawn, stop_on_signals, terminate

log = logging.getLogger(__name__)

_GRACE_SECONDS = 8.0
_SERVING_TIMEOUT_SECONDS = 60.0
# Beside the pools of web and worker: live updates, migrations, an operator's commands.
_SPARE_CONNECTIONS = 20


def serve(
    settings: Settings, *, web: str = "parley.cli.web:run_web", worker: str = "parley.worker:run"
) -> None:
    """Returns when asked to stop. Raises OperatorError when it can't start.

    `web` and `worker` name the functions that their processes run.
    """
    start_log(settings, "%(asctime)s %(levelname)s %(message)s", times="%H:%M:%S")
    make_data_dir(settings.data_dir)
    try:
        lock = take_lock(settings.data_dir / "parley.lock")
    except LockHeld as held:
        raise OperatorError(
            f"Parley is running on {settings.data_dir} already (process {held.pid})"
        ) from None
    with lock, hold_port(settings.host, settings.port):
        _run(settings, web, worker)


def _run(settings: Settings, web: str, worker: str) -> None:
    running: list[Child] = []  # in the order of stopping
    try:
        with stop_on_signals() as wish:
            dsn = settings.database_url or _start_postgres(settings, running)
            asyncio.run(bring_up_to_date(settings.control_database_url or dsn))
            asyncio.run(make_first_key(settings, dsn))
            wish.heed()
            _start_processes(settings, dsn, running, web, worker)
            keep_running(running, wish)
    except StopRequested:
        log.info("stopping")
    finally:
        for child in running:
            child.stop()


def _start_postgres(settings: Settings, running: list[Child]) -> str:
    connections = (settings.workers + 1) * settings.database_connections + _SPARE_CONNECTIONS
    server = EmbeddedPostgres(settings.data_dir, connections_max=connections)

    def start() -> "subprocess.Popen[bytes]":
        return server.start().process

    child = Child("PostgreSQL", start, stop_process)
    running.append(child)
    child.start()
    return server.dsn()


def _start_processes(settings: Settings, dsn: str, running: list[Child], web: str, worker: str) -> None:
    environment = os.environ | {
        "PARLEY_HOST": settings.host,
        "PARLEY_PORT": str(settings.port),
        "PARLEY_DATA_DIR": str(settings.data_dir),
        "PARLEY_DATABASE_URL": dsn,
    }
    stop = partial(terminate, grace_seconds=_GRACE_SECONDS)
    web_server = Child("the web server", partial(spawn, _python(web), environment), stop)
    job_worker = Child("the job worker", partial(spawn, _python(worker), environment), stop)
    running[:0] = [web_server, job_worker]
    web_server.start()
    # The worker's start would take the web server's time, for which somebody waits.
    _wait_until_serving(settings, web_server)
    job_worker.start()
    _announce(settings)


def _python(target: str) -> list[str]:
    """Straight to the function: the command line's own libraries would cost each process 12 MB and 0.3 s."""
    module, _, function = target.partition(":")
    # Whether the working folder is searched for modules is inherited.
    safe = ["-P"] if sys.flags.safe_path else []
    return [sys.executable, *safe, "-c", f"from {module} import {function}; {function}()"]


def _wait_until_serving(settings: Settings, web_server: Child) -> None:
    deadline = time.monotonic() + _SERVING_TIMEOUT_SECONDS
    while not answers(settings.host, settings.port):
        if web_server.ended:
            raise OperatorError("the web server ended at its start; its reason stands above")
        if time.monotonic() > deadline:
            raise OperatorError(f"the web server did not answer within {_SERVING_TIMEOUT_SECONDS:.0f} s")
        time.sleep(0.02)


def _announce(settings: Settings) -> None:
    listening = f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}"
    elsewhere = f" (for the public: {settings.base_url})" if settings.base_url != listening else ""
    launcher = os.path.relpath(Path(sys.executable).parent / "parley")
    if settings.database_url and "DATABASE_URL" in os.environ:
        launcher = f"DATABASE_URL=… {launcher}"
    folder = "" if settings.data_dir == Path.cwd() / "data" else f"PARLEY_DATA_DIR={settings.data_dir} "
    print(f"Parley runs at {listening}{elsewhere}. Ctrl-C stops it.")
    print(f"To become the first administrator, sign up there, then: {folder}{launcher} account promote NAME")
    sys.stdout.flush()
