"""The cast with browsers, for those who attack through pages; and a whole server, for all of them."""

from collections.abc import Iterator

import pytest

from tests.clients.running_server import RunningServer, start_server
from tests.conftest import copy_template
from tests.web.conftest import alice, anyone, bob, join

__all__ = ["alice", "anyone", "bob", "join"]


@pytest.fixture(scope="session")
async def attacked_database_url(server_dsn: str, worker_id: str) -> str:
    return await copy_template(server_dsn, f"parley_test_attacked_{worker_id}")


@pytest.fixture(scope="session")
def attacked(attacked_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """As `parley serve` runs it, at its most talkative, in front of a proxy."""
    settings = {
        "RATE_LIMITS": "on",
        "CONFIRM_EMAIL": "on",
        "LOG_LEVEL": "debug",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    started = start_server(
        tmp_path_factory.mktemp("attacked"),
        attacked_database_url,
        **{f"PARLEY_{name}": value for name, value in settings.items()},
    )
    yield started
    started.stop()
