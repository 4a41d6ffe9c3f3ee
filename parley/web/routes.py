"""Every page URL on one page."""

from litestar.handlers import HTTPRouteHandler


def handlers() -> list[HTTPRouteHandler]:
    return []
