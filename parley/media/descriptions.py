"""Descriptions of files lie sealed, with the key of whoever sent the file: sealing, opening, and what is older."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, MediaId
from parley.kit.owners_keys import OwnerErased, Piece, lasting_key, open_all, seal
from parley.media import queries
from parley.media.models import MediaFile

_AT_ONCE = 100


def _place(media_id: int) -> str:
    return f"description {media_id}"


async def seal_description(
    conn: Connection, account_id: AccountId, media_id: MediaId, description: str
) -> bytes | None:
    """None for an empty one. Raises OwnerErased or NoMasterKey."""
    if not description:
        return None
    return seal(await lasting_key(conn, account_id), _place(media_id), description)


async def open_descriptions(conn: Connection, sealed: Mapping[MediaId, bytes]) -> dict[MediaId, str]:
    """By file; empty where it can't be opened. One statement, or none when the keys are known."""
    pieces = [Piece(_place(media_id), each) for media_id, each in sealed.items()]
    opened = await open_all(conn, pieces, str) if pieces else []
    return {media_id: said or "" for media_id, said in zip(sealed, opened, strict=True)}


async def with_descriptions(conn: Connection, files: Sequence[MediaFile]) -> list[MediaFile]:
    sealed = {each.id: each.sealed_description for each in files if each.sealed_description is not None}
    if not sealed:
        return list(files)
    said = await open_descriptions(conn, sealed)
    return [
        msgspec.structs.replace(each, description=said[each.id]) if each.id in said else each
        for each in files
    ]


# From before they were sealed


class SealOlderDescriptions(msgspec.Struct, frozen=True):
    """The payload of the job that seals them. `after`: the file after which the next slice begins."""

    after: int = 0


async def any_open(conn: Connection) -> bool:
    return bool(await queries.open_descriptions(conn, 0, 1))


async def seal_slice(conn: Connection, after: int) -> int | None:
    """Where the next slice begins, if there may be one."""
    found = await queries.open_descriptions(conn, after, _AT_ONCE)
    for each in found:
        try:
            sealed = await seal_description(conn, each.account_id, each.id, each.description)
        except OwnerErased:
            # Jobs are deleting it.
            continue
        await queries.seal_open_description(conn, each, sealed)
    return found[-1].id if len(found) == _AT_ONCE else None
