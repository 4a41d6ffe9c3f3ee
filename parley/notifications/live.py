"""What processes with open streams are told about notifications once all is committed."""

from collections.abc import Mapping
from itertools import islice
from typing import TypeAlias

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, AnnouncementId, NotificationId, StatusId
from parley.notifications.models import Event

LIVE_NOTIFICATIONS_TOPIC = "live_notifications"
NOTIFICATIONS_MERGED_TOPIC = "notifications_merged"
# Two ids and what stands between them take 42 bytes, a message 2,000.
_TOLD_PER_MESSAGE = 40


class Notified(msgspec.Struct, frozen=True, array_like=True):
    """One event, and the members who were told of it, each with the id of their own notification."""

    type: str
    from_account_id: AccountId
    status_id: StatusId | None
    told: tuple[tuple[AccountId, NotificationId], ...]
    about_id: int | None = None


def tell_streams(conn: Connection, event: Event, heard: Mapping[AccountId, NotificationId]) -> None:
    rest = iter(heard.items())
    while told := tuple(islice(rest, _TOLD_PER_MESSAGE)):
        message = Notified(event.type, event.from_account_id, event.status_id, told, event.about_id)
        conn.publish_after_commit(LIVE_NOTIFICATIONS_TOPIC, msgspec.json.encode(message).decode())


def read_notified(text: str) -> Notified:
    return msgspec.json.decode(text, type=Notified)


def tell_merged(conn: Connection, account_id: AccountId) -> None:
    conn.publish_after_commit(NOTIFICATIONS_MERGED_TOPIC, str(account_id))


# Announcements

LIVE_ANNOUNCEMENTS_TOPIC = "live_announcements"


class AnnouncementNew(msgspec.Struct, frozen=True, array_like=True, tag="new"):
    announcement_id: AnnouncementId


class AnnouncementGone(msgspec.Struct, frozen=True, array_like=True, tag="gone"):
    announcement_id: AnnouncementId


class AnnouncementReaction(msgspec.Struct, frozen=True, array_like=True, tag="reaction"):
    """How many react so now."""

    announcement_id: AnnouncementId
    name: str
    count: int


AnnouncementNews: TypeAlias = AnnouncementNew | AnnouncementGone | AnnouncementReaction


def tell_of(conn: Connection, news: AnnouncementNews) -> None:
    conn.publish_after_commit(LIVE_ANNOUNCEMENTS_TOPIC, msgspec.json.encode(news).decode())


def read_announcement_news(text: str) -> AnnouncementNews:
    news: AnnouncementNews = msgspec.json.decode(text, type=AnnouncementNews)
    return news
