"""notify, notify_many: make notifications, honouring blocks, mutes and muted threads; take them back."""

from collections.abc import Iterable, Sequence

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, NotificationId, StatusId, id_at, milliseconds_of, new_id
from parley.notifications import live, queries
from parley.notifications.models import OWN_TYPES, Notification

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
    thread_id: StatusId | None = None,
) -> NotificationId | None:
    """The new notification's id, or None when the recipient is to hear nothing of it."""
    made = await notify_many(conn, [recipient_id], type, from_account_id, status_id, thread_id=thread_id)
    return made.get(recipient_id)


async def notify_many(
    conn: Connection,
    recipient_ids: Iterable[AccountId],
    type: str,
    from_account_id: AccountId,
    status_id: StatusId | None = None,
    *,
    thread_id: StatusId | None = None,
) -> dict[AccountId, NotificationId]:
    """One event to several members: two statements for every 500, and one to learn the thread if it isn't given.

    Only in a job, whose effects and end are one transaction: a repeated job has left nothing behind.
    """
    wanted = [each for each in dict.fromkeys(recipient_ids) if each != from_account_id or type in OWN_TYPES]
    if not wanted:
        return {}
    if status_id is not None and thread_id is None:
        thread_id = await queries.thread_of(conn, status_id)
        if thread_id is None:
            # The status was deleted meanwhile.
            return {}
    made: dict[AccountId, NotificationId] = {}
    for start in range(0, len(wanted), _STEP):
        step = wanted[start : start + _STEP]
        willing = await queries.willing_recipients(conn, step, from_account_id, thread_id, clock.now())
        rows = [
            (account_id, Notification(NotificationId(new_id(account_id)), type, from_account_id, status_id))
            for account_id in willing
        ]
        await queries.insert_notifications(conn, rows)
        made.update((account_id, each.id) for account_id, each in rows)
    live.tell_streams(conn, type, from_account_id, status_id, made)
    return made


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
    return await queries.delete_of_act(conn, recipient_id, type, from_account_id, status_id, above)


async def withdraw_all_from(conn: Connection, recipient_id: AccountId, from_account_id: AccountId) -> int:
    """After a block: whatever the blocked account has said so far."""
    return await queries.delete_of_sender(conn, recipient_id, from_account_id)


async def withdraw_status(conn: Connection, status_id: StatusId, recipient_ids: Sequence[AccountId]) -> None:
    """Drops what these members were told about a status that is gone. Lists leave such rows out in any case."""
    await queries.delete_of_status(conn, recipient_ids, status_id, _just_before(status_id))


def _just_before(act_id: int) -> int:
    """Below any notification of an act with this id."""
    return id_at(max(0, milliseconds_of(act_id) - _SKEW_MILLISECONDS)) - 1
