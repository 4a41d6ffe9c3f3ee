"""The embedded PostgreSQL: initialise, start, stop, and connect to it; a program of ours, not a service of the system.

It listens on a socket in a private folder only, asks for a generated password, and dies in good order with its
parent. docs/decisions/0001-embedded-postgresql.md tells why it is done this way.
"""

import asyncio
import locale
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

import asyncpg
import msgspec

from parley.kit.config import Settings
from parley.kit.lock_file import LockHeld, take_lock
from parley.kit.postgres_home import Home, PostgresError, find_home, socket_folder, unpack_programs
from parley.kit.postgres_leftover import stop_leftover
from parley.kit.postgres_options import server_options
from parley.kit.supervise import bound_to_parent

log = logging.getLogger(__name__)

__all__ = [
    "EmbeddedPostgres",
    "PostgresError",
    "create_database",
    "database_beside",
    "drop_database",
    "with_database",
]

DATABASE = "parley"
_SUPERUSER = "postgres"
_LOG_BYTES_MAX = 4_000_000
_READY_TIMEOUT_SECONDS = 600.0  # recovery after a crash may have much to replay
_FAST_STOP_SECONDS = 10.0
_IMMEDIATE_STOP_SECONDS = 5.0
# Nothing of our environment: PGOPTIONS and its like would reach in.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}


