"""attach: media that a member has uploaded become part of a status."""

from collections.abc import Sequence

from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.publishing.errors import UnknownMedia


async def attach(_conn: Connection, _viewer: Viewer, media_ids: Sequence[str]) -> tuple[int, ...]:
    """The ids of one's own media that may become part of a status. Raises UnknownMedia: there are none yet."""
    if media_ids:
        raise UnknownMedia
    return ()
