"""`parley ledger …`: what was deleted stays deleted when an older backup is put back."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from cyclopts import App

from parley.identity.standing import delete_some_again
from parley.identity.tokens import TokenCache
from parley.kit import ledger
from parley.kit.config import Settings, load_settings
from parley.kit.db import Connection, connect
from parley.kit.errors import OperatorError, ParleyError
from parley.kit.ids import AccountId
from parley.kit.ledger import HASH_BYTES, Deletion
from parley.kit.master_keys import key_ring
from parley.kit.migrate import migrate
from parley.kit.postgres import with_database
from parley.kit.pubsub import PubSub
from parley.kit.sealing import SealBroken
from parley.kit.server_secrets import (
    find_wrapped_secret,
    keep_wrapped_secret,
    server_secret,
    unwrapped_secret,
)
from parley.media.own import delete_some_media_again
from parley.publishing.erase import delete_some_statuses_again

app = App(name="ledger", help="Deletions: carry them over to a backup that is put back.")

_HEAD = "parley ledger 1"
_SLICE = 2000


@app.command
def export(file: Path) -> None:
    """Write the ledger of deletions into a file: keyed hashes alone.

    Parameters
    ----------
    file
        Where to; what stands there is replaced.
    """
    count = _in_database(lambda conn: _export(conn, file))
    print(f"Deletions written: {count}.")


@app.command
def apply(file: Path | None = None) -> None:
    """Delete whatever the ledger names and is there again; to be run on a backup put back, before it is served.

    Parameters
    ----------
    file
        A ledger written by `parley ledger export`, to be taken in first.
    """
    if file is not None:
        _in_database(lambda conn: _take_in(conn, file))
    count = _in_database(delete_again)
    print(f"Deleted again: {count}.")
    sys.stdout.flush()


def _in_database(act: Callable[[Connection], Awaitable[int]]) -> int:
    settings = load_settings()
    with with_database(settings) as reachable:
        try:
            return asyncio.run(_connected(reachable, act))
        except ParleyError as refusal:
            raise OperatorError(refusal.logged) from None


async def _connected(settings: Settings, act: Callable[[Connection], Awaitable[int]]) -> int:
    await migrate(settings.control_database_url or settings.database_url)
    conn = await connect(settings.database_url, keys=key_ring(settings))
    try:
        return await act(conn)
    finally:
        await conn.close()


async def _export(conn: Connection, file: Path) -> int:
    """With the secret, wrapped as it lies in the database: only who has the master key can use it."""
    async with conn.begin():
        await server_secret(conn, ledger.SECRET_NAME)
    wrapped = await find_wrapped_secret(conn, ledger.SECRET_NAME) or b""
    count, last = 0, None
    with file.open("w", encoding="ascii") as out:
        out.write(f"{_HEAD} {wrapped.hex()}\n")
        while slice_ := await ledger.deletions_after(conn, last, _SLICE):
            out.writelines(
                f"{each.kind} {each.bucket} {each.hash.hex()} {each.deleted_at.isoformat()}\n"
                for each in slice_
            )
            count, last = count + len(slice_), slice_[-1]
    return count


async def _take_in(conn: Connection, file: Path) -> int:
    """Into a database that has no secret of the ledger yet, or the same. Raises OperatorError."""
    count = 0
    try:
        with file.open(encoding="ascii") as lines:
            await _take_secret(conn, next(lines, "").strip())
            while slice_ := list(islice(_deletions(lines), _SLICE)):
                async with conn.begin():
                    await ledger.add_deletions(conn, slice_)
                count += len(slice_)
    except (OSError, ValueError) as error:
        raise OperatorError(f"{file} can't be read as a ledger: {error}") from None
    except SealBroken:
        raise OperatorError(f"{file} can't be read as a ledger: its first line is damaged") from None
    return count


async def _take_secret(conn: Connection, head: str) -> None:
    mark, _, wrapped = head.rpartition(" ")
    if mark != _HEAD:
        raise ValueError("its first line is another")
    async with conn.begin():
        await keep_wrapped_secret(conn, ledger.SECRET_NAME, bytes.fromhex(wrapped))
        theirs = unwrapped_secret(conn, ledger.SECRET_NAME, bytes.fromhex(wrapped))
        if await server_secret(conn, ledger.SECRET_NAME) != theirs:
            raise OperatorError("this ledger belongs to another server")


def _deletions(lines: Iterator[str]) -> Iterator[Deletion]:
    for line in lines:
        kind, bucket, hashed, moment = line.split()
        if len(hashed) != 2 * HASH_BYTES:
            raise ValueError("a hash is too short")
        yield Deletion(int(bucket), bytes.fromhex(hashed), kind, datetime.fromisoformat(moment))


async def delete_again(conn: Connection) -> int:
    """Posts, files and accounts that the ledger names and are there; returns how many there were."""
    return await _statuses(conn) + await _media(conn) + await _accounts(conn)


async def _statuses(conn: Connection) -> int:
    """A transaction a slice; open processes hear nothing, as this runs before any."""
    pubsub = PubSub("unused")
    return await _in_slices(conn, lambda after: delete_some_statuses_again(conn, pubsub, after, _SLICE))


async def _media(conn: Connection) -> int:
    return await _in_slices(conn, lambda after: delete_some_media_again(conn, after, _SLICE))


async def _accounts(conn: Connection) -> int:
    """Their logins at once; posts and follows by jobs, once a worker runs."""

    async def some(after: int) -> tuple[int, int | None]:
        gone, more = await delete_some_again(conn, TokenCache(), AccountId(after), _SLICE)
        return len(gone), more

    return await _in_slices(conn, some)


async def _in_slices(conn: Connection, some: Callable[[int], Awaitable[tuple[int, int | None]]]) -> int:
    """`some` deletes what it finds in a slice after an id, and tells how many, and where to go on."""
    count, after = 0, 0
    while True:
        async with conn.begin():
            deleted, more = await some(after)
        count += deleted
        if more is None:
            return count
        after = more
