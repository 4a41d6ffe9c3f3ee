"""All SQL on what members wrote for themselves before it was sealed; each found by an index that is empty afterwards."""

from typing import Literal

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of

Table = Literal["lists", "filters"]


class Older(msgspec.Struct, frozen=True):
    id: int
    account_id: AccountId
    text: str


class OlderNote(msgspec.Struct, frozen=True):
    account_id: AccountId
    other_id: AccountId
    note: str


async def older_titles(conn: Connection, table: Table, limit: int) -> list[Older]:
    return await conn.fetch_all(
        Older, f"select id, account_id, title from {table} where title <> '' order by id limit $1", limit
    )


async def seal_title(conn: Connection, table: Table, older: Older, sealed: bytes | None) -> None:
    """Unless it has changed meanwhile."""
    await conn.execute(
        f"update {table} set title = '', sealed = $4 where bucket = $1 and id = $2 and title = $3",
        bucket_of(older.id),
        older.id,
        older.text,
        sealed,
    )


async def older_keywords(conn: Connection, limit: int) -> list[Older]:
    return await conn.fetch_all(
        Older,
        "select id, account_id, keyword from filter_keywords where keyword <> '' order by id limit $1",
        limit,
    )


async def seal_keyword(conn: Connection, older: Older, sealed: bytes | None) -> None:
    """Unless it has changed meanwhile."""
    await conn.execute(
        """
        update filter_keywords set keyword = '', sealed = $4 where bucket = $1 and id = $2 and keyword = $3
        """,
        bucket_of(older.id),
        older.id,
        older.text,
        sealed,
    )


async def older_notes(conn: Connection, limit: int) -> list[OlderNote]:
    return await conn.fetch_all(
        OlderNote,
        """
        select account_id, other_id, note from relationships where note <> ''
        order by account_id, other_id limit $1
        """,
        limit,
    )


async def seal_note(conn: Connection, older: OlderNote, sealed: bytes | None) -> None:
    """Unless it has changed meanwhile."""
    await conn.execute(
        """
        update relationships set note = '', sealed_note = $5
        where bucket = $1 and account_id = $2 and other_id = $3 and note = $4
        """,
        bucket_of(older.account_id),
        older.account_id,
        older.other_id,
        older.note,
        sealed,
    )
