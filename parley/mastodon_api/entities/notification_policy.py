"""NotificationPolicy, in both versions, and NotificationRequest, as structs, and as JSON around the fragments.

https://docs.joinmastodon.org/entities/NotificationPolicy/
https://docs.joinmastodon.org/entities/NotificationRequest/
"""

from collections.abc import Sequence

import msgspec

from parley.hydration.notification_requests import RequestView
from parley.identity.viewer import Viewer
from parley.mastodon_api.entities.account import Account, account_json, wire_time
from parley.mastodon_api.entities.status import Status, status_json
from parley.notifications.models import Policy, PolicySummary


class NotificationPolicySummary(msgspec.Struct, frozen=True):
    """Neither is counted to the end: a hundred requests, with a hundred notifications each."""

    pending_requests_count: int
    pending_notifications_count: int


class NotificationPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Each is one of `accept`, `filter` and `drop`."""

    for_not_following: str
    for_not_followers: str
    for_new_accounts: str
    for_private_mentions: str
    for_limited_accounts: str
    summary: NotificationPolicySummary


class OldNotificationPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The first version, for clients of that time: it knows no other choices than to filter or not to."""

    filter_not_following: bool
    filter_not_followers: bool
    filter_new_accounts: bool
    filter_private_mentions: bool
    summary: NotificationPolicySummary


class NotificationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`notifications_count` is a number in decimal, `100` for that many or more."""

    id: str
    created_at: str
    updated_at: str
    notifications_count: str
    account: Account
    last_status: Status | None


class Merged(msgspec.Struct, frozen=True):
    merged: bool


def policy_of(policy: Policy, summary: PolicySummary) -> NotificationPolicy:
    return NotificationPolicy(**msgspec.structs.asdict(policy), summary=_summary(summary))


def old_policy_of(policy: Policy, summary: PolicySummary) -> OldNotificationPolicy:
    return OldNotificationPolicy(
        filter_not_following=policy.for_not_following != "accept",
        filter_not_followers=policy.for_not_followers != "accept",
        filter_new_accounts=policy.for_new_accounts != "accept",
        filter_private_mentions=policy.for_private_mentions != "accept",
        summary=_summary(summary),
    )


def _summary(summary: PolicySummary) -> NotificationPolicySummary:
    return NotificationPolicySummary(summary.requests, summary.notifications)


def request_json(view: RequestView, base_url: str, viewer: Viewer) -> bytes:
    request, status = view.request, b"null"
    if view.last_status is not None:
        status = status_json(view.last_status, base_url, viewer)
    head = {
        "id": str(request.id),
        "created_at": wire_time(request.created_at),
        "updated_at": wire_time(request.updated_at),
        "notifications_count": str(request.count),
    }
    account = account_json(view.account, base_url)
    return b'%b,"account":%b,"last_status":%b}' % (msgspec.json.encode(head)[:-1], account, status)


def requests_json(views: Sequence[RequestView], base_url: str, viewer: Viewer) -> bytes:
    return b"[" + b",".join([request_json(view, base_url, viewer) for view in views]) + b"]"
