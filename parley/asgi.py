"""The HTTP process: settings, pool, listeners, every route table, in that order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import CacheControlHeader, State
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

from parley.discovery import trend_jobs
from parley.graph import marks
from parley.identity import admission
from parley.identity import jobs as identity_jobs
from parley.identity.reading import Budgets
from parley.identity.tokens import TokenCache
from parley.kit import farewell, owners_keys, recent
from parley.kit.config import load_settings
from parley.kit.errors import ParleyError
from parley.kit.rate_limit import RateLimiter
from parley.kit.readings import Readings
from parley.kit.services import Services, make_services
from parley.mastodon_api import errors, routes
from parley.mastodon_api.entities.status import forget_fragment
from parley.mastodon_api.live import Hub
from parley.mastodon_api.outermost import outermost
from parley.media import emojis
from parley.media import jobs as media_jobs
from parley.media.origins import serve_files_from
from parley.moderation import jobs as moderation_jobs
from parley.moderation import sign_in_wall, site_news
from parley.moderation.crawl_lookout import Lookout
from parley.notifications import jobs as notification_jobs
from parley.publishing import cache, delete
from parley.publishing import jobs as publishing_jobs
from parley.timelines import jobs as timeline_jobs
from parley.web import files
from parley.web import routes as web_routes
from parley.web.errors import page_refused, wants_page

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "asgi")
# Pages name the stylesheet by its content, and the default pictures hardly ever change.
_STATIC_KEPT = CacheControlHeader(max_age=86_400, public=True)
STATIC = Path(__file__).parent / "static"

# What acts defer must be registered where they run, too.
JOB_MODULES = (
    identity_jobs,
    media_jobs,
    moderation_jobs,
    notification_jobs,
    publishing_jobs,
    timeline_jobs,
    trend_jobs,
)


def create_app(services: Services | None = None) -> ASGIApp:
    """The application for any ASGI server; tests hand in their own services."""
    return outermost(make_application(services or make_services(load_settings())))


def make_application(services: Services) -> Litestar:
    app = Litestar(
        route_handlers=[
            *routes.handlers(),
            *web_routes.handlers(),
            files.handler(),
            create_static_files_router(
                "/static", [STATIC], cache_control=_STATIC_KEPT, include_in_schema=False
            ),
        ],
        lifespan=[_lifespan],
        state=State(state_of(services)),
        exception_handlers={
            ParleyError: _page_or(errors.refused),
            HTTPException: _page_or(errors.framework_refused),
            Exception: _page_or(errors.failed),
        },
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
    )
    _mend_path_parameters(app.asgi_router.root_route_map_node)
    return app


def _mend_path_parameters(node: Any) -> None:
    """Litestar 2.25 keeps an ASGI route's path parameters under "asgi" and looks them up under the method."""
    if node.is_asgi:
        node.path_parameters = dict.fromkeys(_METHODS, node.path_parameters["asgi"])
    for child in node.children.values():
        _mend_path_parameters(child)


def _page_or(answer: Callable[[Request[Any, Any, Any], Any], Response[bytes]]) -> Any:
    """A refusal as a page for people, in the API's words for programs: the address tells who asks."""

    def refused(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        return page_refused(request, error) if wants_page(request) else answer(request, error)

    return refused


def state_of(services: Services) -> dict[str, Any]:
    """What handlers find in the application's state; tests put their own into one application."""
    serve_files_from(services.settings.base_url, services.settings.files_url)
    tokens = TokenCache()
    limiter, readings = RateLimiter(services.settings), Readings(services.settings)
    lookout = Lookout(services, readings)
    listen(services, tokens)
    hub = Hub(services)
    hub.listen()
    return {
        "services": services,
        "tokens": tokens,
        "limiter": limiter,
        "readings": readings,
        "budgets": Budgets(readings, limiter, services.database, lookout.notice),
        "hub": hub,
    }


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    services: Services = app.state.services
    await services.database.start()
    await services.pubsub.start()
    # Only the main thread may; a server that runs applications elsewhere sends no such signal either.
    with suppress(ValueError):
        farewell.listen(app.state.hub.close)
    readings: Readings = app.state.readings
    writing = asyncio.create_task(readings.keep_writing(services.database))
    yield
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    app.state.hub.stop()
    await services.pubsub.stop()
    await services.database.stop()


def listen(services: Services, tokens: TokenCache) -> None:
    """What one process changes, the memories of all others learn."""
    tokens.listen(services.pubsub)
    admission.listen(services.pubsub)
    site_news.listen(services.pubsub)
    sign_in_wall.listen(services.pubsub)
    emojis.listen(services.pubsub)
    delete.listen(services.pubsub)
    recent.listen(services.pubsub)
    owners_keys.listen(services.pubsub)
    marks.listen(services.pubsub)
    services.pubsub.subscribe(cache.GONE_TOPIC, lambda text: forget_fragment(int(text)))
