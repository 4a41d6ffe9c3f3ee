"""Web push and previews of links with Mastodon.py, against a running server that may ask this machine."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mastodon.errors import MastodonNotFoundError

from tests.clients.running_server import PASSWORD, start_server
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually
from tests.conftest import copy_template

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


class Elsewhere(ThreadingHTTPServer):
    """Another site: a page to link to, and a push service that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pushed: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_GET(self) -> None:
        self._answer(200, b"<html lang='en'><title>A page of its own</title><meta name=author content=Ada>")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.pushed.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self._answer(201, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


async def test_pushes_and_previews(server_dsn: str, tmp_path: Path, elsewhere: Elsewhere) -> None:
    running = start_server(
        tmp_path,
        await copy_template(server_dsn, "parley_test_push"),
        PARLEY_OUTGOING_PORTS=str(elsewhere.server_port),
        PARLEY_OUTGOING_ALLOWED_NETWORKS="127.0.0.1/32",
    )
    try:
        made = running.run(
            "account",
            "create",
            "member",
            "--count",
            "2",
            "--password",
            PASSWORD,
            "--token",
            "read write follow push",
        )
        alice, bob = (
            StrictMastodon(access_token=line.split()[1], api_base_url=running.url)
            for line in made.splitlines()
        )
        check_pushes(alice, bob, elsewhere)
        check_previews(alice, bob, elsewhere)
    finally:
        running.stop()
    assert "Traceback" not in running.log(), running.log()


def check_pushes(alice: StrictMastodon, bob: StrictMastodon, elsewhere: Elsewhere) -> None:
    with pytest.raises(MastodonNotFoundError):
        alice.push_subscription()
    private, public = alice.push_subscription_generate_keys()
    made = alice.push_subscription_set(
        f"{elsewhere.url}/push", public, mention_events=True, favourite_events=False, policy="all"
    )
    assert made.server_key == alice.instance().configuration.vapid.public_key
    assert (made.endpoint, made.standard, made.alerts.mention, made.alerts.favourite) == (
        f"{elsewhere.url}/push",
        False,
        True,
        False,
    )
    assert alice.push_subscription() == made
    said = bob.status_post(f"@{alice.me().username} did you get this?")
    headers, body = eventually(lambda: elsewhere.pushed)[0]
    heard = alice.push_subscription_decrypt_push(body, private, headers["encryption"], headers["crypto-key"])
    assert heard.access_token == alice.access_token
    assert heard.notification_type == "mention"
    assert "did you get this?" in heard.body
    assert alice.notifications(id=heard.notification_id).status.id == said.id
    changed = alice.push_subscription_update(mention_events=False, poll_events=True, policy="followed")
    assert (changed.alerts.mention, changed.alerts.poll, changed.policy) == (False, True, "followed")
    alice.push_subscription_delete()
    with pytest.raises(MastodonNotFoundError):
        alice.push_subscription()


def check_previews(alice: StrictMastodon, bob: StrictMastodon, elsewhere: Elsewhere) -> None:
    link = f"{elsewhere.url}/page"
    said = alice.status_post(f"Read this: {link}")
    card = eventually(lambda: bob.status_card(said))
    assert (card.title, card.url, card.authors[0].name) == ("A page of its own", link, "Ada")
    assert [each.id for each in bob.timeline_link(link)] == [said.id]
    assert bob.timeline_link(link, max_id=said.id) == []
