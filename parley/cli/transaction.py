"""What commands that change something share: one transaction, and refusals told in one line."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from parley.cli.keys import make_first_key
from parley.kit.config import Settings
from parley.kit.db import Connection, UniqueViolation, connect
from parley.kit.errors import OperatorError, ParleyError
from parley.kit.master_keys import key_ring
from parley.kit.migrate import migrate
from parley.kit.postgres import with_database

Outcome = TypeVar("Outcome")


def in_database(settings: Settings, act: Callable[[Connection], Awaitable[Outcome]]) -> Outcome:
    """One transaction, beside a running Parley or without one."""
    with with_database(settings) as reachable:
        return asyncio.run(_transaction(reachable, act))


async def _transaction(settings: Settings, act: Callable[[Connection], Awaitable[Outcome]]) -> Outcome:
    # Whoever makes members before the first start finds no tables yet.
    await migrate(settings.control_database_url or settings.database_url)
    await make_first_key(settings, settings.database_url)
    conn = await connect(settings.database_url, keys=key_ring(settings))
    try:
        async with conn.begin():
            return await act(conn)
    finally:
        await conn.close()


@contextmanager
def told_plainly() -> Iterator[None]:
    """A refusal of ours is one line here too."""
    try:
        yield
    except UniqueViolation:
        raise OperatorError("somebody took one of the names just now: try again") from None
    except ParleyError as refusal:
        raise OperatorError(refusal.shown.removeprefix("Validation failed: ")) from None


def printable(text: str) -> str:
    """What strangers wrote, without what would move a terminal's cursor."""
    return "".join(character if character.isprintable() else " " for character in text)
