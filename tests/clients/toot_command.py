"""The command line `toot`, as one person at one machine uses it: with a configuration folder of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.clients.running_server import RunningServer


class TootFailed(AssertionError):
    """toot ended with an error; its message is what toot told its user."""


class TootForks:
    """The process that runs command lines of toot; see toot_forks.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "toot_forks.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: list[str], environment: dict[str, str], stdin: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = {"arguments": arguments, "environment": environment, "stdin": stdin}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answered: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answered

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


class Toot:
    """`alice("post", "hello")` is `toot post hello`, typed by alice."""

    def __init__(self, forks: TootForks, server: RunningServer, home: Path, username: str) -> None:
        self.server = server
        self.username = username
        self.environment = {
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "HOME": str(home),
            "COLUMNS": "100",
            "LC_ALL": "C.UTF-8",
        }
        self._forks = forks

    @property
    def address(self) -> str:
        return f"{self.username}@{self.server.domain}"

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """What it prints. Raises TootFailed."""
        ended = self._forks.run(list(arguments), self.environment, stdin)
        if ended["code"] != 0:
            raise TootFailed(ended["errors"])
        return str(ended["output"])

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))

    def as_module(self, *arguments: str) -> "subprocess.Popen[str]":
        """`python -m toot …` as a process to talk with."""
        return subprocess.Popen(
            [sys.executable, "-m", "toot", *arguments],
            env=os.environ | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
