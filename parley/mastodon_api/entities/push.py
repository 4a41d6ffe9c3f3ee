"""WebPushSubscription.

https://docs.joinmastodon.org/entities/WebPushSubscription/
"""

import msgspec

from parley.notifications.push_models import ALERTS, PushSubscription


class WebPushSubscription(msgspec.Struct, frozen=True):
    """`id` is a number, as apps read it; `alerts` has every type that may be asked for."""

    id: int
    endpoint: str
    standard: bool
    alerts: dict[str, bool]
    policy: str
    server_key: str


def to_push_subscription(found: PushSubscription, server_key: str) -> WebPushSubscription:
    return WebPushSubscription(
        id=found.id,
        endpoint=found.endpoint,
        standard=found.standard,
        alerts={each: each in found.alerts for each in ALERTS},
        policy=found.policy,
        server_key=server_key,
    )
