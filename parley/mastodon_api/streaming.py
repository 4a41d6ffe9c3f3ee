"""/api/v1/streaming: streams by WebSocket, one or many at once, and by server-sent events, one an address.

https://docs.joinmastodon.org/methods/streaming/
"""

import logging
from typing import Any, Literal

import msgspec
from litestar.types import Receive, Scope, Send

from parley.identity.errors import LoginNotReady
from parley.identity.viewer import ANONYMOUS, Viewer
from parley.kit.client_address import address_group, client_address
from parley.kit.db import lost_connection
from parley.kit.errors import BadRequest, ParleyError, Unauthorized, Unavailable
from parley.kit.head_only import HEAD_KEY
from parley.mastodon_api.call import Answer, Call, Handler, Route
from parley.mastodon_api.live import Hub
from parley.mastodon_api.live_readers import LinesReader, SocketReader
from parley.mastodon_api.streams import AskedStream, open_stream
from parley.moderation.sign_in_wall import wall_height

_MESSAGE_LENGTH_MAX = 4096
_LINES_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"private, no-store"),
    # Proxies that gather a body before they pass it on are asked not to.
    (b"x-accel-buffering", b"no"),
]

log = logging.getLogger(__name__)


class StreamParams(msgspec.Struct, frozen=True):
    """`stream` where the address names none. The token may stand here, as browsers can send no header."""

    stream: str = ""
    tag: str | None = None
    list: str | None = None
    only_media: bool = False
    access_token: str | None = None


class SocketMessage(msgspec.Struct, frozen=True):
    """What a client says by WebSocket."""

    type: Literal["subscribe", "unsubscribe"]
    stream: str = ""
    tag: str | None = None
    list: str | int | None = None

    @property
    def asked(self) -> AskedStream:
        return AskedStream(self.stream, self.tag, None if self.list is None else str(self.list))


async def health(_call: Call) -> Answer:
    return Answer(b"OK", media_type=b"text/plain; charset=utf-8")


# Server-sent events


class LinesAnswer(Answer):
    """Ends when its reader leaves or is sent away. Raises TooMany or Unavailable before anything is sent."""

    __slots__ = ("_asked", "_call")

    def __init__(self, call: Call, asked: AskedStream) -> None:
        super().__init__(b"")
        self._call = call
        self._asked = asked

    async def send(self, send: Send) -> None:
        call, hub = self._call, _hub_of(self._call.scope)
        async with call.database.reading() as conn:
            opened = await open_stream(conn, call.viewer, self._asked)
        reader = LinesReader(call.viewer, _address_of(call), send)
        hub.enter(reader)
        try:
            hub.places.open(reader, opened)
            start: Any = {"type": "http.response.start", "status": 200, "headers": list(_LINES_HEADERS)}
            await send(start)
            if call.scope.get(HEAD_KEY):
                nothing: Any = {"type": "http.response.body", "body": b"", "more_body": False}
                await send(nothing)
                return
            reader.push(reader.heartbeat)
            await reader.stay(_until_gone(call.receive))
        finally:
            hub.places.leave(reader)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _lines_of(name: str) -> Handler:
    """The handler of an address that names its stream, or of the one that leaves it to `stream`."""

    async def lines(call: Call) -> Answer:
        params = call.query(StreamParams)
        if call.viewer.token_id is None and params.access_token:
            call.viewer = await call.tokens.viewer_of_bearer(call.database, params.access_token)
        await _stop_at_wall(call)
        stream = name or params.stream
        if params.only_media and stream in {"public", "public:local", "public:remote"}:
            stream += ":media"
        return LinesAnswer(call, AskedStream(stream, params.tag, params.list))

    return lines


# WebSocket


