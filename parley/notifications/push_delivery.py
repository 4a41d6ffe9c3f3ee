"""deliver: words, encryption and sending of one event's messages to several devices; what becomes of each."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from parley.identity.models import Account
from parley.kit import clock, http_client
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.http_client import AddressRefused, AnswerRefused, HostUnreachable, Limits
from parley.kit.ids import AccountId, NotificationId, TokenId
from parley.kit.jobs import defer
from parley.kit.sealing import SealBroken
from parley.kit.web_push import Message, Target, pushed
from parley.notifications import push_queries
from parley.notifications.push import PushKeys, opened_bearer, push_keys
from parley.notifications.push_models import DeliverPushes, Listener, Outcome
from parley.notifications.push_words import payload_of
from parley.publishing.models import Status
from parley.publishing.visibility import visible_to_each

# Ten jobs are leased together, for two minutes.
_SECONDS_PER_JOB = 10.0
_SENT_AT_ONCE = 20
_LIMITS = Limits(seconds=6, body_bytes_max=16_384, cut=True)
# How long a push service keeps a message for a device that is away.
_TTL_SECONDS = 2 * 86_400
_URGENT_TYPES = frozenset({"mention", "follow_request"})
_WAITS = tuple(timedelta(seconds=each) for each in (30, 120, 600, 3600, 14_400))
_WAIT_MAX = timedelta(hours=12)


class _Told(msgspec.Struct, frozen=True):
    """What a member may see of an event just now."""

    sender: Account
    status: Status | None


class _Sent(msgspec.Struct, frozen=True):
    outcome: Outcome
    wait: timedelta | None = None


async def deliver(conn: Connection, settings: Settings, payload: DeliverPushes) -> None:
    """Nothing is written before all have answered, so that no row is held meanwhile.

    What was taken back, dismissed, deleted or hidden since it was queued is not sent.
    """
    listeners = await _listeners(conn, payload)
    ids = dict(payload.told)
    standing = set(await push_queries.standing_notifications(conn, payload.told)) if listeners else set()
    listeners = [each for each in listeners if ids[each.account_id] in standing]
    if not listeners:
        return
    told = await _told(conn, payload, list({each.account_id for each in listeners}))
    keys = await push_keys(conn)
    messages = {
        each.token_id: message
        for each in listeners
        if each.account_id in told
        and (message := _message(settings, keys, payload, each, ids[each.account_id], told[each.account_id]))
    }
    receivers = [each for each in listeners if each.token_id in messages]
    outcomes = await _send_all(settings, receivers, messages)
    for each in receivers:
        await _conclude(conn, payload, each, ids[each.account_id], outcomes[each.token_id])


async def _listeners(conn: Connection, payload: DeliverPushes) -> list[Listener]:
    account_ids = [account_id for account_id, _ in payload.told]
    found = await push_queries.listeners_of(conn, account_ids, payload.from_account_id, clock.now())
    wanted = [each for each in found if each.wants(payload.type)]
    return [each for each in wanted if payload.token_id in {None, each.token_id}]


async def _told(
    conn: Connection, payload: DeliverPushes, account_ids: Sequence[AccountId]
) -> dict[AccountId, _Told]:
    status_ids = [] if payload.status_id is None else [payload.status_id]
    seen = await visible_to_each(conn, account_ids, status_ids, [payload.from_account_id])
    told = {}
    for account_id, each in seen.items():
        sender = each.accounts.get(payload.from_account_id)
        found = each.statuses.get(payload.status_id) if payload.status_id is not None else None
        if sender is None or (payload.status_id is not None and found is None):
            continue
        told[account_id] = _Told(
            sender.view.account, None if found is None else (found.reblog or found).status
        )
    return told


def _message(
    settings: Settings,
    keys: PushKeys,
    payload: DeliverPushes,
    listener: Listener,
    notification_id: NotificationId,
    told: _Told,
) -> Message | None:
    """None for a subscription whose token can't be opened any more: its app would not know whose it is."""
    try:
        bearer = opened_bearer(keys, listener.token_id, listener.sealed_bearer)
    except SealBroken:
        return None
    plain = payload_of(
        notification_id,
        payload.type,
        settings.base_url,
        told.sender,
        told.status,
        own=payload.from_account_id == listener.account_id,
        bearer=bearer,
        locale=listener.locale,
    )
    subject = f"mailto:{settings.contact_email}" if settings.contact_email else settings.base_url
    token = keys.vapid.token(listener.endpoint, subject, clock.now())
    made = pushed(
        Target(listener.p256dh, listener.auth), plain, keys.vapid, token, standard=listener.standard
    )
    urgency = "high" if payload.type in _URGENT_TYPES else "normal"
    headers = {
        **made.headers,
        "content-type": "application/octet-stream",
        "ttl": str(_TTL_SECONDS),
        "urgency": urgency,
    }
    return Message(made.body, headers)


async def _send_all(
    settings: Settings, listeners: Sequence[Listener], messages: Mapping[TokenId, Message]
) -> dict[TokenId, _Sent]:
    """Side by side; whoever has not answered in time is tried again later."""
    turns = asyncio.Semaphore(_SENT_AT_ONCE)

    async def send(listener: Listener) -> _Sent:
        async with turns:
            return await _send(settings, listener.endpoint, messages[listener.token_id])

    tasks = {each.token_id: asyncio.create_task(send(each)) for each in listeners}
    await asyncio.wait(tasks.values(), timeout=_SECONDS_PER_JOB)
    late = [each for each in tasks.values() if not each.done()]
    for each in late:
        each.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    return {
        token_id: _Sent(Outcome.LATER) if task.cancelled() else task.result()
        for token_id, task in tasks.items()
    }


async def _send(settings: Settings, endpoint: str, message: Message) -> _Sent:
    try:
        answer = await http_client.post(settings, endpoint, message.headers, message.body, _LIMITS)
    except (AddressRefused, AnswerRefused):
        return _Sent(Outcome.REFUSED)
    except HostUnreachable:
        return _Sent(Outcome.LATER)
    if 200 <= answer.status < 300:
        return _Sent(Outcome.TAKEN)
    if answer.status in {404, 410}:
        return _Sent(Outcome.GONE)
    if answer.status in {408, 425, 429} or answer.status >= 500:
        return _Sent(Outcome.LATER, _asked_wait(answer.headers.get("retry-after", "")))
    return _Sent(Outcome.REFUSED)


def _asked_wait(text: str) -> timedelta | None:
    """Seconds; a date is as good as nothing, since no push service sends one."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return min(timedelta(seconds=int(text)), _WAIT_MAX)


async def _conclude(
    conn: Connection, payload: DeliverPushes, listener: Listener, notification_id: NotificationId, sent: _Sent
) -> None:
    if sent.outcome is Outcome.GONE:
        await push_queries.delete_endpoint(conn, listener.account_id, listener.token_id, listener.endpoint)
    if sent.outcome is not Outcome.LATER or payload.attempt > len(_WAITS):
        return
    again = msgspec.structs.replace(
        payload,
        told=((listener.account_id, notification_id),),
        token_id=listener.token_id,
        attempt=payload.attempt + 1,
    )
    wait = max(sent.wait or timedelta(0), _WAITS[payload.attempt - 1])
    await defer(conn, again, run_at=clock.now() + wait)
