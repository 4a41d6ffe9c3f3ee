"""Around the whole application: blocked networks, CORS for apps in browsers, HEAD, request ids, limits told in headers.

By hand rather than as middleware of the framework: it stands on every hot path, and costs 3 µs.
"""

import os
from typing import Any

from litestar import Litestar, Request
from litestar.types import ASGIApp, Receive, Send

from parley.identity.admission import is_kept_out
from parley.kit.errors import ParleyError
from parley.kit.head_only import HEAD_KEY
from parley.kit.rate_limit import rate_limit_headers
from parley.kit.services import Services
from parley.media.emojis import know_emojis

_OPEN_PREFIXES = (
    "/api/",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/.well-known/",
    "/nodeinfo/",
    "/media/",
    "/static/",
)
_EXPOSED = (
    b"Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Mastodon-Async-Refresh"
)
_CORS_HEADERS = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED)]
_PREFLIGHT_HEADERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]
_SAFETY_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin")]


def _request_id() -> bytes:
    """Of nothing but chance: a number that counts would tell how many requests came in between two."""
    return os.urandom(8).hex().encode()


def outermost(app: Litestar) -> ASGIApp:
    inner = _with_headers(app)

    async def application(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await inner(scope, receive, send)
            return
        services: Services = app.state.services
        try:
            kept_out = await is_kept_out(services.database, scope, services.settings.trusted_proxies)
            await know_emojis(services.database)
        except Exception as error:  # noqa: BLE001 - nobody stands further out
            await _with_headers(_telling(app, error))(scope, receive, send)
            return
        await (_keep_out(scope, send) if kept_out else inner(scope, receive, send))

    return application


def _telling(app: Litestar, error: Exception) -> ASGIApp:
    """What befalls us before the application has the request is told as it would tell it."""

    async def application(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013, "reason": ""})
            return
        scope["litestar_app"] = app
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        tell = app.exception_handlers[ParleyError if isinstance(error, ParleyError) else Exception]
        answer = tell(request, error).to_asgi_response(app=None, request=request)
        await answer(scope, receive, send)

    return application


def _with_headers(app: ASGIApp) -> ASGIApp:
    async def application(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        if "\0" in scope["path"]:
            # Neither a file's name nor a text in PostgreSQL can hold one; like bytes that are no text, it names nothing.
            scope["path"] = scope["path"].replace("\0", "\ufffd")
        is_open = scope["path"].startswith(_OPEN_PREFIXES)
        if is_open and scope["method"] == "OPTIONS":
            await _answer_preflight(scope, send)
            return
        without_body = scope["method"] == "HEAD"
        if without_body:
            scope["method"] = "GET"
            scope[HEAD_KEY] = True
        more = [(b"x-request-id", _request_id()), *_SAFETY_HEADERS]
        if is_open:
            more += _CORS_HEADERS

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *more, *rate_limit_headers(scope)]
            elif without_body and message["type"] == "http.response.body":
                message = {
                    "type": "http.response.body",
                    "body": b"",
                    "more_body": message.get("more_body", False),
                }
            await send(message)

        await app(scope, receive, sending)

    return application


async def _keep_out(scope: Any, send: Send) -> None:
    """In no other words than any refusal: who is kept out needn't learn by what."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = b'{"error":"This action is not allowed"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *_CORS_HEADERS]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _answer_preflight(scope: Any, send: Any) -> None:
    """Any header may be sent: there are no cookies on these addresses that a foreign page could use."""
    headers = list(_PREFLIGHT_HEADERS)
    asked = [value for name, value in scope["headers"] if name == b"access-control-request-headers"]
    headers.append((b"access-control-allow-headers", asked[0] if asked else b"Authorization, Content-Type"))
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
