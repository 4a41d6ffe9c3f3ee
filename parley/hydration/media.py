"""Ids of media to MediaViews: the files with the addresses at which whoever asks may see them."""

from collections.abc import Collection, Sequence

from parley.hydration.models import MediaView
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import MediaId, StatusId, parse_id
from parley.media.addresses import media_path, signing_key
from parley.media.cache import media_of
from parley.media.models import MediaFile
from parley.publishing.models import StatusEdit
from parley.publishing.schedule import Waiting
from parley.publishing.visibility import VisibleStatus, shown_in

_NO_MEDIA: dict[int, MediaView] = {}


async def media_views(conn: Connection, media_ids: Collection[MediaId]) -> dict[int, MediaView]:
    """Those that are there, by id. Whoever calls has found that the viewer may see what bears them."""
    if not media_ids:
        return {}
    found = await media_of(conn, media_ids)
    key = await signing_key(conn)
    return {media_id: _view(key, media) for media_id, media in found.items()}


async def media_of_statuses(conn: Connection, found: Sequence[VisibleStatus]) -> dict[int, MediaView]:
    """Of these statuses, and of what they boost and quote; no statement for a page without."""
    ids = {media_id for outer in found for each in shown_in(outer) for media_id in each.status.media_ids}
    return await media_views(conn, ids) if ids else _NO_MEDIA


async def media_of_waiting(conn: Connection, waiting: Sequence[Waiting]) -> dict[int, MediaView]:
    """Of one's own statuses that wait for their hour; no statement where none bears any."""
    named = (parse_id(each) for one in waiting for each in one.draft.media_ids)
    return await media_views(conn, {MediaId(each) for each in named if each is not None})


async def media_of_edits(
    conn: Connection, status_id: StatusId, edits: Sequence[StatusEdit]
) -> dict[int, MediaView]:
    """What the status bears still: whatever it bore once may be shown elsewhere now, to others."""
    views = await media_views(conn, {each.id for edit in edits for each in edit.media})
    return {media_id: view for media_id, view in views.items() if view.media.status_id == status_id}


async def own_media_view(conn: Connection, media: MediaFile) -> MediaView:
    return _view(await signing_key(conn), media)


def _view(key: bytes, media: MediaFile) -> MediaView:
    now = clock.now()
    return MediaView(media, {each.name: media_path(key, media, each, now) for each in media.variants})
