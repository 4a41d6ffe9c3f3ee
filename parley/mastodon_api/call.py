"""Call: one request at this door with its viewer and services; Route: a line of the route table."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer, require_account, require_scope
from parley.kit.config import Settings
from parley.kit.db import Database
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId, parse_id
from parley.kit.paging import Page
from parley.kit.rate_limit import RateLimiter
from parley.kit.services import Services
from parley.mastodon_api import paging, params

Params = TypeVar("Params", bound=msgspec.Struct)
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

# Who may call a route: anyone; anyone with a token, an application's own included; members only; these and those
# who are not confirmed or approved yet.
Who = Literal["anyone", "token", "member", "unready"]


class Call:
    """What a handler gets: who is looking, what was asked, and the services to answer with."""

    __slots__ = ("limiter", "request", "services", "tokens", "viewer")

    def __init__(
        self,
        request: Request[Any, Any, Any],
        services: Services,
        viewer: Viewer,
        limiter: RateLimiter,
        tokens: TokenCache,
    ) -> None:
        self.request = request
        self.services = services
        self.viewer = viewer
        self.limiter = limiter
        self.tokens = tokens

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def account_id(self) -> AccountId:
        """The member looking; only in routes for members."""
        return require_account(self.viewer)

    def path_id(self, name: str = "id") -> int:
        """An id out of the path. Raises NotFound: what can't be an id is nobody's."""
        value = parse_id(self.request.path_params[name])
        if value is None:
            raise NotFound
        return value

    def header(self, name: str) -> str | None:
        """A header's value; `name` in lower case. None when it is missing or empty."""
        wanted = name.encode()
        for key, value in self.request.scope["headers"]:
            if key == wanted:
                return value.decode("latin-1") or None
        return None

    def path_text(self, name: str) -> str:
        return str(self.request.path_params[name])

    async def params(self, struct: type[Params]) -> Params:
        """Query and body, in any of the three encodings, as a struct. Raises BadRequest or Invalid."""
        return await params.read_params(self.request, struct)

    def query(self, struct: type[Params]) -> Params:
        return params.read_query(self.request, struct)

    def page(self, default: int = 20, maximum: int = 40) -> Page:
        return paging.page_from(self.request, default, maximum)

    def link_header(self, oldest_id: int | None, newest_id: int | None, *, full: bool) -> dict[str, str]:
        """The Link header of a page whose paging records run from `newest_id` down to `oldest_id`."""
        if oldest_id is None or newest_id is None:
            return {}
        scope = self.request.scope
        link = paging.link_header(
            self.settings.base_url,
            scope["path"],
            scope["query_string"].decode("latin-1"),
            oldest_id,
            newest_id,
            full,
        )
        return {"link": link} if link else {}


def json_answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A struct, list or raw JSON fragment (bytes) as an answer."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(content, status_code=status, media_type="application/json", headers=headers)


Handler = Callable[[Call], Awaitable[Response[Any]]]


class Route(msgspec.Struct, frozen=True):
    """A line of the route table. `scope` is asked for when there is a token, and demanded by `who`."""

    method: Method
    path: str
    handler: Handler
    who: Who = "member"
    scope: str | None = None
    # Other methods that real clients send to the same end (Rails maps PUT and PATCH alike).
    also: tuple[Method, ...] = ()


def to_litestar(route: Route) -> HTTPRouteHandler:
    """The route as the framework's handler: viewer first, then limits, then the handler."""
    handler, who, scope = route.handler, route.who, route.scope
    unready = who == "unready"

    async def endpoint(request: Request[Any, Any, Any]) -> Response[Any]:
        state = request.scope["litestar_app"].state
        services: Services = state.services
        tokens: TokenCache = state.tokens
        limiter: RateLimiter = state.limiter
        viewer = await tokens.viewer_of_request(services.database, request.scope, unready=unready)
        await limiter.spend_request(services.database, viewer.account_id, request.scope)
        _check(viewer, who, scope)
        return await handler(Call(request, services, viewer, limiter, tokens))

    endpoint.__name__ = f"{handler.__module__.rpartition('.')[2]}_{handler.__name__}"
    endpoint.__doc__ = handler.__doc__
    methods: list[Any] = [route.method, *route.also]
    return HTTPRouteHandler(
        path=route.path, http_method=methods, status_code=200, name=f"{route.method} {route.path}"
    )(endpoint)


def _check(viewer: Viewer, who: Who, scope: str | None) -> None:
    if who != "anyone" and viewer.token_id is None:
        require_account(viewer)
    if scope is not None and viewer.token_id is not None:
        require_scope(viewer, scope)
    if who in {"member", "unready"}:
        require_account(viewer)
