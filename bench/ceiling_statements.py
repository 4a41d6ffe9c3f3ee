"""The ceiling of each read: a bare server returning as many bytes, and pgbench running its statements."""

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil

from bench import processes
from bench.load import Job, request
from bench.seed import World
from parley.kit.ids import bucket_of

_REQUESTS = 3000
_TRANSACTIONS = 3000


def ceiling_ms(dsn: str, world: World, name: str, body_bytes: int) -> float | None:
    """CPU milliseconds a request; None for requests whose floor is not one plain statement."""
    statement = _statement(world, name)
    if statement is None:
        return None
    return _bare_server_ms(body_bytes) + _pgbench_ms(dsn, statement)


def _statement(world: World, name: str) -> str | None:
    """The skeleton alone: a page can't be had without knowing what stands on it."""
    reader = world.reader_ids[0]
    if name.startswith("home"):
        return (
            "select status_id, account_id, reblog_of_id from home_entries "
            f"where bucket = {bucket_of(reader)} and owner_id = {reader} "
            f"and status_id > {world.status_ids[0] >> 30 << 22} order by status_id desc limit 20"
        )
    if name.startswith("local"):
        return (
            "select id from statuses where visibility = 0 and reblog_of_id is null "
            "and (in_reply_to_account_id is null or in_reply_to_account_id = account_id) order by id desc limit 20"
        )
    if name.startswith("one status"):
        status = world.status_ids[0]
        return f"select * from status_counts where bucket = {bucket_of(status)} and status_id = {status}"
    if name.startswith("an account"):
        author = world.author_ids[0]
        return (
            f"select id, reblog_of_id from statuses where bucket = {bucket_of(author)} and account_id = {author} "
            "and visibility <= 3 order by id desc limit 20"
        )
    if name.startswith("notifications"):
        return (
            "select id, type, from_account_id, status_id from notifications "
            f"where bucket = {bucket_of(reader)} and account_id = {reader} order by id desc limit 20"
        )
    return None


def _bare_server_ms(body_bytes: int) -> float:
    port = processes.free_port()
    with tempfile.NamedTemporaryFile() as body:
        body.write(b"x" * body_bytes)
        body.flush()
        environment = {"BENCH_BODY": body.name, "PARLEY_PORT": str(port), "PARLEY_DATABASE_URL": ""}
        server = processes.start(["-m", "bench.web"], environment)
        try:
            processes.wait_until_open(port)
            asked = [request(f"127.0.0.1:{port}", "GET", "/", None)]
            processes.load(Job("127.0.0.1", port, asked, 200, 8))
            before = processes.cpu_seconds([server.pid])
            processes.load(Job("127.0.0.1", port, asked, _REQUESTS, 8))
            return (processes.cpu_seconds([server.pid]) - before) * 1000 / _REQUESTS
        finally:
            processes.stop(server)


def _pgbench_ms(dsn: str, statement: str) -> float:
    """CPU of PostgreSQL alone: pgbench, the client, is not part of any server."""
    parts = urlsplit(dsn)
    query = parse_qs(parts.query)
    folder = query["host"][0]
    environment = {**os.environ, "PGPASSWORD": parts.password or ""}
    roots = [process.pid for process in psutil.process_iter(["name"]) if _is_postmaster(process, folder)]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(statement + ";\n")
        script.flush()
        command = [
            str(_pgbench(roots[0])), "-n", "-M", "prepared", "-c", "2", "-t", str(_TRANSACTIONS // 2), "-f", script.name,
            "-h", folder, "-p", query["port"][0], "-U", parts.username or "", parts.path.removeprefix("/"),
        ]  # fmt: skip
        before = processes.cpu_seconds(roots)
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return (processes.cpu_seconds(roots) - before) * 1000 / _TRANSACTIONS


def _is_postmaster(process: psutil.Process, folder: str) -> bool:
    try:
        words = process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return len(words) > 1 and words[0].endswith("/postgres") and any(folder in word for word in words)


def _pgbench(postmaster: int) -> Path:
    return Path(psutil.Process(postmaster).cmdline()[0]).with_name("pgbench")
