"""Ids of media to MediaViews: the files with the addresses at which whoever asks may see them."""

from collections.abc import Collection, Sequence

from parley.hydration.models import MediaView, StatusView
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import MediaId, StatusId, parse_id
from parley.media.addresses import media_path, signing_key
from parley.media.cache import media_of
from parley.media.models import MediaFile
from parley.publishing.models import StatusEdit
from parley.publishing.schedule import Waiting
from parley.publishing.visibility import VisibleStatus, shown_in

_TOLD_MAX = 4
NO_MEDIA: dict[StatusId, tuple[MediaView, ...]] = {}


async def media_views(conn: Connection, media_ids: Collection[MediaId]) -> dict[int, MediaView]:
    """Those that are there, by id. Whoever calls has found that the viewer may see what bears them."""
    if not media_ids:
        return {}
    found = await media_of(conn, media_ids)
    key = await signing_key(conn)
    return {media_id: _view(key, media) for media_id, media in found.items()}


async def media_of_statuses(
    conn: Connection, found: Sequence[VisibleStatus]
) -> dict[StatusId, tuple[MediaView, ...]]:
    """Of these statuses, and of what they boost and quote, by the status; no statement for a page without.

    Whoever looks, a status's files are the very same object, so that streams encode it once for all readers.
    """
    bearing = {
        each.status.id: each.status.media_ids
        for outer in found
        for each in shown_in(outer)
        if each.status.media_ids
    }
    if not bearing:
        return NO_MEDIA
    views = await media_views(conn, {media_id for ids in bearing.values() for media_id in ids})
    return {
        status_id: tuple(views[each] for each in ids if each in views) for status_id, ids in bearing.items()
    }


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


def told_pictures(view: StatusView) -> list[MediaView]:
    """What other sites may show beside a link to the post: nothing that is guarded, or that readers ask for first."""
    if view.status.sensitive or view.status.spoiler_text:
        return []
    shown = (each for each in view.media if each.media.kind != "sound" and not each.media.guarded)
    return [each for each in shown if each.paths.get("small")][:_TOLD_MAX]


async def own_media_view(conn: Connection, media: MediaFile) -> MediaView:
    return _view(await signing_key(conn), media)


def _view(key: bytes, media: MediaFile) -> MediaView:
    now = clock.now()
    return MediaView(media, {each.name: media_path(key, media, each, now) for each in media.variants})
