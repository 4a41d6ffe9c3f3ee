"""Refusals to `{"error": …}` with their status; every unexpected error to a 500 that tells nothing."""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from parley.identity.errors import OAuthRefusal
from parley.kit.db import may_pass
from parley.kit.errors import Invalid, ParleyError, TooMany, Unauthorized, Unavailable

log = logging.getLogger(__name__)

_SENTENCES = {404: "Record not found", 405: "This address does not take this method"}


def refused(_request: Request[Any, Any, Any], error: ParleyError) -> Response[bytes]:
    """A refusal of ours, in the words meant to be shown."""
    body: dict[str, Any] = {"error": error.shown}
    headers: dict[str, str] = {}
    if isinstance(error, Invalid) and error.details:
        body["details"] = {
            name: [{"error": code, "description": sentence} for code, sentence in pairs]
            for name, pairs in error.details.items()
        }
    if isinstance(error, OAuthRefusal):
        body = {"error": error.code, "error_description": error.shown}
    if isinstance(error, TooMany | Unavailable):
        headers["retry-after"] = str(error.retry_after_seconds)
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = "Bearer"
    return _answer(body, error.status, headers)


def framework_refused(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework refuses by itself: unknown addresses and methods."""
    sentence = _SENTENCES.get(error.status_code, "The request could not be understood")
    headers = {name: value for name, value in (error.headers or {}).items() if name == "allow"}
    return _answer({"error": sentence}, error.status_code, headers)


def failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A fault of ours: the log gets the trace, whoever asked gets no word of it."""
    if may_pass(error):
        log.warning("the database gave up: %s", error)
        return refused(request, Unavailable())
    log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    return _answer({"error": "Something went wrong"}, 500, {})


def _answer(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body), status_code=status, media_type="application/json", headers=headers
    )
