"""subscribe, change and end a device's push subscription; queue what it is to hear. Sending is in push_delivery.py."""

import secrets
from collections.abc import Mapping
from itertools import islice

import msgspec

from parley.identity.viewer import Viewer, require_account
from parley.kit import clock, http_client
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.http_client import OutgoingError
from parley.kit.ids import AccountId, NotificationId, TokenId
from parley.kit.jobs import defer
from parley.kit.sealing import NoMasterKey, open_sealed, seal
from parley.kit.server_secrets import server_secret
from parley.kit.web_push import AUTH_BYTES, Target, VapidKey, derived_key, is_public_key
from parley.notifications import push_queries
from parley.notifications.models import Event
from parley.notifications.push_models import ALERTS, POLICIES, DeliverPushes, PushSubscription

SUBSCRIPTIONS_MAX = 20
_LOOKED_UP_AT_ONCE = 500
_TOLD_PER_JOB = 20
_SECRET_NAME = "push"  # noqa: S105 - the name of a secret
# Small enough for apps that read it as a number of 32 bits.
_ID_MAX = 2**31 - 1


class Wish(msgspec.Struct, frozen=True):
    """What a device asks for. None keeps what it asked for before, or is everything by policy and nothing by type."""

    alerts: tuple[str, ...] | None = None
    policy: str | None = None


class PushKeys(msgspec.Struct, frozen=True):
    """The server's own, all made of one secret: who sends, and what seals the tokens of devices."""

    vapid: VapidKey
    bearers: bytes


async def push_keys(conn: Connection) -> PushKeys:
    """Raises NoMasterKey."""
    secret = await server_secret(conn, _SECRET_NAME)
    return PushKeys(VapidKey(secret), derived_key(secret, b"parley push bearers"))


async def public_push_key(conn: Connection) -> str:
    """What apps show to push services as the sender; empty when there can be none."""
    try:
        return (await push_keys(conn)).vapid.public
    except NoMasterKey:
        return ""


async def check_endpoint(settings: Settings, endpoint: str, target: Target) -> None:
    """Before any transaction, as it looks up a name. Raises Invalid."""
    if not endpoint:
        raise Invalid("Validation failed: Endpoint can't be blank")
    if not is_public_key(target.public_key):
        raise Invalid("Validation failed: Key p256dh must be a public key of the curve P-256 in base64")
    if len(target.auth) != AUTH_BYTES:
        raise Invalid("Validation failed: Key auth must be 16 bytes in base64")
    try:
        await http_client.require_reachable(settings, endpoint, secure=True)
    except OutgoingError as error:
        raise Invalid(f"Validation failed: Endpoint can't be reached: {error}") from None


async def subscribe(
    conn: Connection, viewer: Viewer, bearer: str, endpoint: str, target: Target, standard: bool, wish: Wish
) -> PushSubscription:
    """In place of the one that the token had. The endpoint has passed check_endpoint."""
    account_id, token_id = require_account(viewer), _token(viewer)
    policy = _checked_policy(wish.policy) or "all"
    keys = await push_keys(conn)
    made = PushSubscription(
        account_id=account_id,
        token_id=token_id,
        id=1 + secrets.randbelow(_ID_MAX),
        endpoint=endpoint,
        p256dh=target.public_key,
        auth=target.auth,
        standard=standard,
        alerts=wish.alerts or (),
        policy=policy,
        sealed_bearer=seal(keys.bearers, bearer.encode(), _associated(token_id)),
        created_at=clock.now(),
    )
    await push_queries.put_subscription(conn, made)
    await push_queries.delete_all_but_newest(conn, account_id, SUBSCRIPTIONS_MAX)
    return made


async def require_subscription(conn: Connection, viewer: Viewer) -> PushSubscription:
    found = await push_queries.find_subscription(conn, require_account(viewer), _token(viewer))
    if found is None:
        raise NotFound
    return found


async def change_subscription(conn: Connection, viewer: Viewer, wish: Wish) -> PushSubscription:
    found = await require_subscription(conn, viewer)
    alerts = found.alerts if wish.alerts is None else wish.alerts
    policy = _checked_policy(wish.policy) or found.policy
    await push_queries.update_subscription(conn, found.account_id, found.token_id, alerts, policy)
    return msgspec.structs.replace(found, alerts=alerts, policy=policy)


async def unsubscribe(conn: Connection, viewer: Viewer) -> None:
    await push_queries.delete_subscription(conn, require_account(viewer), _token(viewer))


async def queue_pushes(conn: Connection, event: Event, heard: Mapping[AccountId, NotificationId]) -> None:
    """A job for every twenty of those who have a device: a statement for every 500 members."""
    if event.type not in ALERTS:
        return
    rest = iter(heard)
    while asked := list(islice(rest, _LOOKED_UP_AT_ONCE)):
        subscribed = await push_queries.subscribed_among(conn, asked)
        for start in range(0, len(subscribed), _TOLD_PER_JOB):
            told = tuple((each, heard[each]) for each in subscribed[start : start + _TOLD_PER_JOB])
            await defer(conn, DeliverPushes(event.type, event.from_account_id, event.status_id, told))


def opened_bearer(keys: PushKeys, token_id: TokenId, sealed: bytes) -> str:
    """Raises SealBroken."""
    return open_sealed(keys.bearers, sealed, _associated(token_id)).decode()


def _associated(token_id: TokenId) -> bytes:
    return b"push bearer " + token_id.to_bytes(8)


def _token(viewer: Viewer) -> TokenId:
    if viewer.token_id is None:
        raise NotFound
    return viewer.token_id


def _checked_policy(policy: str | None) -> str | None:
    if policy and policy not in POLICIES:
        raise Invalid(f"Validation failed: Policy must be one of {', '.join(POLICIES)}")
    return policy or None
