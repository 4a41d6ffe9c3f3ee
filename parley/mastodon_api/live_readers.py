"""Event: what happened, as frames made once for all readers. Reader: somebody who has streams open, by either way.

What a reader has not taken yet waits in a queue with limits. Whoever lets it run over, or takes nothing between two
heartbeats, is dropped: clients come back by themselves and fetch what they missed.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Coroutine
from typing import Any

import msgspec
from litestar.types import Send

from parley.identity.viewer import Viewer
from parley.mastodon_api.streams import Stream

QUEUED_MAX = 200
QUEUED_LENGTH_MAX = 512 * 1024
_GOODBYE_SECONDS = 1.0


class Ending(msgspec.Struct, frozen=True):
    """Why a reader is sent away, by the codes of RFC 6455."""

    code: int
    reason: str


TOO_SLOW = Ending(1008, "Too slow")
REVOKED = Ending(1008, "The access token is invalid")
GONE = Ending(1006, "Gone")
STOPPING = Ending(1001, "The server stops")


class Event:
    """`payload` is JSON, or a bare id; empty where the name says all."""

    __slots__ = ("_frames", "_lines", "_quoted", "name", "payload")

    def __init__(self, name: str, payload: bytes) -> None:
        self.name = name
        self.payload = payload
        self._quoted = b""
        self._frames: dict[bytes, str] = {}
        self._lines = b""

    def frame(self, label: bytes) -> str:
        """For a WebSocket: JSON in which the payload is a text of JSON. `label`: the stream's names, as JSON."""
        frame = self._frames.get(label)
        if frame is None:
            if not self._quoted and self.payload:
                self._quoted = b',"payload":' + msgspec.json.encode(self.payload.decode())
            made = b'{"stream":%b,"event":"%b"%b}' % (label, self.name.encode(), self._quoted)
            frame = self._frames[label] = made.decode()
        return frame

    def lines(self) -> bytes:
        """For server-sent events. Browsers pass over an event without data; this word is what clients know."""
        if not self._lines:
            self._lines = b"event: %b\ndata: %b\n\n" % (self.name.encode(), self.payload or b"undefined")
        return self._lines


class Reader(ABC):
    """Made in the task that then stays (see `stay`) until the reader leaves or is sent away."""

    __slots__ = (
        "_length",
        "_queue",
        "_send",
        "_taken",
        "_taken_before",
        "_task",
        "_writing",
        "_writing_before",
        "address",
        "ending",
        "streams",
        "viewer",
    )  # fmt: skip
    # What is sent even when there is nothing to tell, so that whatever stands between keeps the connection.
    heartbeat: str | bytes
    # From one to the next, in turns of the one clock for all.
    heartbeat_turns: int

    def __init__(self, viewer: Viewer, address: str, send: Send) -> None:
        self.viewer = viewer
        self.address = address
        self.streams: dict[Stream, bytes] = {}
        self.ending: Ending | None = None
        self._send = send
        self._task: asyncio.Task[Any] | None = asyncio.current_task()
        self._queue: deque[str | bytes] = deque()
        self._length = 0
        self._writing: asyncio.Task[None] | None = None
        self._taken = 0
        self._taken_before = 0
        self._writing_before: asyncio.Task[None] | None = None

    @abstractmethod
    def tell(self, event: Event, label: bytes) -> None:
        """Queues an event in the form of this kind of stream; `label` names the stream it is told on."""

    def push(self, item: str | bytes) -> None:
        """Queues what is sent as soon as what was queued before has been taken."""
        if self.ending is not None:
            return
        self._queue.append(item)
        self._length += len(item)
        if len(self._queue) > QUEUED_MAX or self._length > QUEUED_LENGTH_MAX:
            self.end(TOO_SLOW)
        elif self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())
            self._writing.add_done_callback(self._written)

    def beat(self) -> None:
        """A heartbeat, or the end for whoever took nothing of what was being sent since the last one."""
        if self._writing is None:
            self.push(self.heartbeat)
        elif self._writing is self._writing_before and self._taken == self._taken_before:
            self.end(TOO_SLOW)
        self._taken_before, self._writing_before = self._taken, self._writing

    def end(self, ending: Ending) -> None:
        """Sends the reader away; what is still queued is lost."""
        if self.ending is None:
            self.ending = ending
            self._queue.clear()
            if self._task is not None:
                self._task.cancel()

    async def stay(self, listening: Coroutine[Any, Any, None]) -> None:
        """Until `listening` ends, as the reader left, or `end` was called."""
        try:
            await listening
        except asyncio.CancelledError:
            if self.ending is None or self._task is None:
                raise
            self._task.uncancel()
            await self._take_leave(self.ending)
        finally:
            self.ending = self.ending or GONE
            if self._writing is not None:
                self._writing.cancel()

    async def _take_leave(self, ending: Ending) -> None:
        """In good order, unless the reader is stuck in the middle of something."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=_GOODBYE_SECONDS)
        if self._writing is None:
            try:
                await asyncio.wait_for(self._say_goodbye(ending), _GOODBYE_SECONDS)
            except (TimeoutError, OSError, RuntimeError):
                return

    async def _write(self) -> None:
        try:
            while self._queue:
                item = self._queue.popleft()
                await self._send_item(item)
                self._length -= len(item)
                self._taken += 1
        finally:
            self._writing = None

    def _written(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            # The connection broke under it.
            self.end(GONE)

    @abstractmethod
    async def _send_item(self, item: Any) -> None: ...

    @abstractmethod
    async def _say_goodbye(self, ending: Ending) -> None: ...


class SocketReader(Reader):
    """By WebSocket. A server's ping is beyond ASGI, so the heartbeat is an event of no stream, which clients ignore."""

    __slots__ = ()
    heartbeat = '{"stream":[],"event":"heartbeat","payload":"{}"}'
    heartbeat_turns = 2

    def tell(self, event: Event, label: bytes) -> None:
        self.push(event.frame(label))

    async def _send_item(self, item: Any) -> None:
        message: Any = {"type": "websocket.send", "text": item}
        await self._send(message)

    async def _say_goodbye(self, ending: Ending) -> None:
        code = 1000 if ending is GONE else ending.code
        message: Any = {"type": "websocket.close", "code": code, "reason": ending.reason}
        await self._send(message)


class LinesReader(Reader):
    """By server-sent events."""

    __slots__ = ()
    heartbeat = b":thump\n"
    heartbeat_turns = 1

    def tell(self, event: Event, label: bytes) -> None:  # noqa: ARG002 - here the address tells the stream
        self.push(event.lines())

    async def _send_item(self, item: Any) -> None:
        message: Any = {"type": "http.response.body", "body": item, "more_body": True}
        await self._send(message)

    async def _say_goodbye(self, ending: Ending) -> None:  # noqa: ARG002 - the end of a body bears no reason
        message: Any = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)
