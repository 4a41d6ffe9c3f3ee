"""Services: what a process holds for its whole life and hands to doors and jobs, openly."""

import asyncio
import os

import msgspec

from parley.kit.config import Settings
from parley.kit.db import Database
from parley.kit.master_keys import key_ring
from parley.kit.pubsub import PubSub
from parley.kit.storage import Store, make_store


def _benches() -> asyncio.Semaphore:
    return asyncio.Semaphore(max(2, os.cpu_count() or 1))


class Services(msgspec.Struct, frozen=True):
    settings: Settings
    database: Database
    pubsub: PubSub
    store: Store
    # How many pictures a process works on at once, while their senders wait.
    benches: asyncio.Semaphore = msgspec.field(default_factory=_benches)


def make_services(settings: Settings) -> Services:
    pubsub = PubSub(settings.control_database_url or settings.database_url)
    database = Database(
        settings.database_url,
        size=settings.database_connections,
        publish=pubsub.publish,
        keys=key_ring(settings),
    )
    return Services(settings=settings, database=database, pubsub=pubsub, store=make_store(settings))
