"""One running server for all tests of clients, members with an app each, and its log where a test fails."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.running_server import PASSWORD, RunningServer, start_server
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.toot_command import Toot, TootForks
from tests.conftest import copy_template

SCOPES = ["read", "write", "follow", "push"]
_LOG_LINES_SHOWN = 60
_MEMBERS = 300

Join = Callable[[], StrictMastodon]
JoinToot = Callable[[], Toot]


@pytest.fixture(scope="session")
async def clients_database_url(server_dsn: str) -> str:
    return await copy_template(server_dsn, f"parley_test_clients_{_worker()}")


@pytest.fixture(scope="session")
def server(clients_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    started = start_server(tmp_path_factory.mktemp("server"), clients_database_url)
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def clean_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a client sends, the server has nothing to be sorry for."""
    if "server" not in request.fixturenames:
        yield
        return
    server: RunningServer = request.getfixturevalue("server")
    before = len(server.log())
    yield
    written = server.log()[before:]
    assert "Traceback" not in written, written
    assert " ERROR " not in written, written


@pytest.fixture(scope="session")
def application(server: RunningServer) -> tuple[str, str]:
    """Client id and secret of an app that every member uses."""
    return StrictMastodon.create_app("Tests of clients", scopes=SCOPES, api_base_url=server.url)


@pytest.fixture(scope="session")
def members(server: RunningServer) -> Iterator[tuple[str, str]]:
    """Names and tokens of members who never met; all have the same password."""
    made = server.run(
        *("account", "create", "member", "--count", str(_MEMBERS)),
        *("--password", PASSWORD, "--token", " ".join(SCOPES)),
    )
    return iter([(name, token) for name, token in (line.split() for line in made.splitlines())])


@pytest.fixture
def join(server: RunningServer, members: Iterator[tuple[str, str]]) -> Join:
    """Another member at each call: all tests share one server, and no members."""

    def another() -> StrictMastodon:
        _, token = next(members)
        return StrictMastodon(access_token=token, api_base_url=server.url)

    return another


@pytest.fixture
def alice(join: Join) -> StrictMastodon:
    return join()


@pytest.fixture
def bob(join: Join) -> StrictMastodon:
    return join()


@pytest.fixture
def carol(join: Join) -> StrictMastodon:
    return join()


@pytest.fixture(scope="session")
def toot_forks() -> Iterator[TootForks]:
    forks = TootForks()
    yield forks
    forks.stop()


@pytest.fixture
def toot_of(server: RunningServer, toot_forks: TootForks, tmp_path: Path) -> Callable[[str], Toot]:
    """The command line of somebody who has not signed in yet."""
    return lambda username: Toot(toot_forks, server, tmp_path / username, username)


@pytest.fixture
def join_toot(
    server: RunningServer,
    application: tuple[str, str],
    members: Iterator[tuple[str, str]],
    toot_of: Callable[[str], Toot],
) -> JoinToot:
    """Another member at each call, signed in: toot's file as its own login leaves it."""

    def another() -> Toot:
        username, token = next(members)
        toot = toot_of(username)
        app = {"instance": server.domain, "base_url": server.url}
        app |= {"client_id": application[0], "client_secret": application[1]}
        user = {"instance": server.domain, "username": username, "access_token": token}
        config = {
            "apps": {server.domain: app},
            "users": {toot.address: user},
            "active_user": toot.address,
        }
        file = Path(toot.environment["XDG_CONFIG_HOME"]) / "toot" / "config.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(config), encoding="utf-8")
        return toot

    return another


@pytest.fixture
def anna(join_toot: JoinToot) -> Toot:
    """Whoever types toot; alice, bob and carol have Mastodon.py."""
    return join_toot()


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and server is not None:
        tail = "\n".join(server.log().splitlines()[-_LOG_LINES_SHOWN:])
        report.sections.append(("the server's log", tail))
    return report
