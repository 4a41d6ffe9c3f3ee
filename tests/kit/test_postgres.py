import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from parley.kit.config import Settings
from parley.kit.lock_file import LockHeld
from parley.kit.postgres import (
    EmbeddedPostgres,
    create_database,
    database_beside,
    drop_database,
    with_database,
)
from parley.kit.postgres_home import Home, PostgresError, find_home, socket_folder

ROOT = os.geteuid() == 0


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Under a folder that only we may enter: as root, the cluster has to lie elsewhere."""
    yield tmp_path / "data"
    for pointer in tmp_path.glob("*/postgres.location"):
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)


async def test_lives_dies_and_recovers(data_dir):
    server = EmbeddedPostgres(data_dir, durable=False).start()
    try:
        await _is_private(server)
        _is_closed_to_others(server)
        await _write(server.dsn(), "before")
        with pytest.raises(LockHeld) as refused:
            EmbeddedPostgres(data_dir).start()
        assert refused.value.pid == str(os.getpid())
        with with_database(Settings(data_dir=data_dir)) as reachable:
            assert reachable.database_url == server.dsn()

        server.process.kill()
        server.process.wait()
        server.start()
        assert await _read(server.dsn()) == ["before"]
    finally:
        server.stop()

    _start_write_and_be_killed(data_dir, "killed")
    server.start()
    try:
        assert await _read(server.dsn()) == ["before", "killed"]
    finally:
        server.stop()
    assert not [p for p in psutil.process_iter() if str(data_dir) in " ".join(_command(p))]


async def _is_private(server: EmbeddedPostgres) -> None:
    conn = await asyncpg.connect(server.dsn())
    assert await conn.fetchval("select rolsuper from pg_roles where rolname = current_user") is False
    assert await conn.fetchval("show listen_addresses") == ""
    assert await conn.fetchval("select lower('ÄÖ')") == "äö"
    await conn.close()
    user, host = server.dsn().partition("@")[::2]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"{user[:-1]}0{user[-1]}@{host}")


def _is_closed_to_others(server: EmbeddedPostgres) -> None:
    folder = Path(server.dsn().partition("host=")[2].partition("&")[0])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert psutil.Process(server.process.pid).uids().real == folder.stat().st_uid != 0
    for path in folder.parent.glob("password-*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _start_write_and_be_killed(data_dir: Path, word: str) -> None:
    """In a process of its own, which leaves PostgreSQL without a parent."""
    code = f"""
import asyncio, os, signal
from pathlib import Path
from parley.kit.postgres import EmbeddedPostgres
from tests.kit.test_postgres import _write
server = EmbeddedPostgres(Path({str(data_dir)!r}), durable=False).start()
asyncio.run(_write(server.dsn(), {word!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False)
    assert ended.returncode == -signal.SIGKILL


async def _write(dsn: str, word: str) -> None:
    conn = await asyncpg.connect(dsn)
    await conn.execute("set synchronous_commit = on")
    await conn.execute("create table if not exists words (word text)")
    await conn.execute("insert into words values ($1)", word)
    await conn.close()


async def _read(dsn: str) -> list[str]:
    conn = await asyncpg.connect(dsn)
    words = await conn.fetch("select word from words order by word")
    await conn.close()
    return [row[0] for row in words]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


async def test_databases_are_made_from_a_template_and_dropped(server_dsn):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    first, second = f"parley_first_{worker}", f"parley_second_{worker}"
    try:
        await create_database(server_dsn, first)
        await _write(database_beside(server_dsn, first), "copied")
        await create_database(server_dsn, second, template=first)
        assert await _read(database_beside(server_dsn, second)) == ["copied"]
    finally:
        await drop_database(server_dsn, first)
        await drop_database(server_dsn, second)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(database_beside(server_dsn, second))


@pytest.mark.skipif(not ROOT, reason="only root's PostgreSQL runs as another user")
def test_a_cluster_kept_elsewhere_follows_its_data_folder_and_no_copy(data_dir, caplog):
    home = find_home(data_dir)
    assert not home.folder.is_relative_to(data_dir)
    assert home.owner is not None
    assert home.folder.stat().st_uid == home.owner.uid != 0
    assert f"is kept in {home.folder}" in caplog.text
    assert find_home(data_dir).folder == home.folder

    copy = data_dir.with_name("copy")
    shutil.copytree(data_dir, copy)
    with pytest.raises(PostgresError, match="is a copy of"):
        find_home(copy)
    shutil.rmtree(copy)

    moved = data_dir.with_name("moved")
    data_dir.rename(moved)
    assert find_home(moved).folder == home.folder


@pytest.mark.skipif(not ROOT, reason="only root's PostgreSQL runs as another user")
def test_a_cluster_that_became_unreachable_is_not_replaced_by_an_empty_one(data_dir):
    (data_dir / "postgres" / "cluster-18").mkdir(parents=True)
    with pytest.raises(PostgresError, match="can't reach it any more"):
        find_home(data_dir)


@pytest.fixture
def short_folder(monkeypatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        monkeypatch.setattr(tempfile, "tempdir", made)
        yield Path(made)


def test_a_socket_never_gets_too_long_a_path_nor_a_folder_of_others(tmp_path, short_folder):
    deep = tmp_path / ("long" * 30)
    deep.mkdir()
    folder = socket_folder(Home(deep, None))
    assert folder.parent == short_folder
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 103
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert socket_folder(Home(deep, None)) == folder

    folder.chmod(0o777)
    with pytest.raises(PostgresError, match="mode 0700"):
        socket_folder(Home(deep, None))
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(PostgresError, match="mode 0700"):
        socket_folder(Home(deep, None))
