"""How a status spells its hashtags."""

from collections.abc import Collection

from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.publishing.sealed_words import read_source
from parley.publishing.text import find_hashtags, normal_tag


async def spellings_in(conn: Connection, status_id: StatusId, tags: Collection[str]) -> dict[str, str]:
    """Those of `tags`, in normal form, that its text holds, each with its first spelling there."""
    source = await read_source(conn, status_id)
    written = [] if source is None else find_hashtags(source.text)
    return {normal: name for name in reversed(written) if (normal := normal_tag(name)) in tags}
