"""`parley keys …`: the master keys, under which what is secret lies wrapped in the database; made at the first start."""

import asyncio
import logging
import sys

from cyclopts import App

from parley.kit import sealing
from parley.kit.config import Settings, load_settings
from parley.kit.db import Connection, connect
from parley.kit.errors import OperatorError, ParleyError
from parley.kit.master_keys import key_file, key_ring, key_text, read_key_file, write_key_file
from parley.kit.owners_keys import master_keys_in_use, rewrap_slice
from parley.kit.postgres import with_database
from parley.kit.server_secrets import master_keys_of_secrets, rewrap_server_secrets

log = logging.getLogger(__name__)

app = App(name="keys", help="The master keys: change them, make one for the setting.")

_SLICE = 500


@app.command
def new() -> None:
    """Print a random master key, for the setting master_keys."""
    print(key_text(sealing.new_key()))


@app.command
def rotate() -> None:
    """Make a new master key, and wrap everything under it; or under the first of the setting master_keys.

    The one it takes the place of stays in the file until the next time, for servers that are just using it.
    """
    settings = load_settings()
    with with_database(settings) as reachable:
        try:
            count = asyncio.run(_rotate(reachable))
        except ParleyError as refusal:
            raise OperatorError(refusal.logged) from None
    print(f"Wrapped under the new master key: {count}.")
    if not settings.master_keys:
        print(f"Put {key_file(settings)} into your backup, apart from the database.")
    sys.stdout.flush()


async def _rotate(settings: Settings) -> int:
    conn = await connect(settings.database_url, keys=key_ring(settings))
    try:
        used = await used_master_keys(conn)
        lost = [name.hex() for name in used if name not in conn.keys.names()]
        if lost:
            raise OperatorError(f"the master key {lost[0]} is missing, and things lie wrapped under it")
        if not settings.master_keys:
            path = key_file(settings)
            needed = tuple(each for each in read_key_file(path) if sealing.name_of(each) in used)
            write_key_file(path, (sealing.new_key(), *needed))
        return await _rewrap_all(conn)
    finally:
        await conn.close()


async def _rewrap_all(conn: Connection) -> int:
    async with conn.begin():
        count = await rewrap_server_secrets(conn)
    after: int | None = 0
    while after is not None:
        async with conn.begin():
            changed, after = await rewrap_slice(conn, after, _SLICE)
        count += changed
    return count


async def used_master_keys(conn: Connection) -> dict[bytes, int]:
    """How many things each master key wraps, by its name."""
    used = await master_keys_in_use(conn)
    for name in await master_keys_of_secrets(conn):
        used[name] = used.get(name, 0) + 1
    return used


async def make_first_key(settings: Settings, dsn: str) -> None:
    """At a first start. One that was lost is not replaced in silence: what it wraps would be forgotten for good."""
    if settings.master_keys or read_key_file(key_file(settings)):
        return
    conn = await connect(dsn)
    try:
        used = await used_master_keys(conn)
    finally:
        await conn.close()
    if used:
        log.error(
            "%s is missing: posts and messages can't be read or written; see `parley doctor`",
            key_file(settings),
        )
        return
    write_key_file(key_file(settings), (sealing.new_key(),))
