"""Media files as lately read, by id; that one has changed or gone, every process learns at once."""

from collections.abc import Collection

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import MediaId
from parley.kit.recent import Recent
from parley.media import queries
from parley.media.descriptions import with_descriptions
from parley.media.models import MediaFile

_recent_media: Recent[MediaFile] = Recent("media_changed", entries_max=20_000)


async def media_of(conn: Connection, media_ids: Collection[MediaId]) -> dict[int, MediaFile]:
    """Those of them that are there. One statement, and one for keys that are not known; none for what was read in the last seconds."""
    if conn.in_transaction:
        return {each.id: each for each in await _read(conn, media_ids)}
    now = clock.now_seconds()
    found, missing = _recent_media.find_all(media_ids, now)
    if missing:
        mark = _recent_media.mark()
        for each in await _read(conn, [MediaId(one) for one in missing]):
            _recent_media.keep(mark, each.id, each, now)
            found[each.id] = each
    return found


async def _read(conn: Connection, media_ids: Collection[MediaId]) -> list[MediaFile]:
    return await with_descriptions(conn, await queries.media_by_ids(conn, media_ids))


def changed(conn: Connection, media_id: MediaId) -> None:
    """To be called by whoever writes or deletes the row, in the same transaction."""
    _recent_media.changed(conn, media_id)
