"""Notification, as a struct, and as JSON around the fragments of its account and status.

https://docs.joinmastodon.org/entities/Notification/
"""

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.models import NotificationView
from parley.identity.viewer import Viewer
from parley.mastodon_api.entities.account import Account, account_json
from parley.mastodon_api.entities.status import Status, status_json


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is there for the types that speak of one. Nothing is grouped, so each is a group of its own."""

    id: str
    type: str
    created_at: str
    group_key: str
    account: Account
    status: Status | UnsetType = UNSET


class UnreadCount(msgspec.Struct, frozen=True):
    count: int


def notification_json(view: NotificationView, base_url: str, viewer: Viewer) -> bytes:
    """Hot path: 20 a page, 4 µs each."""
    status = b""
    if view.status is not None:
        status = b',"status":' + status_json(view.status, base_url, viewer)
    return b'{"id":"%d","type":"%b","created_at":"%b","group_key":"ungrouped-%d","account":%b%b}' % (
        view.id,
        view.type.encode(),
        # Times out of ids are in UTC and whole milliseconds.
        view.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode(),
        view.id,
        account_json(view.account, base_url),
        status,
    )


def notifications_json(views: list[NotificationView], base_url: str, viewer: Viewer) -> bytes:
    return b"[" + b",".join([notification_json(view, base_url, viewer) for view in views]) + b"]"
