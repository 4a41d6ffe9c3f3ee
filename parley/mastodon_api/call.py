"""Call: one request at this door with its viewer and services; Route: a line of the route table."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from parley.identity.errors import LoginNotReady
from parley.identity.reading import Terms, answer_counted, refuse_to_follow_more
from parley.identity.staff import Permission, require_staff
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer, require_account, require_scope
from parley.kit.config import Settings
from parley.kit.db import Database
from parley.kit.errors import NotFound, Unauthorized
from parley.kit.ids import AccountId, parse_id
from parley.kit.paging import Page
from parley.kit.rate_limit import RateLimiter
from parley.kit.services import Services
from parley.mastodon_api import paging, params
from parley.moderation.sign_in_wall import wall_height

Params = TypeVar("Params", bound=msgspec.Struct)
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

# Who may call a route: anyone; anyone with a token, an application's own included; members only; these and those
# who are not confirmed or approved yet.
Who = Literal["anyone", "token", "member", "unready"]


class Call:
    """What a handler gets: who is looking, what was asked, and the services to answer with."""

    __slots__ = ("limiter", "receive", "scope", "services", "tokens", "viewer")

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        services: Services,
        viewer: Viewer,
        limiter: RateLimiter,
        tokens: TokenCache,
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.services = services
        self.viewer = viewer
        self.limiter = limiter
        self.tokens = tokens

    @property
    def request(self) -> Request[Any, Any, Any]:
        """The framework's request, for reading a body."""
        return Request(self.scope, self.receive)

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
        value = parse_id(self.scope["path_params"][name])
        if value is None:
            raise NotFound
        return value

    def header(self, name: str) -> str | None:
        """A header's value; `name` in lower case. None when it is missing or empty."""
        wanted = name.encode()
        for key, value in self.scope["headers"]:
            if key == wanted:
                return value.decode("latin-1") or None
        return None

    def path_text(self, name: str) -> str:
        return str(self.scope["path_params"][name])

    async def params(self, struct: type[Params]) -> Params:
        """Query and body, in any of the three encodings, as a struct. Raises BadRequest or Invalid."""
        return await params.read_params(self.request, struct)

    async def files(self, struct: type[Params], size_bytes_max: int) -> Params:
        """As params, with room for files."""
        return await params.read_params(self.request, struct, size_bytes_max=size_bytes_max)

    def query(self, struct: type[Params]) -> Params:
        return params.read_query(self, struct)

    def page(self, default: int = 20, maximum: int = 40) -> Page:
        return paging.page_from(self, default, maximum)

    def link_header(self, oldest_id: int | None, newest_id: int | None, *, full: bool) -> dict[str, str]:
        """The Link header of a page whose paging records run from `newest_id` down to `oldest_id`."""
        if oldest_id is None or newest_id is None:
            return {}
        scope = self.scope
        link = paging.link_header(
            self.settings.base_url,
            scope["path"],
            scope["query_string"].decode("latin-1"),
            oldest_id,
            newest_id,
            full,
        )
        return {"link": link} if link else {}

    def offset_header(self, page: paging.OffsetPage, *, full: bool) -> dict[str, str]:
        """The Link header of a list that is paged by counting; `full`: whether more follow."""
        scope = self.scope
        query = scope["query_string"].decode("latin-1")
        link = paging.offset_link_header(self.settings.base_url, scope["path"], query, page, full)
        return {"link": link} if link else {}


_KEPT_BY_NOBODY = (b"cache-control", b"private, no-store")


