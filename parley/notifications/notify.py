"""notify, notify_many: make notifications, honouring blocks, mutes, muted threads and policies; take them back."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, NotificationId, StatusId, id_at, milliseconds_of, new_id
from parley.notifications import live, policy_queries, queries
from parley.notifications.judge import judge
from parley.notifications.models import OWN_TYPES, Event, Notification
from parley.notifications.push import queue_pushes
from parley.publishing.models import Visibility

# A statement's arrays stay short, and so do the locks it takes.
_STEP = 500
# How far the clocks of two machines may be apart.
_SKEW_MILLISECONDS = 60_000


async def notify(
    conn: Connection,
    recipient_id: AccountId,
    type: str,
    from_account_id: AccountId,
    status_id: StatusId | None = None,
    *,
    about_id: int | None = None,
) -> NotificationId | None:
    """The new notification's id, or None when the recipient is to hear nothing of it now."""
    made = await notify_many(conn, [recipient_id], type, from_account_id, status_id, about_id=about_id)
    return made.get(recipient_id)


async def notify_many(
    conn: Connection,
    recipient_ids: Iterable[AccountId],
    type: str,
    from_account_id: AccountId,
    status_id: StatusId | None = None,
    *,
    about_id: int | None = None,
    known_to: Collection[AccountId] = (),
) -> dict[AccountId, NotificationId]:
    """One event to several members: a fixed number of statements for every 500. What is held back is not returned.

    `about_id`: a report, a warning or an ended relation, for the types that speak of one. `known_to`: who has written to
    the sender, or accepted them. Only in a job, whose effects and end are one transaction: a repeated job has left
    nothing behind.
    """
    wanted = [each for each in dict.fromkeys(recipient_ids) if each != from_account_id or type in OWN_TYPES]
    event = await _event(conn, type, from_account_id, status_id, about_id) if wanted else None
    if event is None:
        return {}
    if known_to:
        event = msgspec.structs.replace(event, known_to=frozenset(known_to))
    heard: dict[AccountId, NotificationId] = {}
    for start in range(0, len(wanted), _STEP):
        heard.update(await _tell(conn, event, wanted[start : start + _STEP]))
    await announce(conn, event, heard)
    return heard


async def announce(conn: Connection, event: Event, heard: dict[AccountId, NotificationId]) -> None:
    """The one place from which devices and open streams learn of what was made and is not held back."""
    live.tell_streams(conn, event, heard)
    await queue_pushes(conn, event, heard)


async def _event(
    conn: Connection,
    type: str,
    from_account_id: AccountId,
    status_id: StatusId | None,
    about_id: int | None,
) -> Event | None:
    """None when the status was deleted meanwhile."""
    if status_id is None:
        return Event(type, from_account_id, about_id=about_id)
    facts = await queries.find_status_facts(conn, status_id)
    if facts is None:
        return None
    direct = facts.visibility == Visibility.DIRECT
    return Event(type, from_account_id, status_id, about_id, facts.thread_id, direct)


async def _tell(
    conn: Connection, event: Event, recipient_ids: Sequence[AccountId]
) -> dict[AccountId, NotificationId]:
    """Writes for each willing recipient where their policy says; returns what was not held back."""
    willing = await queries.willing_recipients(
        conn, recipient_ids, event.from_account_id, event.thread_id, clock.now()
    )
    choices = await judge(conn, event, willing)
    rows: dict[str, list[tuple[AccountId, Notification]]] = {"accept": [], "filter": [], "drop": []}
    for account_id, choice in choices.items():
        rows[choice].append((account_id, _notification(event, account_id)))
    await queries.insert_notifications(conn, "notifications", rows["accept"])
    if rows["filter"]:
        await queries.insert_notifications(conn, "filtered_notifications", rows["filter"])
        held = [account_id for account_id, _ in rows["filter"]]
        await policy_queries.upsert_requests(conn, held, event.from_account_id, clock.now())
    return {account_id: each.id for account_id, each in rows["accept"]}


def _notification(event: Event, account_id: AccountId) -> Notification:
    row_id = NotificationId(new_id(account_id))
    return Notification(row_id, event.type, event.from_account_id, event.status_id, event.about_id)


async def withdraw(
    conn: Connection,
    recipient_id: AccountId,
    type: str,
    from_account_id: AccountId,
    status_id: StatusId | None = None,
    *,
    since_id: int = 0,
) -> int:
    """Takes back what an act said that was undone; `since_id`, the act's own id, spares looking at what is older."""
    above = _just_before(since_id)
    act = (recipient_id, type, from_account_id, status_id, above)
    gone = await queries.delete_of_act(conn, "notifications", *act)
    return gone or await queries.delete_of_act(conn, "filtered_notifications", *act)


async def withdraw_all_from(conn: Connection, recipient_id: AccountId, from_account_id: AccountId) -> int:
    """After a block: whatever the blocked account has said so far, and that it may say more."""
    gone = await queries.delete_of_sender(conn, recipient_id, from_account_id)
    await policy_queries.delete_permission(conn, recipient_id, from_account_id)
    await policy_queries.delete_requests(conn, recipient_id, [from_account_id])
    return gone + await policy_queries.delete_filtered(conn, recipient_id, [from_account_id])


async def withdraw_status(conn: Connection, status_id: StatusId, recipient_ids: Sequence[AccountId]) -> None:
    """Drops what these members were told about a status that is gone. Lists leave such rows out in any case."""
    above = _just_before(status_id)
    await queries.delete_of_status(conn, "notifications", recipient_ids, status_id, above)
    await queries.delete_of_status(conn, "filtered_notifications", recipient_ids, status_id, above)


def _just_before(act_id: int) -> int:
    """Below any notification of an act with this id."""
    return id_at(max(0, milliseconds_of(act_id) - _SKEW_MILLISECONDS)) - 1
