"""The ledger of deletions: keyed hashes of the ids of what was deleted, so that no old backup brings it back.

A row is written in the transaction that deletes, and never changed. Without the server's secret it tells nothing.
"""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import bucket_of
from parley.kit.server_secrets import server_secret

Kind = Literal["status", "media", "account"]
SECRET_NAME = "ledger of deletions"  # noqa: S105 - what the secret is called
HASH_BYTES = 16


class Deletion(msgspec.Struct, frozen=True):
    """A row. The bucket is the deleted thing's own."""

    bucket: int
    hash: bytes
    kind: str
    deleted_at: datetime


async def note_deleted(conn: Connection, kind: Kind, ids: Collection[int]) -> None:
    """In the transaction that deletes them. Raises NoMasterKey."""
    if not ids:
        return
    key, now = await server_secret(conn, SECRET_NAME), clock.now()
    # In one order, so that two who delete the same never wait for each other.
    noted = sorted((bucket_of(each), _hash(key, kind, each)) for each in ids)
    await add_deletions(conn, [Deletion(bucket, hashed, kind, now) for bucket, hashed in noted])


async def add_deletions(conn: Connection, deletions: Sequence[Deletion]) -> None:
    await conn.execute_many(
        "insert into deletions (bucket, hash, kind, deleted_at) values ($1, $2, $3, $4) on conflict do nothing",
        [msgspec.structs.astuple(each) for each in deletions],
    )


async def deleted_among(conn: Connection, kind: Kind, ids: Collection[int]) -> list[int]:
    """Those of the ids that the ledger names. Of several buckets."""
    key = await server_secret(conn, SECRET_NAME)
    hashes = {_hash(key, kind, each): each for each in ids}
    found = await conn.fetch_column(
        "select hash from deletions where bucket = any($1) and hash = any($2)",
        [bucket_of(each) for each in ids],
        list(hashes),
    )
    return sorted(hashes[bytes(each)] for each in found)


async def deletions_after(conn: Connection, after: Deletion | None, limit: int) -> list[Deletion]:
    """A slice of the whole ledger, of every bucket."""
    bucket, hashed = (-1, b"") if after is None else (after.bucket, after.hash)
    return await conn.fetch_all(
        Deletion,
        """
        select bucket, hash, kind, deleted_at from deletions
        where (bucket, hash) > ($1, $2) order by bucket, hash limit $3
        """,
        bucket,
        hashed,
        limit,
    )


def _hash(key: bytes, kind: Kind, any_id: int) -> bytes:
    return hmac.new(key, f"{kind} {any_id}".encode(), hashlib.sha256).digest()[:HASH_BYTES]
