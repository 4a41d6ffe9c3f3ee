"""A server as `parley serve` runs it, in processes of its own, for as long as the tests that talk to it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import msgspec

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "swordfish"  # what Mastodon.py's own tests use; shorter than the usual rule allows
_START_SECONDS = 30
_STOP_SECONDS = 15


class RunningServer(msgspec.Struct, frozen=True):
    process: "subprocess.Popen[bytes]"
    url: str
    log_path: Path
    environment: dict[str, str]

    @property
    def domain(self) -> str:
        return self.url.removeprefix("http://")

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def run(self, *arguments: str) -> str:
        """What `parley …` prints, in the settings of this server."""
        command = [sys.executable, "-m", "parley", *arguments]
        return subprocess.run(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def start_server(folder: Path, database_url: str, **more: str) -> RunningServer:
    """Starts it on a free port and returns when it answers. `more` are settings as the environment holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    port, log_path = _free_port(), folder / "server.log"
    environment = _environment(folder, database_url, port) | more
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "parley", "serve"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = RunningServer(process, f"http://127.0.0.1:{port}", log_path, environment)
    try:
        _wait_until_healthy(server)
    except BaseException:
        process.kill()
        raise
    return server


def _environment(folder: Path, database_url: str, port: int) -> dict[str, str]:
    """Nothing of the machine's own settings: an unknown PARLEY_ variable is an error by design."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PARLEY_") and name != "DATABASE_URL"
    }
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PARLEY_DATA_DIR": str(folder / "data"),
        "PARLEY_DATABASE_URL": database_url,
        "PARLEY_PORT": str(port),
        "PARLEY_RATE_LIMITS": "off",
        "PARLEY_CONFIRM_EMAIL": "off",
        "PARLEY_PASSWORD_GRANT": "on",
        "PARLEY_PASSWORD_LENGTH_MIN": str(len(PASSWORD)),
        "PARLEY_DATABASE_CONNECTIONS": "4",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: RunningServer) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            if httpx.get(f"{server.url}/health", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{server.log()}")
