"""The cast: alice, bob and carol, who don't know each other yet."""

import pytest

from parley.kit.db import Connection
from tests.graph.world import Cast, make_viewer


@pytest.fixture
async def cast(conn: Connection) -> Cast:
    return Cast(*[await make_viewer(conn, name) for name in ("alice", "bob", "carol")])
