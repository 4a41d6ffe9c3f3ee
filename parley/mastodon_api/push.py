"""/api/v1/push/subscription: where one app on one device wants to hear of notifications.

https://docs.joinmastodon.org/methods/push/
"""

import msgspec

from parley.kit.db import Connection
from parley.kit.web_push import Target, from_base64
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.push import WebPushSubscription, to_push_subscription
from parley.notifications.push import (
    Wish,
    change_subscription,
    check_endpoint,
    public_push_key,
    require_subscription,
    subscribe,
    unsubscribe,
)
from parley.notifications.push_models import ALERTS, PushSubscription


class KeysParams(msgspec.Struct, frozen=True):
    p256dh: str = ""
    auth: str = ""


class SubscriptionParams(msgspec.Struct, frozen=True):
    endpoint: str = ""
    keys: KeysParams = KeysParams()
    standard: bool = False


class WishParams(msgspec.Struct, frozen=True):
    alerts: dict[str, bool] | None = None
    policy: str | None = None


class ChangePushParams(msgspec.Struct, frozen=True):
    """`policy` belongs into `data`; some apps send it beside."""

    data: WishParams = WishParams()
    policy: str | None = None


class PushParams(ChangePushParams, frozen=True):
    subscription: SubscriptionParams = SubscriptionParams()


async def create(call: Call) -> Answer:
    params = await call.params(PushParams)
    asked = params.subscription
    target = Target(from_base64(asked.keys.p256dh), from_base64(asked.keys.auth))
    await check_endpoint(call.settings, asked.endpoint, target)
    async with call.database.transaction() as conn:
        made = await subscribe(
            conn, call.viewer, _bearer(call), asked.endpoint, target, asked.standard, _wish(params)
        )
        return await _answer(conn, made)


async def show(call: Call) -> Answer:
    async with call.database.reading() as conn:
        return await _answer(conn, await require_subscription(conn, call.viewer))


async def change(call: Call) -> Answer:
    params = await call.params(ChangePushParams)
    async with call.database.transaction() as conn:
        return await _answer(conn, await change_subscription(conn, call.viewer, _wish(params)))


async def delete(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await unsubscribe(conn, call.viewer)
    return json_answer(b"{}")


def _wish(params: ChangePushParams) -> Wish:
    given = params.data.alerts
    alerts = None if given is None else tuple(each for each in ALERTS if given.get(each))
    return Wish(alerts, params.data.policy or params.policy)


def _bearer(call: Call) -> str:
    """The token as the app knows it, which its messages will name."""
    return (call.header("authorization") or "").partition(" ")[2].strip()


async def _answer(conn: Connection, found: PushSubscription) -> Answer:
    return json_answer(to_push_subscription(found, await public_push_key(conn)))


_PATH = "/api/v1/push/subscription"
ROUTES: tuple[Route, ...] = (
    Route("POST", _PATH, create, scope="push", takes=PushParams, gives=WebPushSubscription),
    Route("GET", _PATH, show, scope="push", gives=WebPushSubscription, refuses=(404,)),
    Route(
        "PUT",
        _PATH,
        change,
        scope="push",
        also=("PATCH",),
        takes=ChangePushParams,
        refuses=(404,),
        gives=WebPushSubscription,
    ),
    Route("DELETE", _PATH, delete, scope="push", gives=Nothing),
)
