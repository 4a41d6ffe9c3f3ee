"""Servers under measurement, each a tree of processes, and the CPU seconds that a tree has used."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import psutil

from bench.load import Job, Outcome

ROOT = Path(__file__).parent.parent


def cpu_seconds(process_ids: list[int]) -> float:
    """User and system time of these processes and of all below them, those that have ended included."""
    total = 0.0
    for process_id in process_ids:
        top = psutil.Process(process_id)
        for process in (top, *top.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A python of this environment in the background; its words go to the terminal's error stream."""
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **environment}, stdout=sys.stderr
    )


def run(arguments: list[str]) -> None:
    """A python of this environment, until it has ended."""
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True)


def wait_until_open(port: int, timeout_seconds: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


def load(job: Job) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=msgspec.msgpack.encode(job),
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    return msgspec.msgpack.decode(done.stdout, type=Outcome)
