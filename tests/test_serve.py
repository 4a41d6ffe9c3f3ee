import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from parley.kit.postgres import create_database, database_beside, drop_database

pytestmark = pytest.mark.server

PATIENCE_SECONDS = 60

# Stands in for the network: answers with how many visits the database counts.
APP = """
import signal, threading


async def app(scope, receive, send):
    import asyncpg
    from parley.kit.config import load_settings
    if scope["type"] == "lifespan":
        await receive()
        return await send({"type": "lifespan.startup.complete"})
    try:
        conn = await asyncpg.connect(load_settings().database_url)
    except (OSError, asyncpg.PostgresError):
        await send({"type": "http.response.start", "status": 503, "headers": []})
        return await send({"type": "http.response.body", "body": b""})
    await conn.execute("create table if not exists visits (n int)")
    await conn.execute("insert into visits values (1)")
    count = await conn.fetchval("select count(*) from visits")
    await conn.close()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(count).encode()})


def create_app():
    return app


def web():
    from parley.cli.web import run_web
    run_web("small:create_app")


def failing_web():
    raise SystemExit("no web today")


def worker():
    signal.signal(signal.SIGTERM, lambda *_: exit(0))
    threading.Event().wait()
"""
SERVE = """
from parley.cli.failures import told_in_one_line
from parley.cli.serve import serve
from parley.kit.config import load_settings
told_in_one_line(lambda: serve(load_settings(), web="small:{web}", worker="small:worker"))
"""


# Ctrl-C just as a process is forked: Python drops what is raised there, as in finalizers.
STOPPED_IN_A_FORK = """
import os, signal
def stop():
    global stop
    stop = lambda: None
    os.kill(os.getpid(), signal.SIGINT)
os.register_at_fork(after_in_parent=lambda: stop())
"""

# Told to stop as a process of the web server is born, and while it makes an application that never gets done.
STOPPED_AT_BIRTH = """
import os, signal
os.register_at_fork(after_in_child=lambda: os.kill(os.getppid(), signal.SIGTERM))
"""
STOPPED_AT_START = """
import os, signal, threading, small
def never_made():
    os.kill(os.getppid(), signal.SIGTERM)
    threading.Event().wait()
small.create_app = never_made
"""


