"""One PostgreSQL for the run, a template database, a copy per worker, each test rolled back."""

import asyncio
import os
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from argon2 import PasswordHasher
from litestar import Litestar

from parley.asgi import make_application, state_of
from parley.identity import admission
from parley.identity import cache as account_cache
from parley.kit import clock, crypto, recent
from parley.kit.config import Settings
from parley.kit.db import Connection, Database, connect
from parley.kit.migrate import migrate
from parley.kit.partitions import keep_partitions
from parley.kit.postgres import EmbeddedPostgres, create_database, database_beside, drop_database
from parley.kit.pubsub import PubSub
from parley.kit.sealing import KeyRing
from parley.kit.services import Services
from parley.kit.storage import Store, make_store
from parley.mastodon_api import entities
from parley.mastodon_api.outermost import outermost
from parley.media import emojis
from parley.moderation import sign_in_wall
from parley.publishing import cache as status_cache
from parley.timelines import celebrities
from tests.database import CountingConnection, RolledBackDatabase

DSN_VARIABLE = "PARLEY_PYTEST_DSN"
TEMPLATE = "parley_test_template"
_server: list[Any] = []

# No test fails for being slow: machines are shared.
hypothesis.settings.register_profile("parley", deadline=None)
hypothesis.settings.load_profile("parley")

# One sixtieth of a second a password is right for members and wrong for a thousand tests.
crypto._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or DSN_VARIABLE in os.environ:
        return
    os.environ[DSN_VARIABLE] = os.environ.get("DATABASE_URL") or _start_embedded()
    asyncio.run(_make_template(os.environ[DSN_VARIABLE]))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        for server in _server:
            server.stop()
        _server.clear()
        os.environ.pop(DSN_VARIABLE, None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of one running server go to one worker, as it is started once for them."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("running server"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a browser is promised, a test without one has failed."""
    report = yield
    if report.skipped and "CI" in os.environ and item.get_closest_marker("browser"):
        report.outcome = "failed"
    return report


def _start_embedded() -> str:
    """In a folder of its own for each of several test runs at once."""
    from parley.kit.lock_file import LockHeld

    for number in range(16):
        folder = Path(__file__).parent.parent / "data" / f"test-{number}"
        try:
            server = EmbeddedPostgres(folder, durable=False).start()
        except LockHeld:
            continue
        _server.append(server)
        return server.dsn("postgres")
    raise RuntimeError("sixteen test runs at once are enough")


async def _make_template(dsn: str) -> None:
    await drop_database(dsn, TEMPLATE)
    await create_database(dsn, TEMPLATE)
    await migrate(database_beside(dsn, TEMPLATE))
    prepared = await connect(database_beside(dsn, TEMPLATE))
    await keep_partitions(prepared)
    await prepared.close()


async def copy_template(dsn: str, name: str) -> str:
    """A fresh database of the present schema; returns its DSN."""
    await drop_database(dsn, name)
    await create_database(dsn, name, template=TEMPLATE)
    return database_beside(dsn, name)


@pytest.fixture
def at_noon() -> Iterator[None]:
    """For tests of what is counted by the day: hours before and after lie in it, whenever they run."""
    with clock.shifted(timedelta(hours=36) - (clock.now() - clock.today_start())):
        yield


@pytest.fixture(scope="session")
def server_dsn() -> str:
    return os.environ[DSN_VARIABLE]


@pytest.fixture(scope="session")
async def database_dsn(server_dsn: str) -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return await copy_template(server_dsn, f"parley_test_{worker}")


@pytest.fixture(scope="session")
async def shared_connection(database_dsn: str) -> AsyncIterator[CountingConnection]:
    plain = await connect(database_dsn)
    counting = CountingConnection(plain._raw)
    counting.keys = KeyRing(lambda: (b"a master key for nothing but tests"[:32],))
    yield counting
    await counting.close()


@pytest.fixture
async def conn(shared_connection: CountingConnection) -> AsyncIterator[CountingConnection]:
    transaction = shared_connection._raw.transaction()
    await transaction.start()
    shared_connection._after_commit.clear()
    forget_caches()
    yield shared_connection
    await transaction.rollback()


def forget_caches() -> None:
    account_cache.clear()
    status_cache.clear()
    entities.clear_fragments()
    celebrities.clear()
    recent.clear()
    admission.keep_blocked(admission.BlockedNetworks(()))
    sign_in_wall.keep_wall(sign_in_wall.Wall())
    emojis.keep_emojis(())


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A process's own: where one test moves the clock, another's files would look left over."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(
        data_dir=data_dir,
        url="https://parley.test",
        rate_limits=False,
        confirm_email=False,
        trusted_proxies=(),
        password_grant=True,
    )


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One folder for all tests of a process: names in it are drawn, so that none meets another's."""
    return make_store(Settings(data_dir=tmp_path_factory.mktemp("store")))


@pytest.fixture
def services(conn: Connection, settings: Settings, store: Store) -> Services:
    database = RolledBackDatabase(conn)
    return Services(settings=settings, database=database, pubsub=PubSub("unused"), store=store)


@pytest.fixture(scope="session")
def shared_app(store: Store) -> Litestar:
    """Built once, as that takes longer than most tests; each test puts its own services into it."""
    unused = Settings(url="https://parley.test")
    return make_application(
        Services(settings=unused, database=Database("unused", size=1), pubsub=PubSub("unused"), store=store)
    )


@pytest.fixture
async def client(shared_app: Litestar, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    shared_app.state.update(state_of(services))
    async with client_of(shared_app, services.settings.base_url) as made:
        yield made


def client_of(app: Litestar, base_url: str) -> httpx.AsyncClient:
    served: Any = outermost(app)
    transport = httpx.ASGITransport(app=served, raise_app_exceptions=True)
    # Without a look at the environment for proxies, which would load certificates for each.
    return httpx.AsyncClient(transport=transport, base_url=base_url, trust_env=False)
