"""Readers of streams inside the test's own process: a socket and lines, each a connection of ASGI made by hand."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

# Far above what anything takes; only a failure waits for it.
PATIENCE_SECONDS = 30.0
PATH = "/api/v1/streaming"


class Connection:
    """One connection to the application. `slow`: what is sent to it is never taken, until it is let go."""

    def __init__(self, app: Any, scope: dict[str, Any]) -> None:
        self.scope = scope
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.taking = asyncio.Event()
        self.taking.set()
        self.task = asyncio.create_task(app(scope, self.said.get, self._send))

    async def _send(self, message: Any) -> None:
        await self.taking.wait()
        self.sent.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.sent.get(), PATIENCE_SECONDS)

    async def end(self) -> None:
        """Waits until the application has let go of the connection."""
        await asyncio.wait_for(self.task, PATIENCE_SECONDS)

    def leave(self, message: str) -> None:
        self.said.put_nowait({"type": message, "code": 1005})


class Socket(Connection):
    """A client of WebSockets."""

    async def event(self) -> tuple[list[str], str, Any]:
        """The next event: its stream, its name, its payload out of its own JSON (the bare text of a deletion)."""
        frame = await self.frame()
        payload = frame["payload"]
        return frame["stream"], frame["event"], payload if frame["event"] == "delete" else json.loads(payload)

    async def frame(self) -> dict[str, Any]:
        message = await self.next()
        assert message["type"] == "websocket.send", message
        frame: dict[str, Any] = json.loads(message["text"])
        return frame

    def say(self, text: str) -> None:
        self.said.put_nowait({"type": "websocket.receive", "text": text})

    async def settled(self) -> None:
        """Everything said so far was heard: what is said in order is answered in order."""
        self.say("?")
        assert (await self.frame())["status"] == 400

    def subscribe(self, stream: str, **more: str) -> None:
        self.say(json.dumps({"type": "subscribe", "stream": stream, **more}))

    def unsubscribe(self, stream: str, **more: str) -> None:
        self.say(json.dumps({"type": "unsubscribe", "stream": stream, **more}))


class Lines(Connection):
    """A client of server-sent events."""

    async def event(self) -> tuple[str, Any]:
        """The next event's name and payload; heartbeats are passed over."""
        while True:
            body = (await self.next())["body"].decode()
            if body.startswith("event: "):
                name, data, *rest = body.split("\n")
                assert rest == ["", ""], body
                return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))
            assert body == ":thump\n", body


def scope_of(kind: str, path: str, headers: dict[str, str], query: dict[str, str]) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "ws" if kind == "websocket" else "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(query).encode(),
        "root_path": "",
        "headers": [
            (b"host", b"parley.test"),
            *((k.lower().encode(), v.encode()) for k, v in headers.items()),
        ],
        "client": ("203.0.113.7", 40000),
        "server": ("parley.test", 443),
        "extensions": {"websocket.http.response": {}},
        "subprotocols": [],
        "state": {},
    }


@asynccontextmanager
async def socket(
    app: Any,
    headers: dict[str, str] | None = None,
    *,
    subprotocols: tuple[str, ...] = (),
    client: str = "203.0.113.7",
    **query: str,
) -> AsyncIterator[Socket]:
    """An open socket; `query` as in its address."""
    made = knock(app, headers, subprotocols=subprotocols, client=client, **query)
    accepted = await made.next()
    assert accepted["type"] == "websocket.accept", accepted
    made.scope["accepted"] = accepted
    try:
        await made.settled()
        yield made
    finally:
        made.taking.set()
        made.leave("websocket.disconnect")
        await made.end()


def knock(
    app: Any,
    headers: dict[str, str] | None = None,
    *,
    subprotocols: tuple[str, ...] = (),
    client: str = "203.0.113.7",
    **query: str,
) -> Socket:
    """A socket that may be refused."""
    scope = scope_of("websocket", PATH, headers or {}, query)
    del scope["method"]
    scope |= {"subprotocols": list(subprotocols), "client": (client, 40000)}
    made = Socket(app, scope)
    made.said.put_nowait({"type": "websocket.connect"})
    return made


async def refusal(asked: Socket) -> tuple[int, str]:
    """Status and sentence of a refused handshake."""
    start, body = await asked.next(), await asked.next()
    assert start["type"] == "websocket.http.response.start", start
    await asked.end()
    return start["status"], json.loads(body["body"])["error"]


@asynccontextmanager
async def lines(
    app: Any, path: str, headers: dict[str, str] | None = None, **query: str
) -> AsyncIterator[Lines]:
    """An open stream of server-sent events."""
    made = Lines(app, scope_of("http", f"{PATH}/{path}", headers or {}, query))
    made.said.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    start = await made.next()
    assert start["status"] == 200, (start, await made.next())
    made.scope["start"] = start
    # The first heartbeat tells that the stream is open.
    assert (await made.next())["body"] == b":thump\n"
    try:
        yield made
    finally:
        made.taking.set()
        made.leave("http.disconnect")
        await made.end()
