"""A request's parameters to one struct: the query string, and JSON, form and multipart bodies alike.

A body wins over the query string, name by name. As in Mastodon, a body without a content type is read as a form,
and one of an unknown type is left unread. What structs may hold, and how values are read, stands in shapes.py.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any, Protocol

import msgspec
from litestar import Request

from parley.kit.errors import BadRequest, Invalid, NotFound, TooLarge
from parley.kit.ids import parse_id
from parley.kit.services import Services
from parley.kit.uploads import UploadedFile, read_multipart
from parley.mastodon_api.brackets import DEPTH_MAX, PARAMETERS_MAX, pairs_of, too_deep, too_many, tree_of
from parley.mastodon_api.shapes import Id, LooseText, StructT, to_struct

__all__ = ["Id", "LooseText", "UploadedFile", "path_id", "read_params", "read_query"]

# GET, too: Mastodon.py asks for familiar followers with a JSON body.
_BODY_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
# Whoever sends more slowly than this holds a connection for nothing.
_BODY_SECONDS_MIN = 30
_BODY_BYTES_PER_SECOND_MIN = 50_000
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Asked(Protocol):
    """Whatever carries the scope of a request."""

    @property
    def scope(self) -> Any: ...


def read_query(asked: Asked, struct_type: type[StructT]) -> StructT:
    """Hot path: every GET, under 10 µs with a few parameters."""
    return to_struct(tree_of(pairs_of(asked.scope.get("query_string", b""))), struct_type)


async def read_params(
    request: Request[Any, Any, Any], struct_type: type[StructT], *, size_bytes_max: int | None = None
) -> StructT:
    """`size_bytes_max` is for doors that take files; elsewhere the setting bounds the body."""
    tree = tree_of(pairs_of(request.scope.get("query_string", b"")))
    if request.method in _BODY_METHODS:
        tree.update(await _read_body(request, size_bytes_max))
    return to_struct(tree, struct_type)


def path_id(text: str) -> int:
    """An id out of the path; what can't be one is the id of nothing."""
    found = parse_id(text)
    if found is None:
        raise NotFound
    return found


async def _read_body(request: Request[Any, Any, Any], size_bytes_max: int | None) -> dict[str, Any]:
    services: Services = request.scope["litestar_app"].state.services
    texts_bytes_max = services.settings.body_size_bytes_max
    limit = size_bytes_max or texts_bytes_max
    content_type = _header(request, b"content-type")
    kind = content_type.partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(_BODY_SECONDS_MIN + limit / _BODY_BYTES_PER_SECOND_MIN):
            if kind == "multipart/form-data":
                chunks = _chunks(request, limit)
                return tree_of(await read_multipart(chunks, content_type, texts_bytes_max))
            if kind in {"", "application/x-www-form-urlencoded"}:
                return tree_of(pairs_of(await _whole_body(request, texts_bytes_max)))
            if kind == "application/json" or kind.endswith("+json"):
                return _json_tree(await _whole_body(request, texts_bytes_max))
    except TimeoutError:
        raise BadRequest("The body came too slowly") from None
    return {}


def _header(request: Request[Any, Any, Any], wanted: bytes) -> str:
    for name, value in request.scope["headers"]:
        if name == wanted:
            return value.decode("latin-1")
    return ""


async def _whole_body(request: Request[Any, Any, Any], limit: int) -> bytes:
    return b"".join([chunk async for chunk in _chunks(request, limit)])


async def _chunks(request: Request[Any, Any, Any], limit: int) -> AsyncIterator[bytes]:
    announced = _header(request, b"content-length")
    if announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
        raise TooLarge
    received = 0
    more = True
    while more:
        message: Any = await request.receive()
        if message["type"] != "http.request":
            raise BadRequest("The body ended early")
        chunk: bytes = message.get("body", b"")
        received += len(chunk)
        if received > limit:
            raise TooLarge
        yield chunk
        more = message.get("more_body", False)


def _json_tree(body: bytes) -> dict[str, Any]:
    # Clients announce JSON and send nothing for acts without parameters.
    if not body or body.isspace():
        return {}
    tree = _decode_json(body)
    if type(tree) is not dict:
        raise BadRequest("The JSON body must be an object")
    _count_leaves(tree, 1, 0)
    return tree


def _decode_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError:
        raise Invalid("Validation failed: the JSON body is not valid UTF-8 text") from None
    except RecursionError:
        raise too_deep() from None
    except msgspec.ValidationError:
        raise Invalid("Validation failed: the JSON body holds a number out of range") from None
    except msgspec.DecodeError:
        if _holds_lone_surrogate(body):
            raise Invalid("Validation failed: the JSON body is not valid Unicode text") from None
        raise BadRequest("The JSON body is malformed") from None


def _holds_lone_surrogate(body: bytes) -> bool:
    """Whether that alone is what's wrong with it: the standard library takes lone surrogates, msgspec doesn't."""
    if not _SURROGATE.search(body):
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _count_leaves(node: dict[str, Any] | list[Any], depth: int, count: int) -> int:
    """Refuses what is too deep or too much, so that nothing after it needs to care."""
    if depth > DEPTH_MAX:
        raise too_deep()
    for value in node.values() if type(node) is dict else node:
        if isinstance(value, dict | list) and value:
            count = _count_leaves(value, depth + 1, count)
        else:
            count += 1
        if count > PARAMETERS_MAX:
            raise too_many()
    return count
