"""Streams of a running server: Mastodon.py's by server-sent events, and a WebSocket client's."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from mastodon import StreamListener
from mastodon.return_types import Notification, Status

from tests.clients.running_server import PASSWORD, RunningServer, start_server
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.web_socket import Closed, WebSocket
from tests.conftest import copy_template

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]

PATIENCE_SECONDS = 40


class Listener(StreamListener):
    """Gathers what comes; knows by the first heartbeat that the stream is open."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()

    def handle_heartbeat(self) -> None:
        self.open.set()

    def on_any_event(self, name: str, data: Any = None, _for_stream: Any = None) -> None:
        self.heard.put((name, data))

    def next(self) -> tuple[str, Any]:
        return self.heard.get(timeout=PATIENCE_SECONDS)


@contextmanager
def listening(stream: Callable[..., Any], *arguments: Any, **more: Any) -> Iterator[Listener]:
    listener = Listener()
    handle = stream(*arguments, listener=listener, run_async=True, **more)
    try:
        assert listener.open.wait(PATIENCE_SECONDS), "the stream does not open"
        yield listener
    finally:
        handle.closed = True
        # Closing alone would wait for the thread that reads, hence for the next heartbeat.
        with suppress(RuntimeError, AttributeError):  # the server ended it, or it never opened
            handle.connection.raw.shutdown()
        handle.close()


def test_the_streaming_server_is_healthy(alice: StrictMastodon) -> None:
    assert alice.stream_healthy()


def test_one_hears_of_posts_edits_and_deletions(alice: StrictMastodon, bob: StrictMastodon) -> None:
    bob.account_follow(alice.me())
    made = bob.list_create("Friends")
    bob.list_accounts_add(made, [alice.me().id])
    with (
        listening(bob.stream_user) as home,
        listening(bob.stream_public, local=True) as public,
        listening(bob.stream_hashtag, "livestream") as tag,
        listening(bob.stream_list, made) as of_list,
    ):
        said = alice.status_post("Here we go #livestream")
        for listener in (home, public, tag, of_list):
            name, status = listener.next()
            assert (name, type(status), status.id) == ("update", Status, said.id)
        alice.status_update(said, "There we go #livestream")
        for listener in (home, public, tag, of_list):
            name, status = listener.next()
            assert (name, status.id, "There we go" in status.content) == ("status.update", said.id, True)
        alice.status_delete(said)
        for listener in (home, public, tag, of_list):
            assert listener.next() == ("delete", said.id)


def test_one_hears_of_notifications(alice: StrictMastodon, bob: StrictMastodon) -> None:
    with (
        listening(alice.stream_user_notifications) as notifications,
        listening(alice.stream_direct),
        listening(alice.stream_local, only_media=True) as pictures,
    ):
        bob.account_follow(alice.me())
        name, notification = notifications.next()
        assert (name, type(notification), notification.type) == ("notification", Notification, "follow")
        assert pictures.heard.empty()


def test_one_hears_of_filters_and_announcements(alice: StrictMastodon, server: RunningServer) -> None:
    with listening(alice.stream_user) as listener:
        alice.filter_create("goal", ["home"])
        assert listener.next() == ("filters_changed", None)
        number = server.run("announcement", "create", "Tea").split()[0]
        name, told = listener.next()
        assert (name, told.id) == ("announcement", number)
        alice.announcement_reaction_create(told, "🎉")
        name, reaction = listener.next()
        assert (name, reaction.announcement_id, reaction.count) == ("announcement.reaction", number, 1)
        server.run("announcement", "delete", number)
        assert listener.next() == ("announcement.delete", int(number))


def test_sockets_carry_many_streams_and_end_with_their_token(
    server: RunningServer, application: tuple[str, str], alice: StrictMastodon, bob: StrictMastodon
) -> None:
    phone = StrictMastodon(*application, api_base_url=server.url)
    token = phone.log_in(alice.me().username, PASSWORD, scopes=["read", "write"], allow_http=True)
    with WebSocket(server.url, subprotocol=f"{token}") as socket:
        assert socket.subprotocol == token
        socket.say(type="subscribe", stream="user")
        socket.say(type="subscribe", stream="hashtag", tag="Socket")
        socket.say(type="subscribe", stream="nothing")
        assert socket.frame() == {"error": "Unknown stream type", "status": 400}
        assert socket.ping() == b"there?"
        said = bob.status_post("#socket")
        stream, event, payload = socket.event()
        assert (stream, event, payload["id"]) == (["hashtag", "Socket"], "update", str(said.id))
        socket.say(type="unsubscribe", stream="hashtag", tag="socket")
        socket.settled()
        bob.status_post("#socket again")
        bob.account_follow(alice.me())
        stream, event, payload = socket.event()
        assert (stream, event, payload["type"]) == (["user"], "notification", "follow")
        phone.revoke_access_token(allow_http=True)
        with pytest.raises(Closed) as closed:
            socket.event()
        assert closed.value.code == 1008
    for more in ({"token": token}, {"access_token": token}, {}):
        with pytest.raises(ConnectionRefusedError) as refused:
            WebSocket(server.url, **more)
        assert refused.value.args == (401,)


async def test_several_processes_serve_streams_and_stop_in_order(server_dsn: str, tmp_path: Path) -> None:
    """What one process takes, streams of the other bring; nobody is left hanging at the end."""
    server = start_server(
        tmp_path, await copy_template(server_dsn, "parley_test_streams"), PARLEY_WORKERS="2"
    )
    try:
        made = server.run("account", "create", "reader", "--count", "1", "--token", "read write")
        token = made.split()[1]
        reader = StrictMastodon(access_token=token, api_base_url=server.url)
        with listening(reader.stream_user) as lines:
            sockets = [WebSocket(server.url, token=token, stream="user") for _ in range(8)]
            for socket in sockets:
                socket.settled()
            said = reader.status_post("to all of us")
            assert lines.next()[1].id == said.id
            assert {socket.event()[2]["id"] for socket in sockets} == {str(said.id)}
            server.stop()
            for socket in sockets:
                with pytest.raises(Closed) as closed:
                    socket.event()
                assert closed.value.code == 1001
    finally:
        server.process.kill()
    assert "Traceback" not in server.log()
