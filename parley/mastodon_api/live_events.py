"""From what processes are told to what readers get: who of them it concerns, as each may see it, made once for all alike.

A message costs the same few statements in each process with open streams, however many these are.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from parley.graph.followed_tags import tags_followed_by_each
from parley.graph.lists import lists_without_replies
from parley.graph.relationships import followers_among
from parley.hydration.models import StatusView
from parley.hydration.notifications import notification_views_for_each
from parley.hydration.rules import keep_by_tag, may_come_by_tag
from parley.hydration.statuses import complete, complete_for_each
from parley.identity.viewer import ANONYMOUS, Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId
from parley.mastodon_api.entities.notification import notification_json
from parley.mastodon_api.entities.status import status_json
from parley.mastodon_api.live_places import Places
from parley.mastodon_api.live_readers import Event, Reader
from parley.mastodon_api.streams import PUBLIC_NAMES, Stream, public_streams_of, rule_of, tells_notifications
from parley.notifications.live import Notified
from parley.notifications.models import Notification
from parley.publishing.models import Visibility
from parley.publishing.visibility import VisibleStatus, visible_statuses, visible_to_each
from parley.timelines.live import StatusChanged, StatusDelivered, StatusGone, StatusNews, holders_among

# Whoever else is served by this process gets a turn after so many readers.
_READERS_PER_TURN = 100
_DELIVERIES_REMEMBERED = 200

_NO_TAGS = frozenset[str]()

# A reader, the label of the stream, and whose eyes to see it with.
_Place = tuple[Reader, bytes, AccountId | None]


class Deliveries:
    """Which owners were told of statuses whose delivery goes on: a message comes for each slice of followers."""

    __slots__ = ("_told",)

    def __init__(self) -> None:
        self._told: dict[StatusId, set[int]] = {}

    def fresh(self, news: StatusDelivered, owner_ids: Sequence[int]) -> list[int]:
        """Those who were not told yet; they are from now on."""
        if news.first and news.last:
            return list(owner_ids)
        told = self._told.setdefault(news.status_id, set())
        fresh = [each for each in owner_ids if each not in told]
        told.update(fresh)
        if news.last or len(self._told) > _DELIVERIES_REMEMBERED:
            del self._told[news.status_id if news.last else next(iter(self._told))]
        return fresh


# Statuses


async def send_status_news(
    conn: Connection, places: Places, deliveries: Deliveries, base_url: str, news: StatusNews
) -> None:
    match news:
        case StatusGone():
            await _send_deletion(conn, places, news)
        case StatusDelivered():
            streams = await _streams_of_new(conn, places, deliveries, news)
            await _send_status(conn, places, base_url, "update", news.status_id, streams)
        case StatusChanged():
            streams = _homes(places, await holders_among(conn, places.owner_ids, news.status_id))
            streams += await _streams_for_everybody(conn, places, news.status_id)
            await _send_status(conn, places, base_url, "status.update", news.status_id, streams)


async def _streams_of_new(
    conn: Connection, places: Places, deliveries: Deliveries, news: StatusDelivered
) -> list[Stream]:
    owner_ids = await holders_among(conn, places.owner_ids, news.status_id)
    if news.famous:
        followers = await followers_among(conn, news.account_id, places.member_ids)
        owner_ids = list(dict.fromkeys((*owner_ids, *followers)))
    streams = _homes(places, deliveries.fresh(news, owner_ids))
    if news.everybody and news.first:
        streams += await _streams_for_everybody(conn, places, news.status_id)
    return streams


def _homes(places: Places, owner_ids: Iterable[int]) -> list[Stream]:
    found = (places.stream_of(each) for each in owner_ids)
    return [stream for stream in found if stream is not None]


async def _streams_for_everybody(conn: Connection, places: Places, status_id: StatusId) -> list[Stream]:
    if not places.any_for_everybody:
        return []
    found = (await visible_statuses(conn, ANONYMOUS, [status_id])).get(status_id)
    if found is None or found.reblog is not None or found.status.visibility != Visibility.PUBLIC:
        return []
    return [
        each for each in public_streams_of(found.status, local=found.author.account.local) if each in places
    ]


async def _send_deletion(conn: Connection, places: Places, news: StatusGone) -> None:
    """To all who may have it: nobody can be asked any more what they wished to see of it."""
    streams = _homes(places, await holders_among(conn, places.owner_ids, news.status_id))
    if news.everybody:
        streams += [Stream(name) for name in PUBLIC_NAMES]
        streams += [Stream(name, tag=tag) for tag in news.tags for name in ("hashtag", "hashtag:local")]
    event = Event("delete", str(news.status_id).encode())
    for stream in streams:
        for reader, label in places.readers_of(stream).items():
            reader.tell(event, label)


async def _send_status(
    conn: Connection,
    places: Places,
    base_url: str,
    event_name: str,
    status_id: StatusId,
    streams: Sequence[Stream],
) -> None:
    if not streams:
        return
    found = await _found_by_each(conn, places, status_id, streams)
    chosen = await _chosen(conn, places, streams, found)
    views = await _views(conn, {viewer_id: found[viewer_id] for _, _, viewer_id in chosen})
    events: dict[tuple[object, ...], Event] = {}
    for number, (reader, label, viewer_id) in enumerate(chosen, 1):
        view = views.get(viewer_id)
        if view is not None:
            key = _sameness(view, reader.viewer)
            event = events.get(key)
            if event is None:
                event = events[key] = Event(event_name, status_json(view, base_url, reader.viewer))
            reader.tell(event, label)
        if number % _READERS_PER_TURN == 0:
            await asyncio.sleep(0)


async def _found_by_each(
    conn: Connection, places: Places, status_id: StatusId, streams: Sequence[Stream]
) -> dict[AccountId | None, VisibleStatus]:
    """The status by reader, for those who may see it; None stands for applications without a member."""
    viewer_ids = {reader.viewer.account_id for each in streams for reader in places.readers_of(each)}
    found: dict[AccountId | None, VisibleStatus] = {}
    if None in viewer_ids:
        for each in (await visible_statuses(conn, ANONYMOUS, [status_id])).values():
            found[None] = each
    members = [each for each in viewer_ids if each is not None]
    for viewer_id, seen in (await visible_to_each(conn, members, [status_id])).items():
        if status_id in seen.statuses:
            found[viewer_id] = seen.statuses[status_id]
    return found


async def _chosen(
    conn: Connection,
    places: Places,
    streams: Sequence[Stream],
    found: Mapping[AccountId | None, VisibleStatus],
) -> list[_Place]:
    """Everybody who may see it and wishes to, in each stream where it stands."""
    list_ids = [each.owner_id for each in streams if each.name == "list"]
    without_replies = await lists_without_replies(conn, list_ids) if list_ids else frozenset()
    followed = await _followed_tags(conn, streams, found)
    chosen: list[_Place] = []
    for stream in streams:
        keep = rule_of(stream, without_replies)
        for reader, label in places.readers_of(stream).items():
            each = found.get(reader.viewer.account_id)
            if each is None:
                continue
            by_tag = stream.name == "user" and keep_by_tag(
                each, reader.viewer, followed.get(AccountId(stream.owner_id), _NO_TAGS)
            )
            if by_tag or keep(each, reader.viewer):
                chosen.append((reader, label, reader.viewer.account_id))
    return chosen


async def _followed_tags(
    conn: Connection, streams: Sequence[Stream], found: Mapping[AccountId | None, VisibleStatus]
) -> dict[AccountId, frozenset[str]]:
    """Of those in whose home it may stand for a tag alone, which of its tags they follow."""
    owner_ids = [AccountId(each.owner_id) for each in streams if each.name == "user"]
    by_tag = [
        each for each in owner_ids if each in found and may_come_by_tag(found[each], Viewer(account_id=each))
    ]
    return await tags_followed_by_each(conn, by_tag, found[by_tag[0]].status.tags) if by_tag else {}


async def _views(
    conn: Connection, found: Mapping[AccountId | None, VisibleStatus]
) -> dict[AccountId | None, StatusView]:
    members = {viewer_id: each for viewer_id, each in found.items() if viewer_id is not None}
    views: dict[AccountId | None, StatusView] = dict((await complete_for_each(conn, members)).items())
    if None in found:
        views[None] = (await complete(conn, ANONYMOUS, [found[None]]))[0]
    return views


def _sameness(view: StatusView, viewer: Viewer) -> tuple[object, ...]:
    """Equal for views that read the same: all parts are the very same objects, and the author sees more than others.

    By identity, so that a part of a view that is one viewer's own can never be taken for another's.
    """
    own = viewer.account_id == view.status.account_id
    reblog = () if view.reblog is None else _sameness(view.reblog, viewer)
    parts = [id(each) for each in msgspec.structs.astuple(view) if not isinstance(each, StatusView)]
    return (viewer.account_id is None, own, viewer.role, *parts, reblog)


# Notifications


async def send_notified(conn: Connection, places: Places, base_url: str, notified: Notified) -> None:
    """To the streams of those who were told, if their tokens may read notifications."""
    rows = {
        account_id: Notification(
            row_id, notified.type, notified.from_account_id, notified.status_id, notified.about_id
        )
        for account_id, row_id in notified.told
        if any(True for _ in _notification_readers(places, account_id))
    }
    if not rows:
        return
    views = await notification_views_for_each(conn, rows)
    for account_id, view in views.items():
        event: Event | None = None
        for reader, label in list(_notification_readers(places, account_id)):
            if event is None:
                event = Event("notification", notification_json(view, base_url, reader.viewer))
            reader.tell(event, label)


def tell_merged(places: Places, account_id: AccountId) -> None:
    """What was held back of somebody stands among the others now: clients read their lists anew."""
    event = Event("notifications_merged", b"1")
    for reader, label in list(_notification_readers(places, account_id)):
        reader.tell(event, label)


def tell_filters_changed(places: Places, account_id: AccountId) -> None:
    """Clients read their filters anew, and what they have shown so far."""
    event = Event("filters_changed", b"")
    for reader, label in list(places.readers_of(Stream("user", owner_id=account_id)).items()):
        reader.tell(event, label)


def _notification_readers(places: Places, account_id: AccountId) -> Iterable[tuple[Reader, bytes]]:
    for reader, label in places.readers_of(Stream("user", owner_id=account_id)).items():
        if tells_notifications(reader.viewer):
            yield reader, label
    yield from places.readers_of(Stream("user:notification", owner_id=account_id)).items()
