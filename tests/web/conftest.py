"""The cast with browsers: alice and bob are signed in, anyone is not."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar

from parley.kit.db import Connection
from parley.kit.services import Services
from tests.web.visitor import Visitor, member

Joining = Callable[..., Awaitable[Visitor]]


@pytest.fixture
def anyone(shared_app: Litestar, client: httpx.AsyncClient, services: Services) -> Visitor:
    return Visitor(shared_app, services.settings.base_url)


@pytest.fixture
def join(shared_app: Litestar, client: httpx.AsyncClient, conn: Connection, services: Services) -> Joining:
    async def joining(name: str, **changes: Any) -> Visitor:
        return await member(shared_app, conn, services.settings.base_url, name, **changes)

    return joining


@pytest.fixture
async def alice(join: Joining) -> Visitor:
    return await join("alice")


@pytest.fixture
async def bob(join: Joining) -> Visitor:
    return await join("bob")
