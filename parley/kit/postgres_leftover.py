"""Ends a PostgreSQL that outlived its parent, with proof of whose processes they are."""

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from parley.kit.postgres_home import PostgresError

log = logging.getLogger(__name__)

_WAIT_SECONDS = 5.0


def stop_leftover(cluster: Path) -> None:
    """For whoever holds the lock of the home: then nobody needs that server any more."""
    pid_file = cluster / "postmaster.pid"
    if not pid_file.exists():
        return
    for sent in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if pids := _processes_of(cluster):
            log.warning("a PostgreSQL left over on %s is stopped (%s)", cluster, sent.name)
            _signal_leftover(pids, _first_line(pid_file), sent)
            _wait_for_end(cluster)
    if _processes_of(cluster):
        raise PostgresError(f"a PostgreSQL left over on {cluster} can't be stopped")
    if sys.platform == "linux":
        # PostgreSQL would refuse to start if the number in it were another process's by now. That nobody works
        # on the cluster is proven above.
        pid_file.unlink(missing_ok=True)


def _signal_leftover(pids: list[int], postmaster: str, sent: signal.Signals) -> None:
    """To the first process, which tells the others: to them SIGINT means other things. Without it, firmly to all."""
    alone = [pid for pid in pids if str(pid) == postmaster]
    for pid in alone or pids:
        with suppress(ProcessLookupError):
            os.kill(pid, sent if alone else max(sent, signal.SIGQUIT))


def _wait_for_end(cluster: Path) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline and _processes_of(cluster):
        time.sleep(0.02)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0]
    except FileNotFoundError:
        return ""


def _processes_of(cluster: Path) -> list[int]:
    """Every process at work on the cluster: PostgreSQL's stand in its folder. A pid file alone proves nothing,
    for after a restart of the machine its number may be anybody's.
    """
    if sys.platform != "linux":
        return _postmasters_listed(cluster)
    folder = cluster.resolve()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
    return found


def _postmasters_listed(cluster: Path) -> list[int]:
    listed = subprocess.run(["/bin/ps", "-axo", "pid=,command="], check=True, capture_output=True, text=True)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if f"postgres -D {cluster} " in line]
