"""A small door that echoes its parameters: one field of each kind, every method, every encoding."""

from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
import msgspec
from litestar import Litestar, Request, Response, route
from litestar.datastructures import State
from litestar.types import HTTPScope
from msgspec import UNSET, Struct, UnsetType

from parley.kit.config import Settings
from parley.kit.errors import ParleyError
from parley.kit.services import make_services
from parley.mastodon_api.params import Id, UploadedFile, read_params, read_query

BODY_MAX = 65_536


class PollParams(Struct, frozen=True):
    options: list[str]
    expires_in: int
    multiple: bool = False


class FieldParams(Struct, frozen=True):
    name: str = ""
    value: str = ""


class KeyParams(Struct, frozen=True):
    p256dh: str = ""


class SubscriptionParams(Struct, frozen=True):
    endpoint: str = ""
    keys: KeyParams | None = None


class Sample(Struct, frozen=True):
    """One field of each kind that a parameter can be."""

    status: str = ""
    spoiler_text: str | None = None
    sensitive: bool | UnsetType = UNSET
    limit: int = 20
    score: float | None = None
    media_ids: list[Id] = []
    tags: list[str] = []
    in_reply_to_id: Id | None = None
    visibility: Literal["public", "private"] | None = None
    scheduled_at: datetime | None = None
    poll: PollParams | None = None
    fields_attributes: list[FieldParams] = []
    subscription: SubscriptionParams | None = None
    alerts: dict[str, bool] = {}
    redirect_uris: str | list[str] = ""
    avatar: UploadedFile | UnsetType = UNSET


def shown(value: Any) -> Any:
    return [value.filename, value.content_type, value.size_bytes, value.read().decode("latin-1")]


@route("/echo", http_method=["GET", "POST", "PUT", "PATCH", "DELETE"], status_code=200)
async def echo(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answers with what was given, as JSON; a file as its name, type, size and content."""
    sample = read_query(request, Sample) if request.method == "GET" else await read_params(request, Sample)
    return Response(msgspec.json.encode(sample, enc_hook=shown), media_type="application/json")


def _refuse(_: Request[Any, Any, Any], error: ParleyError) -> Response[dict[str, str]]:
    return Response({"error": error.shown}, status_code=error.status)


app = Litestar(
    [echo],
    state=State({"services": make_services(Settings(body_size_bytes_max=BODY_MAX))}),
    exception_handlers={ParleyError: _refuse},
    openapi_config=None,
)
served: Any = app
client = httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://parley.test")


def given_only(**values: Any) -> dict[str, Any]:
    """What `echo` answers when just these were given."""
    known: dict[str, Any] = msgspec.to_builtins(Sample())
    return known | values


async def send(encoding: str, pairs: list[tuple[str, str]], method: str = "POST") -> httpx.Response:
    if encoding == "query":
        return await client.request(method, "/echo?" + urlencode(pairs))
    if encoding == "form":
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await client.request(method, "/echo", content=urlencode(pairs), headers=headers)
    return await client.request(method, "/echo", files=[(name, (None, value)) for name, value in pairs])


async def read(body: bytes, content_type: str, query: bytes = b"", piece_bytes: int = 7) -> Sample:
    """Through a Litestar request, the body arriving in small pieces."""
    pieces = [body[at : at + piece_bytes] for at in range(0, len(body), piece_bytes)] or [b""]

    async def receive() -> Any:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    scope: Any = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "query_string": query,
        "headers": [(b"content-type", content_type.encode("latin-1"))],
        "litestar_app": app,
        "state": {},
    }
    known_scope: HTTPScope = scope
    return await read_params(Request(known_scope, receive), Sample)
