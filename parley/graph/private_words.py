"""What members write for themselves alone, under their account's key: notes about others, filters, titles of lists.

What can't be opened is left out, as if it were not there.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from parley.graph import private_queries as queries
from parley.graph.models import Filter, FilterKeyword, List, Relationship
from parley.graph.private_queries import Older, OlderNote
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.owners_keys import OwnerErased, Piece, lasting_key, open_all, seal

_SEALED_AT_ONCE = 200
_TEXT_OF: dict[type, tuple[str, str]] = {
    List: ("list", "title"),
    Filter: ("filter", "title"),
    FilterKeyword: ("keyword", "keyword"),
}

Row = TypeVar("Row", List, Filter, FilterKeyword)


# Lists, filters, keywords


async def sealed(conn: Connection, row: Row) -> Row:
    """As it is to be stored. Raises NoMasterKey, or OwnerErased."""
    kind, field = _TEXT_OF[type(row)]
    key = await lasting_key(conn, row.account_id)
    changes: dict[str, Any] = {field: "", "sealed": seal(key, f"{kind} {row.id}", getattr(row, field))}
    return replace(row, **changes)


async def opened(conn: Connection, rows: Sequence[Row]) -> list[Row]:
    """In order. One statement, or none."""
    texts = iter(await open_all(conn, [_piece(each) for each in rows if each.sealed is not None], str))
    return _with_texts(rows, texts)


async def opened_filters(
    conn: Connection, filters: Sequence[Filter], keywords: Sequence[FilterKeyword]
) -> tuple[list[Filter], list[FilterKeyword]]:
    """Both at once: one statement, or none."""
    pieces = [_piece(each) for each in filters if each.sealed is not None]
    pieces += [_piece(each) for each in keywords if each.sealed is not None]
    texts = iter(await open_all(conn, pieces, str))
    return _with_texts(filters, texts), _with_texts(keywords, texts)


async def opened_one(conn: Connection, row: Row | None) -> Row | None:
    return next(iter(await opened(conn, [row])), None) if row is not None else None


def _piece(row: Row) -> Piece:
    return Piece(f"{_TEXT_OF[type(row)][0]} {row.id}", row.sealed or b"")


def _with_texts(rows: Sequence[Row], texts: Iterator[str | None]) -> list[Row]:
    found = [each if each.sealed is None else _with_text(each, next(texts)) for each in rows]
    return [each for each in found if each is not None]


def _with_text(row: Row, text: str | None) -> Row | None:
    changes: dict[str, Any] = {_TEXT_OF[type(row)][1]: text, "sealed": None}
    return None if text is None else replace(row, **changes)


# Notes


async def with_note(conn: Connection, account_id: AccountId, row: Relationship, note: str) -> Relationship:
    """As it is to be stored."""
    if not note:
        return replace(row, note="", sealed_note=None)
    key = await lasting_key(conn, account_id)
    return replace(row, note="", sealed_note=seal(key, _note_place(account_id, row.other_id), note))


async def notes_opened(
    conn: Connection, account_id: AccountId, rows: Collection[Relationship]
) -> list[Relationship]:
    """To be shown to the account, not to be stored. No statement where there are no notes."""
    written = [each for each in rows if each.sealed_note is not None]
    if not written:
        return list(rows)
    pieces = [Piece(_note_place(account_id, each.other_id), each.sealed_note or b"") for each in written]
    notes = dict(zip((each.other_id for each in written), await open_all(conn, pieces, str), strict=True))
    return [
        replace(each, note=notes[each.other_id] or "") if each.other_id in notes else each for each in rows
    ]


async def note_opened(conn: Connection, account_id: AccountId, row: Relationship) -> Relationship:
    return (await notes_opened(conn, account_id, [row]))[0]


def _note_place(account_id: AccountId, other_id: AccountId) -> str:
    return f"note {account_id} {other_id}"


# From before they were sealed


class SealOlderChoices(msgspec.Struct, frozen=True):
    """The payload of the job that seals what is older."""


async def any_older(conn: Connection) -> bool:
    found = [
        *await queries.older_titles(conn, "lists", 1),
        *await queries.older_titles(conn, "filters", 1),
        *await queries.older_keywords(conn, 1),
    ]
    return bool(found or await queries.older_notes(conn, 1))


async def seal_some_older(conn: Connection) -> bool:
    """Of each kind; whether there may be more."""
    lists = await queries.older_titles(conn, "lists", _SEALED_AT_ONCE)
    for each in lists:
        await queries.seal_title(conn, "lists", each, await _older_sealed(conn, "list", each))
    filters = await queries.older_titles(conn, "filters", _SEALED_AT_ONCE)
    for each in filters:
        await queries.seal_title(conn, "filters", each, await _older_sealed(conn, "filter", each))
    keywords = await queries.older_keywords(conn, _SEALED_AT_ONCE)
    for each in keywords:
        await queries.seal_keyword(conn, each, await _older_sealed(conn, "keyword", each))
    notes = await queries.older_notes(conn, _SEALED_AT_ONCE)
    for note in notes:
        await queries.seal_note(conn, note, await _older_note_sealed(conn, note))
    return _SEALED_AT_ONCE in {len(lists), len(filters), len(keywords), len(notes)}


async def _older_sealed(conn: Connection, kind: str, older: Older) -> bytes | None:
    try:
        return seal(await lasting_key(conn, older.account_id), f"{kind} {older.id}", older.text)
    except OwnerErased:
        # On its way out: the text goes at once.
        return None


async def _older_note_sealed(conn: Connection, older: OlderNote) -> bytes | None:
    try:
        key = await lasting_key(conn, older.account_id)
    except OwnerErased:
        return None
    return seal(key, _note_place(older.account_id, older.other_id), older.note)