async def serve_socket(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await _serve(_call_of(scope, receive), _hub_of(scope), send)
    except Exception:
        log.exception("a WebSocket failed")
        raise


async def _serve(call: Call, hub: Hub, send: Send) -> None:
    await call.receive()
    try:
        params = call.query(StreamParams)
        call.viewer = await _viewer_of(call, params)
        await _stop_at_wall(call)
        reader = SocketReader(call.viewer, _address_of(call), send)
        hub.enter(reader)
    except Exception as error:
        if isinstance(error, ParleyError) or lost_connection(error):
            await _deny(call.scope, send, error if isinstance(error, ParleyError) else Unavailable())
            return
        raise
    try:
        accept: Any = {"type": "websocket.accept", "subprotocol": _subprotocol(call.scope), "headers": []}
        await send(accept)
        await reader.stay(_converse(call, hub, reader, params))
    finally:
        hub.places.leave(reader)


async def _converse(call: Call, hub: Hub, reader: SocketReader, params: StreamParams) -> None:
    if params.stream:
        await _obey(call, hub, reader, SocketMessage("subscribe", params.stream, params.tag, params.list))
    while True:
        message: Any = await call.receive()
        if message["type"] == "websocket.disconnect":
            return
        await _obey(call, hub, reader, message.get("text") or "")


async def _obey(call: Call, hub: Hub, reader: SocketReader, said: SocketMessage | str) -> None:
    """Opens or closes a stream; what is refused is told, and the socket stays."""
    try:
        if isinstance(said, str):
            await call.limiter.spend_request(call.database, call.viewer.account_id, call.scope)
            said = _read(said)
        if said.type == "unsubscribe":
            hub.places.close(reader, said.asked)
            return
        async with call.database.reading() as conn:
            opened = await open_stream(conn, call.viewer, said.asked)
        hub.places.open(reader, opened)
    except ParleyError as error:
        reader.push(_refusal(error).decode())
    except Exception as error:
        if lost_connection(error):
            reader.push(_refusal(Unavailable()).decode())
            return
        raise


def _read(text: str) -> SocketMessage:
    """Raises BadRequest."""
    if not text or len(text) > _MESSAGE_LENGTH_MAX:
        raise BadRequest("The message is empty or too long")
    try:
        return msgspec.json.decode(text, type=SocketMessage)
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest("The message could not be understood") from None


async def _stop_at_wall(call: Call) -> None:
    """For an application's own token, with which no member reads."""
    if call.viewer.account_id is None and await wall_height(call.database, call.settings) == "all":
        raise Unauthorized("This method requires an authenticated user")


async def _viewer_of(call: Call, params: StreamParams) -> Viewer:
    """Who opens a socket. Whose token is not good is limited by their address."""
    try:
        viewer = await _bearer_of_token(call, params)
    except (Unauthorized, LoginNotReady):
        await call.limiter.spend_request(call.database, None, call.scope)
        raise
    await call.limiter.spend_request(call.database, viewer.account_id, call.scope)
    return viewer


async def _bearer_of_token(call: Call, params: StreamParams) -> Viewer:
    """By header, parameter, or the subprotocol, which is all that a page's script can choose."""
    viewer = await call.tokens.viewer_of_request(call.database, call.scope)
    if viewer.token_id is not None:
        return viewer
    bearer = params.access_token or _subprotocol(call.scope)
    if not bearer:
        raise Unauthorized("Missing access token")
    return await call.tokens.viewer_of_bearer(call.database, bearer)


def _subprotocol(scope: Scope) -> str | None:
    """The one to be chosen: without it, a browser that offered some drops the connection."""
    offered: list[str] = scope.get("subprotocols") or []  # type: ignore[assignment]
    return offered[0] if offered else None


async def _deny(scope: Scope, send: Send, error: ParleyError) -> None:
    """As a plain answer where the server can give one instead of a handshake."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        closed: Any = {"type": "websocket.close", "code": 1008, "reason": error.shown}
        await send(closed)
        return
    start: Any = {
        "type": "websocket.http.response.start",
        "status": error.status,
        "headers": [(b"content-type", b"application/json")],
    }
    body: Any = {"type": "websocket.http.response.body", "body": _refusal(error), "more_body": False}
    await send(start)
    await send(body)


def _refusal(error: ParleyError) -> bytes:
    return msgspec.json.encode({"error": error.shown, "status": error.status})


# Both


def _hub_of(scope: Scope) -> Hub:
    hub: Hub = scope["litestar_app"].state.hub
    return hub


def _call_of(scope: Scope, receive: Receive) -> Call:
    """Of a WebSocket, whose viewer is not known yet."""
    state = scope["litestar_app"].state
    return Call(scope, receive, state.services, ANONYMOUS, state.limiter, state.tokens)


def _address_of(call: Call) -> str:
    return address_group(client_address(call.scope, call.settings.trusted_proxies))


def _lines_route(path: str, name: str, scope: str = "read:statuses") -> Route:
    return Route("GET", path, _lines_of(name), who="anyone", scope=scope, endless=True, takes=StreamParams)


ROUTES = (
    Route("GET", "/api/v1/streaming/health", health, who="anyone"),
    Route(
        "GET",
        "/api/v1/streaming",
        _lines_of(""),
        who="anyone",
        endless=True,
        socket=serve_socket,
        takes=StreamParams,
    ),
    _lines_route("/api/v1/streaming/user", "user"),
    _lines_route("/api/v1/streaming/user/notification", "user:notification", "read:notifications"),
    _lines_route("/api/v1/streaming/public", "public"),
    _lines_route("/api/v1/streaming/public/local", "public:local"),
    _lines_route("/api/v1/streaming/public/remote", "public:remote"),
    _lines_route("/api/v1/streaming/hashtag", "hashtag"),
    _lines_route("/api/v1/streaming/hashtag/local", "hashtag:local"),
    _lines_route("/api/v1/streaming/list", "list"),
    _lines_route("/api/v1/streaming/direct", "direct"),
)
