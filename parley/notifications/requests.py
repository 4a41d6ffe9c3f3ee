"""Those whose notifications a member's policy holds back: listing them, letting them through, turning them away."""

from collections.abc import Sequence

import msgspec

from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId
from parley.kit.jobs import defer
from parley.kit.paging import Page
from parley.kit.partitions import oldest_kept_id
from parley.notifications import policy_queries, queries
from parley.notifications.events import SendersLetThrough
from parley.notifications.live import tell_merged
from parley.notifications.models import Request

_MERGED_PER_STEP = 500


class MergeNotifications(msgspec.Struct, frozen=True):
    """What was held back of these senders takes its place among the others."""

    account_id: AccountId
    from_account_ids: list[AccountId]


async def requests_page(conn: Connection, account_id: AccountId, page: Page) -> list[Request]:
    """Newest first."""
    if page.ascending:
        return (await policy_queries.oldest_requests(conn, account_id, page))[::-1]
    return await policy_queries.newest_requests(conn, account_id, page)


async def require_request(conn: Connection, account_id: AccountId, request_id: int) -> Request:
    [request] = await require_requests(conn, account_id, [request_id])
    return request


async def require_requests(conn: Connection, account_id: AccountId, ids: Sequence[int]) -> list[Request]:
    """Raises NotFound unless all of them are there."""
    found = await policy_queries.requests_by_ids(conn, account_id, ids)
    if len(found) < len(set(ids)):
        raise NotFound
    return found


async def accept_requests(conn: Connection, account_id: AccountId, ids: Sequence[int]) -> None:
    """Lets through what comes from now on, and what was held back as soon as a job has moved it. Raises NotFound."""
    senders = [each.from_account_id for each in await require_requests(conn, account_id, ids)]
    if senders:
        await let_through(conn, account_id, senders)
        await emit(conn, SendersLetThrough(account_id, tuple(senders)))


async def let_through(conn: Connection, account_id: AccountId, senders: Sequence[AccountId]) -> None:
    await policy_queries.insert_permissions(conn, account_id, senders)
    await policy_queries.delete_requests(conn, account_id, senders)
    await defer(conn, MergeNotifications(account_id, list(senders)))


async def dismiss_requests(conn: Connection, account_id: AccountId, ids: Sequence[int]) -> None:
    """Forgets what was held back; whoever notifies again waits again. Raises NotFound."""
    senders = [each.from_account_id for each in await require_requests(conn, account_id, ids)]
    if senders:
        await policy_queries.delete_requests(conn, account_id, senders)
        await policy_queries.delete_filtered(conn, account_id, senders)


async def all_merged(conn: Connection, account_id: AccountId) -> bool:
    """Whether nothing is left to be moved of those who were let through."""
    return not await policy_queries.any_unmerged(conn, account_id)


async def merge(conn: Connection, payload: MergeNotifications) -> None:
    """A slice, then the next; devices are told at the end. Too old for the others' table is dropped."""
    account_id, oldest = payload.account_id, oldest_kept_id("notifications")
    taken = await policy_queries.take_filtered(conn, account_id, payload.from_account_ids, _MERGED_PER_STEP)
    rows = [(account_id, each) for each in taken if each.id >= oldest]
    await queries.insert_notifications(conn, "notifications", rows)
    if len(taken) == _MERGED_PER_STEP:
        await defer(conn, payload)
    elif await all_merged(conn, account_id):
        tell_merged(conn, account_id)
