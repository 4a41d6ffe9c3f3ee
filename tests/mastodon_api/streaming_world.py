"""What tests of streams stand on: messages that arrive at once, the application, and a cast with sockets."""

from typing import Any

import httpx
import pytest
from litestar import Litestar

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.pubsub import PubSub
from parley.kit.services import Services
from parley.kit.storage import Store
from parley.mastodon_api.live import Hub
from parley.mastodon_api.outermost import outermost
from tests.database import RolledBackDatabase
from tests.world import Cast, Member, make_cast, settle


class DirectPubSub(PubSub):
    """Brings every message to the listeners of its own process at once: nothing here is ever committed."""

    def publish(self, topic: str, text: str = "") -> None:
        self._received(None, 0, "", f"[[{_quoted(topic)},{_quoted(text)}]]")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.fixture
def services(conn: Connection, settings: Settings, store: Store):
    pubsub = DirectPubSub("unused")
    conn._publish = pubsub.publish
    yield Services(settings=settings, database=RolledBackDatabase(conn), pubsub=pubsub, store=store)
    conn._publish = None


@pytest.fixture
def app(shared_app: Litestar, client: httpx.AsyncClient) -> Any:
    assert client, "it has put this test's services into the application"
    return outermost(shared_app)


@pytest.fixture
def hub(shared_app: Litestar, client: httpx.AsyncClient) -> Hub:
    assert client, "it has put this test's services into the application"
    found: Hub = shared_app.state.hub
    return found


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


async def befriend(services: Services, *pairs: tuple[Member, Member]) -> None:
    """The first of each pair follows the second; all that comes of it has happened."""
    for follower, followed in pairs:
        await follower.follows(followed)
    await settle(services)


async def says(services: Services, author: Member, status: str, **more: Any) -> dict[str, Any]:
    """A post that was delivered."""
    said = await author.says(status, **more)
    await settle(services)
    return said