class Server:
    """`parley serve` with the small application, in a process of its own."""

    def __init__(self, folder: Path, *, web: str = "web", first: str = "", **settings: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
        self.port = settings["PARLEY_PORT"]
        self.client = httpx.Client(timeout=5, verify=False)
        # Into files, because a pipe that nobody reads would make it wait.
        self.output = Path(tempfile.mkdtemp(dir=folder))
        with (self.output / "said").open("w") as said, (self.output / "complained").open("w") as complained:
            self.process = subprocess.Popen(
                [sys.executable, "-c", first + SERVE.format(web=web)],
                cwd=folder,
                env=environment | {"PYTHONPATH": f"{folder}:{Path(__file__).parents[1]}"} | settings,
                stdout=said,
                stderr=complained,
            )

    def visits(self) -> int:
        """Asks until there is an answer."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.TransportError):
                answer = self.client.get(f"http://127.0.0.1:{self.port}/")
                if answer.status_code == 200:
                    return int(answer.text)
            time.sleep(0.05)
        raise AssertionError(self.end(signal.SIGTERM))

    def end(self, sent: signal.Signals | None = None) -> tuple[int, str, str]:
        """Exit code, what it said and what it complained about; waits for its own end unless given a signal."""
        if sent and self.process.poll() is None:
            self.process.send_signal(sent)
        self.client.close()
        code = self.process.wait(PATIENCE_SECONDS)
        return code, (self.output / "said").read_text(), (self.output / "complained").read_text()

    def child(self, mark: str) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if any(mark in word for word in child.cmdline()))


@pytest.fixture
def folder() -> Iterator[Path]:
    """Open to PostgreSQL's user, so that the cluster lies in it. No server on it outlives the test."""
    made = Path(tempfile.mkdtemp(prefix="parley-serve-"))
    made.chmod(0o711)
    (made / "small.py").write_text(APP)
    yield made
    for server in psutil.Process().children():
        # What another test has killed may not have been buried yet, and lies nowhere.
        if server.status() != psutil.STATUS_ZOMBIE and server.cwd() == str(made):
            server.terminate()
            server.wait(PATIENCE_SECONDS)
    shutil.rmtree(made)


@pytest.fixture
def port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture
async def scratch_dsn(server_dsn: str) -> AsyncIterator[str]:
    """An empty database on the tests' server."""
    name = f"parley_serve_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    # Left behind, if a run was cut off here.
    await drop_database(server_dsn, name)
    await create_database(server_dsn, name)
    yield database_beside(server_dsn, name)
    await drop_database(server_dsn, name)


def test_serves_heals_and_ends_without_a_trace(folder, port):
    settings = {"PARLEY_DATA_DIR": str(folder / "data"), "PARLEY_PORT": port}
    server = Server(folder, **settings)
    assert server.visits() == 1

    again = Server(folder, **settings).end()
    assert again == (
        1,
        "",
        f"parley: Parley is running on {folder}/data already (process {server.process.pid})\n",
    )

    before = server.visits()
    for mark in ("web()", "worker()", "postgres"):
        victim = server.child(mark)
        victim.kill()
        victim.wait(PATIENCE_SECONDS)
    assert server.visits() == before + 1

    home = folder / "data" / "postgres"
    kept = [home, home / "run", *home.glob("password-*"), *home.glob("cluster-*/**/*")]
    assert len(kept) > 100
    assert [str(each) for each in kept if each.lstat().st_mode & 0o077] == []
    family = psutil.Process(server.process.pid).children(recursive=True)
    assert server.end(signal.SIGKILL)[0] == -signal.SIGKILL
    assert psutil.wait_procs(family, PATIENCE_SECONDS)[1] == []

    server = Server(folder, **settings)
    assert server.visits() == before + 2
    family = psutil.Process(server.process.pid).children(recursive=True)
    code, said, complained = server.end(signal.SIGINT)
    assert (code, complained.count("Traceback")) == (0, 0)
    assert f"Parley runs at http://127.0.0.1:{port}" in said
    assert "account promote NAME" in said
    assert not any(process.is_running() for process in family)


async def test_a_wish_to_stop_is_heeded_whenever_it_comes(folder, port, scratch_dsn):
    settings = {"PARLEY_DATA_DIR": str(folder / "data"), "PARLEY_PORT": port, "DATABASE_URL": scratch_dsn}
    code, _said, complained = Server(folder, first=STOPPED_IN_A_FORK, **settings).end()
    assert code == 0
    assert "Exception ignored in" in complained
    assert complained.endswith(" INFO stopping\n")


@pytest.mark.parametrize("first", [STOPPED_AT_BIRTH, STOPPED_AT_START], ids=["at birth", "at start"])
def test_a_process_of_the_web_server_that_still_starts_hears_the_stop(folder, port, first):
    """One that doesn't is killed after a while, and said to be."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{first}\nimport small\nsmall.web()"],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{folder}:{Path(__file__).parents[1]}",
            "PARLEY_PORT": port,
            "PARLEY_DATA_DIR": str(folder),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "")


async def test_a_web_server_that_cannot_start_ends_all_with_one_line(folder, port, scratch_dsn):
    settings = {"PARLEY_DATA_DIR": str(folder / "data"), "PARLEY_PORT": port, "DATABASE_URL": scratch_dsn}
    server = Server(folder, web="failing_web", **settings)
    code, said, complained = server.end()
    assert (code, said) == (1, "")
    assert "no web today\n" in complained
    assert complained.endswith("parley: the web server ended at its start; its reason stands above\n")
    assert not (folder / "data" / "postgres").exists()


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PARLEY_PORT", "high", "parley: PARLEY_PORT: 'high' is not a whole number\n"),
        ("PARLEY_POTR", "8000", "parley: PARLEY_POTR: there is no such setting\n"),
    ],
)
def test_a_wrong_setting_is_one_line_and_code_2(folder, name, value, line):
    ended = subprocess.run(
        [sys.executable, "-m", "parley", "serve"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1]), name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", line)
