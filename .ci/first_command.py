"""The README's first command on a clone of this commit, with the locks that members get: twice, ended by Ctrl-C."""

# ruff: noqa: INP001, S603, S607, T201 - a script that runs commands of ours and prints

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
START_SECONDS_MAX = 300.0
STOP_SECONDS_MAX = 20.0


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="parley-newcomer-"))
    # As root, the database runs as a user who must be able to reach it.
    folder.chmod(0o711)
    clone = folder / "parley"
    subprocess.run(["git", "clone", "--quiet", CHECKOUT, clone], check=True)
    port = free_port()
    first = serve_once(clone, port, START_SECONDS_MAX)
    print(f"first start, with set-up: {first:.1f} s")
    again = serve_once(clone, port, START_SECONDS_MAX)
    print(f"next start: {again:.2f} s (aim: under 3 s)")
    shutil.rmtree(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve_once(clone: Path, port: int, seconds_max: float) -> float:
    """Seconds from the command to an answer; Ctrl-C must end it in good order, with nothing left running."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    environment.pop("DATABASE_URL", None)
    environment |= {"PARLEY_PORT": str(port), "PARLEY_DATA_DIR": str(clone / "data")}
    started = time.monotonic()
    # A session of its own stands for a terminal: Ctrl-C reaches every process in it.
    server = subprocess.Popen(["script/server"], cwd=clone, env=environment, start_new_session=True)
    try:
        wait_until_healthy(server, port, started + seconds_max)
        taken = time.monotonic() - started
        os.killpg(server.pid, signal.SIGINT)
        code = server.wait(STOP_SECONDS_MAX)
        if code != 0 or answers(port):
            sys.exit(f"Ctrl-C ended the server with code {code}; it still answers: {answers(port)}")
        if left := processes_in(clone):
            sys.exit(f"Ctrl-C left these running: {left}")
        return taken
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(STOP_SECONDS_MAX)


def wait_until_healthy(server: "subprocess.Popen[bytes]", port: int, deadline: float) -> None:
    while not answers(port):
        if server.poll() is not None:
            sys.exit(f"script/server ended with code {server.returncode}")
        if time.monotonic() > deadline:
            sys.exit("script/server did not answer in time")
        time.sleep(0.02)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def processes_in(clone: Path) -> list[str]:
    """Command lines of processes that name the clone; only where /proc tells."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(clone) in command:
            found.append(command)
    return found


if __name__ == "__main__":
    main()