class Answer:
    """What a handler gives back: a whole body, sent at once. Lighter than the framework's, on every hot path."""

    __slots__ = ("body", "headers", "media_type", "private", "status")

    def __init__(
        self,
        body: bytes,
        *,
        status: int = 200,
        media_type: bytes = b"application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.media_type = media_type
        self.headers = headers
        # Made for whoever showed a token: nothing in between may keep it for the next who asks.
        self.private = False

    async def send(self, send: Send) -> None:
        headers = [(b"content-type", self.media_type), (b"content-length", b"%d" % len(self.body))]
        if self.private and not (self.headers and "cache-control" in self.headers):
            headers.append(_KEPT_BY_NOBODY)
        if self.headers:
            headers += [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        start: Any = {"type": "http.response.start", "status": self.status, "headers": headers}
        body: Any = {"type": "http.response.body", "body": self.body, "more_body": False}
        await send(start)
        await send(body)


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A struct, list or raw JSON fragment (bytes) as an answer."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Answer(content, status=status, headers=headers)


Handler = Callable[[Call], Awaitable[Answer]]
# Takes over a connection that is to speak WebSocket; who asks is its own to find out.
SocketHandler = Callable[[Scope, Receive, Send], Awaitable[None]]


class Nothing(msgspec.Struct, frozen=True):
    """An empty object: done, and nothing to tell."""


class Route(msgspec.Struct, frozen=True):
    """A line of the route table. `scope` is asked for when there is a token, and demanded by `who`."""

    method: Method
    path: str
    handler: Handler
    who: Who = "member"
    scope: str | None = None
    # What the member's role must allow; for routes of staff.
    needs: Permission | None = None
    # Other methods that real clients send to the same end (Rails maps PUT and PATCH alike).
    also: tuple[Method, ...] = ()
    # It shows what people wrote though it asks for no scope.
    walled: bool = False
    # Many at once by their ids: to the sign-in wall as deep as the older pages of a list.
    deep: bool = False
    # What it gives, the member follows or was sent: it counts into no budget of reading.
    own: bool = False
    # The member's home: it counts for those who joined lately alone, and is refused to nobody.
    home: bool = False
    # It fills a home with more: refused to those who joined lately and have read enough.
    fills_home: bool = False
    # Its answer does not end by itself.
    endless: bool = False
    # Whoever asks for a WebSocket instead gets this one.
    socket: SocketHandler | None = None
    # For the API's description: what its parameters are read into, and the type of its JSON.
    takes: type[msgspec.Struct] | tuple[type[msgspec.Struct], ...] = ()
    gives: Any = None
    # Its successes, and what it refuses with besides what the lines above tell.
    answers: tuple[int, ...] = (200,)
    refuses: tuple[int, ...] = ()

    @property
    def terms(self) -> Terms:
        """On which it answers. What staff read counts into no budget."""
        return Terms(
            counted=not self.own and not self.endless and self.needs is None,
            home=self.home,
            refuses=self.method == "GET" and not self.home,
            guessable=self.scope is not None or self.walled,
        )

    @property
    def shows_people(self) -> bool:
        """Whether strangers can read here what people wrote or who they are; what has no scope is about the site.

        Streams find out by themselves who asks, as their token may stand in the address.
        """
        if self.who != "anyone" or self.method != "GET" or self.endless:
            return False
        return self.scope is not None or self.walled


def to_litestar(routes: Iterable[Route]) -> list[ASGIRouteHandler]:
    """The table as the framework's handlers, one a path. Raises ValueError when two routes claim the same."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        for method in (route.method, *route.also):
            if by_path.setdefault(route.path, {}).setdefault(method, route) is not route:
                raise ValueError(f"two routes for {method} {route.path}")
    return [_endpoint(path, methods) for path, methods in by_path.items()]


def _endpoint(path: str, methods: Mapping[str, Route]) -> ASGIRouteHandler:
    allowed = ", ".join(sorted(methods))
    terms = {method: route.terms for method, route in methods.items()}
    socket = next((route.socket for route in methods.values() if route.socket is not None), None)

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            if socket is None:
                raise NotFoundException
            await socket(scope, receive, send)
            return
        route = methods.get(scope["method"])
        if route is None:
            raise MethodNotAllowedException(headers={"allow": allowed})
        answer = await _answer(route, terms[scope["method"]], scope, receive)
        await answer.send(send)

    return ASGIRouteHandler(path=path, name=path, copy_scope=False)(endpoint)


async def _answer(route: Route, terms: Terms, scope: Scope, receive: Receive) -> Answer:
    """Viewer first, then limits, then the handler. Whose token is not good is limited by their address."""
    state = scope["litestar_app"].state
    services: Services = state.services
    tokens: TokenCache = state.tokens
    limiter: RateLimiter = state.limiter
    try:
        viewer = await tokens.viewer_of_request(services.database, scope, unready=route.who == "unready")
    except (Unauthorized, LoginNotReady):
        await limiter.spend_request(services.database, None, scope)
        raise
    await limiter.spend_request(services.database, viewer.account_id, scope)
    _check(viewer, route.who, route.scope)
    if route.needs is not None:
        require_staff(viewer, route.needs)
    if route.fills_home:
        await refuse_to_follow_more(state.budgets, scope, viewer)

    async def answer_to(reader: Viewer) -> Answer:
        call = Call(scope, receive, services, reader, limiter, tokens)
        if reader.account_id is None and route.shows_people:
            await _stop_at_wall(route, call)
        return await route.handler(call)

    answer = await answer_counted(state.budgets, scope, viewer, terms, answer_to)
    answer.private = viewer.token_id is not None
    return answer


async def _stop_at_wall(route: Route, call: Call) -> None:
    """For strangers, whom an application's own token makes no member. Raises Unauthorized."""
    height = await wall_height(call.database, call.settings)
    if height == "off":
        return
    if height == "all" or route.deep or paging.asks_deep(call):
        raise Unauthorized("This method requires an authenticated user")


def _check(viewer: Viewer, who: Who, scope: str | None) -> None:
    if who != "anyone" and viewer.token_id is None:
        require_account(viewer)
    if scope is not None and viewer.token_id is not None:
        require_scope(viewer, scope)
    if who in {"member", "unready"}:
        require_account(viewer)
