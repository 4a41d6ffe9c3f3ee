"""Secrets of the whole server, each made when it is first needed and kept wrapped by a master key.

All processes and machines of a site share one database, so they share these; the master keys lie outside it.
"""

import secrets

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.recent import Recent
from parley.kit.sealing import KEY_BYTES, NAME_BYTES


class KeptSecret:
    """One that is needed often: asked for once in a process's life, as it stays the same for ever."""

    __slots__ = ("_known", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: Recent[bytes] = Recent(f"secret: {name}", entries_max=1, lifetime_seconds=float("inf"))

    async def read(self, conn: Connection) -> bytes:
        """Raises NoMasterKey."""
        known = self._known.find(0, clock.now_seconds())
        if known is not None:
            return known
        mark = self._known.mark()
        found = await server_secret(conn, self._name)
        # With the commit, as a transaction that makes it may never have been.
        conn.after_commit(lambda: self._known.keep(mark, 0, found, clock.now_seconds()))
        return found


async def server_secret(conn: Connection, name: str) -> bytes:
    """32 random bytes, the same for ever. Raises NoMasterKey."""
    wrapped = await _find(conn, name)
    if wrapped is None:
        made = conn.keys.wrap(secrets.token_bytes(KEY_BYTES), _associated(name))
        await _insert(conn, name, made)
        # Somebody may have been quicker.
        wrapped = await _find(conn, name) or made
    return unwrapped_secret(conn, name, wrapped)


def unwrapped_secret(conn: Connection, name: str, wrapped: bytes) -> bytes:
    """Raises NoMasterKey."""
    return conn.keys.unwrap(wrapped, _associated(name))


async def rewrap_server_secrets(conn: Connection) -> int:
    """Under the master key now in use; returns how many there are."""
    rows = await conn.fetch_rows("select name, wrapped from server_secrets order by name for update")
    for name, wrapped in rows:
        secret = unwrapped_secret(conn, name, wrapped)
        await conn.execute(
            "update server_secrets set wrapped = $2 where name = $1",
            name,
            conn.keys.wrap(secret, _associated(name)),
        )
    return len(rows)


async def master_keys_of_secrets(conn: Connection) -> list[bytes]:
    """The name of the master key that wraps each."""
    rows = await conn.fetch_column("select wrapped from server_secrets")
    return [bytes(wrapped[:NAME_BYTES]) for wrapped in rows]


async def find_wrapped_secret(conn: Connection, name: str) -> bytes | None:
    """As it lies there: useless without the master key."""
    return await _find(conn, name)


async def keep_wrapped_secret(conn: Connection, name: str, wrapped: bytes) -> None:
    """From elsewhere, unless there is one already."""
    await _insert(conn, name, wrapped)


def _associated(name: str) -> bytes:
    return b"server secret " + name.encode()


async def _find(conn: Connection, name: str) -> bytes | None:
    wrapped: bytes | None = await conn.fetch_value("select wrapped from server_secrets where name = $1", name)
    return wrapped


async def _insert(conn: Connection, name: str, wrapped: bytes) -> None:
    await conn.execute(
        "insert into server_secrets (name, wrapped, created_at) values ($1, $2, $3) on conflict do nothing",
        name,
        wrapped,
        clock.now(),
    )