class EmbeddedPostgres:
    """One cluster in one data folder. Started from the main thread, for it dies with the thread that started it."""

    def __init__(self, data_dir: Path, *, connections_max: int = 60, durable: bool = True) -> None:
        """Without `durable` nothing is forced to disk: for tests, whose data nobody will miss."""
        self._data_dir = data_dir
        self._options = server_options(connections_max=connections_max, durable=durable)
        self._durable = durable
        self._home: Home | None = None
        self._lock: IO[str] | None = None
        self._programs = Path()
        self._socket_folder = Path()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "EmbeddedPostgres":
        """Returns once it takes connections. Raises PostgresError, or LockHeld when another process has it.

        To be called again after it died.
        """
        try:
            self._start()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError):
                raise PostgresError(f"PostgreSQL can't be started: {error}") from error
            raise
        return self

    def _start(self) -> None:
        home = self._home = self._home or find_home(self._data_dir)
        self._lock = self._lock or take_lock(home.folder / "lock")
        home.give(home.folder / "lock")
        stop_leftover(home.cluster)
        self._programs = unpack_programs(home)
        self._socket_folder = socket_folder(home)
        if not home.cluster.exists():
            self._initialise(home)
        self._process = self._spawn(home)
        self._wait_until_ready(home, self._process)
        if not _password_file(home, DATABASE).exists():
            self._provision(home)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise PostgresError("PostgreSQL has not been started")
        return self._process

    @property
    def programs(self) -> Path:
        """The folder of `psql`, `pg_dump`, `pgbench` and the rest."""
        return self._programs

    def dsn(self, database: str = DATABASE) -> str:
        if self._home is None:
            raise PostgresError("PostgreSQL has not been started")
        return _dsn(self._home, self._socket_folder, DATABASE, database)

    def stop(self) -> None:
        """Ends sessions, writes a checkpoint, stops; ever more firmly when it takes long. The lock is dropped."""
        if self._process is not None and self._home is not None:
            stop_process(self._process)
            if not self._socket_folder.is_relative_to(self._home.folder):
                with suppress(OSError):
                    self._socket_folder.rmdir()
        self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _initialise(self, home: Home) -> None:
        """Into a folder beside, renamed when complete: a kill in the middle leaves nothing half made."""
        fresh = home.cluster.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        password_file = home.folder / "initdb-password"
        _write_secret(password_file, _keep_password(home, _SUPERUSER), home)
        command = [
            str(self._programs / "initdb"),
            f"--pgdata={fresh}",
            f"--username={_SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth-local=scram-sha-256",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            f"--locale={_system_locale()}",
            "--no-instructions",
            *self._initial_sync(),
        ]
        made = subprocess.run(  # noqa: S603 - our own program
            command, check=False, capture_output=True, cwd=home.folder, env=_ENVIRONMENT, **home.as_popen()
        )
        password_file.unlink()
        if made.returncode != 0:
            raise PostgresError(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")
        fresh.rename(home.cluster)

    def _initial_sync(self) -> list[str]:
        if not self._durable:
            return ["--no-sync"]
        return ["--sync-method=syncfs"] if sys.platform == "linux" else []

    def _spawn(self, home: Home) -> "subprocess.Popen[bytes]":
        options = self._options | {"unix_socket_directories": str(self._socket_folder)}
        command = [str(self._programs / "postgres"), "-D", str(home.cluster)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with _open_log(home) as output:
            return subprocess.Popen(  # noqa: S603 - our own program
                command,
                cwd=home.folder,
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                # SIGINT asks for a fast shutdown: sessions end, a checkpoint is written.
                preexec_fn=bound_to_parent(signal.SIGINT),  # noqa: PLW1509 - it only calls the kernel
                **home.as_popen(),
            )

    def _wait_until_ready(self, home: Home, process: "subprocess.Popen[bytes]") -> None:
        started = reported = time.monotonic()
        while not _says_ready(home.cluster, process.pid):
            if process.poll() is not None:
                raise PostgresError(f"PostgreSQL ended at start: {_last_log_lines(home)}")
            now = time.monotonic()
            if now - started > _READY_TIMEOUT_SECONDS:
                stop_process(process)
                raise PostgresError("PostgreSQL took too long to start")
            if now - reported > 5:
                log.info("PostgreSQL is still recovering: %s", _last_log_lines(home, count=1))
                reported = now
            time.sleep(0.005)

    def _provision(self, home: Home) -> None:
        """Our own role, which is no superuser, and its database. The password file tells that it is done."""
        password = secrets.token_hex(32)
        superuser = _dsn(home, self._socket_folder, _SUPERUSER, _SUPERUSER)
        _run(_make_role_and_database(superuser, password))
        _write_secret(_password_file(home, DATABASE), password)


def stop_process(process: "subprocess.Popen[bytes]") -> None:
    for sent, seconds in ((signal.SIGINT, _FAST_STOP_SECONDS), (signal.SIGQUIT, _IMMEDIATE_STOP_SECONDS)):
        process.send_signal(sent)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
    process.kill()
    process.wait()


@contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """Settings whose `database_url` leads to a running server, for commands beside or without a running Parley."""
    if settings.database_url:
        yield settings
        return
    server = EmbeddedPostgres(settings.data_dir)
    try:
        server.start()
    except LockHeld:
        yield msgspec.structs.replace(settings, database_url=running_dsn(settings.data_dir))
        return
    try:
        yield msgspec.structs.replace(settings, database_url=server.dsn())
    finally:
        server.stop()


def running_dsn(data_dir: Path) -> str:
    """The address of the server that another process of ours runs on this data folder."""
    home = find_home(data_dir)
    try:
        return _dsn(home, socket_folder(home), DATABASE, DATABASE)
    except FileNotFoundError:
        raise PostgresError(f"the server of {data_dir} is being started just now: try again") from None


def database_beside(dsn: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlsplit(dsn)._replace(path=f"/{quote(name)}").geturl()


async def create_database(dsn: str, name: str, *, template: str | None = None) -> None:
    """Through any database of the same server; `template` must have no sessions."""
    copied = f" template {_identifier(template)}" if template else ""
    await _execute(dsn, f"create database {_identifier(name)}{copied}")


async def drop_database(dsn: str, name: str) -> None:
    """Ends its sessions first."""
    await _execute(dsn, f"drop database if exists {_identifier(name)} with (force)")


async def _execute(dsn: str, sql: str) -> None:
    conn = await asyncpg.connect(dsn, timeout=10)
    try:
        await conn.execute(sql)
    finally:
        await conn.close()


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def _make_role_and_database(dsn: str, password: str) -> None:
    """Safe to repeat. The password is of hexadecimal digits, so it may stand in the statement."""
    conn = await asyncpg.connect(dsn, timeout=10)
    try:
        known = await conn.fetchval("select true from pg_roles where rolname = $1", DATABASE)
        verb = "alter" if known else "create"
        await conn.execute(f"{verb} role {DATABASE} login createdb password '{password}'")
        if not await conn.fetchval("select true from pg_database where datname = $1", DATABASE):
            await conn.execute(f"create database {DATABASE} owner {DATABASE}")
    finally:
        await conn.close()


def _run(act: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own, so that it may be called where a loop runs already."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        executor.submit(asyncio.run, act).result()


def _dsn(home: Home, folder: Path, role: str, database: str) -> str:
    password = _password_file(home, role).read_text(encoding="ascii")
    where = quote(str(folder), safe="/")
    return f"postgresql://{role}:{password}@/{quote(database)}?host={where}&port=5432"


def _password_file(home: Home, role: str) -> Path:
    return home.folder / f"password-{role}"


def _keep_password(home: Home, role: str) -> str:
    """The role's password, made when there is none yet."""
    path = _password_file(home, role)
    if not path.exists():
        _write_secret(path, secrets.token_hex(32))
    return path.read_text(encoding="ascii")


def _write_secret(path: Path, secret: str, home: Home | None = None) -> None:
    """Readable by ourselves alone, or by the home's owner alone; whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - it wraps the descriptor
        file.write(secret)
        file.flush()
        os.fsync(descriptor)
    if home:
        home.give(fresh)
    fresh.rename(path)


def _system_locale() -> str:
    """What the system's own routines use; sorting and case are PostgreSQL's built-in business."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _says_ready(cluster: Path, pid: int) -> bool:
    """PostgreSQL writes its state into the eighth line of its pid file."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _open_log(home: Home) -> IO[bytes]:
    path = home.folder / "postgres.log"
    if path.exists() and path.stat().st_size > _LOG_BYTES_MAX:
        path.rename(path.with_suffix(".log.1"))
    file = path.open("ab")
    home.give(path)
    return file


def _last_log_lines(home: Home, count: int = 5) -> str:
    with (home.folder / "postgres.log").open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 4000))
        lines = file.read().decode(errors="replace").splitlines()
    return " / ".join(lines[-count:])
