"""masto.js and megalodon, where Node is: streams as apps in browsers hear them, and a push subscription."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clients.running_server import RunningServer
from tests.clients.strict_mastodon import StrictMastodon

_SCRIPTS = Path(__file__).parent / "javascript"
_PATIENCE_SECONDS = 40
_ATTEMPTS_MAX = 40

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="Node and npm are not installed"
)


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts with the exact versions of their libraries, whose hashes stand in the lock file."""
    folder = tmp_path_factory.mktemp("javascript") / "scripts"
    shutil.copytree(_SCRIPTS, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm could not install the libraries: {done.stderr[-300:]}")
    return folder


class Lines:
    """What a script tells, line by line, in whatever order."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.coming: queue.Queue[dict[str, Any]] = queue.Queue()

    def wait(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = _PATIENCE_SECONDS) -> Any:
        """The value of the first line, told before or to come, that is wanted. Raises queue.Empty."""
        for line in self.told:
            if wanted(line):
                return line["value"]
        while True:
            line = self.coming.get(timeout=seconds)
            self.told.append(line)
            if wanted(line):
                return line["value"]

    def kind(self, name: str) -> Any:
        return self.wait(lambda line: line["kind"] == name)

    def event(self, stream: str, name: str, event_id: Any = None) -> Any:
        return self.wait(
            lambda line: (
                line["kind"] == "event"
                and (line["value"]["name"], line["value"]["event"]) == (stream, name)
                and str(event_id or line["value"]["id"]) == str(line["value"]["id"])
            )
        )


@contextmanager
def running(folder: Path, script: str, server: RunningServer, member: StrictMastodon) -> Iterator[Lines]:
    environment = os.environ | {
        "PARLEY_URL": server.url,
        "PARLEY_TOKEN": str(member.access_token),
        "PUSH_ENDPOINT": "https://1.1.1.1/to/nobody",
    }
    process = subprocess.Popen(
        ["node", script], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    lines = Lines()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.coming.put(json.loads(line))

    threading.Thread(target=read, daemon=True).start()
    try:
        yield lines
    finally:
        process.kill()
        process.wait()


def _until_heard(lines: Lines, say: Callable[[], str], wanted: Callable[[dict[str, Any]], bool]) -> None:
    """The libraries don't tell when a subscription stands, so it is tried until something is heard."""
    for _ in range(_ATTEMPTS_MAX):
        say()
        try:
            lines.wait(wanted, seconds=0.5)
        except queue.Empty:
            continue
        return
    pytest.fail("nothing was heard")


def test_masto_js_hears_its_streams_and_keeps_a_push_subscription(
    scripts: Path, server: RunningServer, alice: StrictMastodon, bob: StrictMastodon
) -> None:
    alice.account_follow(bob.me())
    bob.account_follow(alice.me())
    with running(scripts, "masto.mjs", server, alice) as lines:
        _until_heard(
            lines,
            lambda: str(bob.status_post("about #masto").id),
            lambda line: line["kind"] == "event" and line["value"]["name"] == "hashtag",
        )
        said = bob.status_post("hello #masto")
        lines.event("user", "update", said.id)
        lines.event("hashtag", "update", said.id)
        bob.status_update(said, "hello again #masto")
        lines.event("user", "status.update", said.id)
        bob.status_delete(said)
        lines.event("user", "delete", said.id)
        name = alice.me().username
        whispered = bob.status_post(f"@{name} a word", visibility="direct")
        assert lines.event("direct", "conversation")["lastStatus"] == str(whispered.id)
        assert lines.event("user", "notification")["type"] in {"follow", "mention"}
        assert lines.kind("none")["status"] == 404
        made = lines.kind("made")
        assert (made["endpoint"], made["alerts"]["mention"]) == ("https://1.1.1.1/to/nobody", True)
        assert lines.kind("changed")["alerts"]["follow"] is True
        assert lines.kind("fetched")["alerts"]["mention"] is False
        lines.kind("removed")
        assert lines.kind("gone")["status"] == 404


def test_megalodon_hears_a_members_stream(
    scripts: Path, server: RunningServer, alice: StrictMastodon, bob: StrictMastodon
) -> None:
    alice.account_follow(bob.me())
    with running(scripts, "megalodon.mjs", server, alice) as lines:
        _until_heard(lines, lambda: str(bob.status_post("x").id), lambda line: line["kind"] == "update")
        said = bob.status_post("hello")
        assert lines.wait(lambda line: line == {"kind": "update", "value": str(said.id)})
        bob.status_delete(said)
        assert lines.wait(lambda line: line == {"kind": "delete", "value": str(said.id)})
        bob.status_favourite(alice.status_post("like me"))
        assert lines.kind("notification") == "favourite"
