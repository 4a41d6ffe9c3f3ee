"""The API's own description, OpenAPI 3.1, made of the route table and of the structs that its lines name.

https://spec.openapis.org/oas/v3.1.0
"""

import functools
import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec

from parley import __version__
from parley.identity.scopes import ALL_SCOPES
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.description_schemas import Schema, fields_of, holds_file, object_schema

PATH = "/api/openapi.json"

_PATH_PARAMETER = re.compile(r"\{(\w+):\w+\}")
_REFERENCES = "#/components/schemas/{name}"
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_REASONS = {
    400: "The request can't be understood.",
    401: "The access token is missing, or not good.",
    403: "Not allowed to whoever asks, or outside the token's scopes.",
    404: "There is no such thing, or none that whoever asks may know of.",
    409: "Somebody else changed it meanwhile.",
    410: "It is gone.",
    413: "The body is too large.",
    422: "The request is understood, but something in it is refused; the error says what.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "Something that is needed is down; nothing was done.",
}


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every refusal says: `error` in words that may be shown, or a code of OAuth with its description."""

    error: str
    error_description: str | None = None
    details: dict[str, list["RefusedField"]] | None = None


class RefusedField(msgspec.Struct, frozen=True):
    """`error` is a code such as ERR_TAKEN."""

    error: str
    description: str


@functools.lru_cache(maxsize=4)
def _encoded(routes: tuple[Route, ...], base_url: str) -> bytes:
    return msgspec.json.encode(describe(routes, base_url))


def describe(routes: tuple[Route, ...], base_url: str) -> dict[str, Any]:
    """The whole document."""
    shapes = {shape: None for route in routes for shape in _shapes_of(route)}
    schemas, components = msgspec.json.schema_components([Refusal, *shapes], ref_template=_REFERENCES)
    of_shapes = dict(zip(shapes, schemas[1:], strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        for method in (route.method, *route.also):
            path = _PATH_PARAMETER.sub(r"{\1}", route.path)
            answers = [of_shapes[each] for each in _shapes_of(route)]
            answer = answers[0] if len(answers) == 1 else {"anyOf": answers} if answers else None
            paths.setdefault(path, {})[method.lower()] = _operation(route, method, path, answer)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley",
            "version": __version__,
            "summary": "The Mastodon client API, as this server speaks it.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"oauth": _oauth(base_url)}},
    }


def _shapes_of(route: Route) -> tuple[Any, ...]:
    """One as a rule; several where an answer is one of several things."""
    if get_origin(route.gives) is UnionType:
        return get_args(route.gives)
    return () if route.gives is None else (route.gives,)


def statuses_of(route: Route, method: str) -> list[int]:
    """Every status that a route may answer with, its successes first."""
    found = {401, 429, 503, *route.refuses}
    if route.who != "anyone" or route.scope:
        found |= {403}
    if route.who in {"member", "unready"}:
        found |= {422}
    if structs_of(route):
        found |= {400, 422}
    if method != "GET":
        found |= {400, 413}
    if "{" in route.path:
        found |= {404}
    if "/accounts/{" in route.path:
        # Of an account that is no more.
        found |= {410}
    return [*route.answers, *sorted(found)]


def structs_of(route: Route) -> tuple[type[msgspec.Struct], ...]:
    return route.takes if isinstance(route.takes, tuple) else (route.takes,)


def _operation(route: Route, method: str, path: str, answer: Schema | None) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}{re.sub(r'[^a-z0-9]+', '_', path.lower())}".rstrip("_"),
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "parameters": [_path_parameter(name) for name in _PATH_PARAMETER.findall(route.path)],
        "responses": {str(status): _response(route, status, answer) for status in statuses_of(route, method)},
    }
    if method in _BODY_METHODS:
        if structs_of(route):
            operation["requestBody"] = {"content": dict(_bodies(route))}
    else:
        operation["parameters"] += _query_parameters(route)
    if route.who != "anyone":
        operation["security"] = [{"oauth": [route.scope] if route.scope else []}]
    elif route.scope:
        operation["security"] = [{}, {"oauth": [route.scope]}]
    return operation


def _path_parameter(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(route: Route) -> Iterator[Schema]:
    for struct in structs_of(route):
        for name, schema in fields_of(struct).items():
            if schema.get("type") == "array":
                yield {"name": f"{name}[]", "in": "query", "schema": schema}
            elif schema.get("type") == "object":
                yield {"name": name, "in": "query", "schema": schema, "style": "deepObject"}
            else:
                yield {"name": name, "in": "query", "schema": schema}


def _bodies(route: Route) -> Iterator[tuple[str, Schema]]:
    """One struct for all encodings; whoever sends a file needs multipart."""
    properties: dict[str, Schema] = {}
    for struct in structs_of(route):
        properties |= object_schema(struct)["properties"]
    without_files = {name: each for name, each in properties.items() if not holds_file(each)}
    yield "application/json", {"schema": {"type": "object", "properties": without_files}}
    yield (
        "application/x-www-form-urlencoded",
        {"schema": {"type": "object", "properties": without_files}},
    )
    if len(without_files) < len(properties):
        yield "multipart/form-data", {"schema": {"type": "object", "properties": properties}}


def _response(route: Route, status: int, answer: Schema | None) -> Schema:
    if status >= 400:
        schema = {"$ref": _REFERENCES.format(name="Refusal")}
        return {"description": _REASONS[status], "content": {"application/json": {"schema": schema}}}
    if route.endless:
        return {"description": "Events as they happen.", "content": {"text/event-stream": {}}}
    if answer is None:
        return {"description": "Done."}
    return {"description": "Done.", "content": {"application/json": {"schema": answer}}}


def _oauth(base_url: str) -> Schema:
    flow = {
        "authorizationUrl": f"{base_url}/oauth/authorize",
        "tokenUrl": f"{base_url}/oauth/token",
        "scopes": dict.fromkeys(ALL_SCOPES, ""),
    }
    return {"type": "oauth2", "flows": {"authorizationCode": flow}}


def described(table: tuple[Route, ...]) -> tuple[Route, ...]:
    """The table with one more line: its own description."""

    async def show_description(call: Call) -> Answer:
        return json_answer(_encoded(whole, call.settings.base_url))

    whole = (*table, Route("GET", PATH, show_description, who="anyone", gives=dict[str, Any]))
    return whole
