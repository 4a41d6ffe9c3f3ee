"""What doors and jobs call to post or boost: the act itself, and its place in the author's own home, in one transaction.

Followers get theirs a moment later, from a job; whoever posts must find it in their own home at once.
"""

from parley.identity.members import require_ready
from parley.identity.viewer import Viewer, require_account
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Forbidden, Invalid, NotFound
from parley.kit.ids import ScheduledStatusId, StatusId
from parley.publishing.create import Created, StatusDraft, create_status
from parley.publishing.models import Visibility
from parley.publishing.reblog import reblog
from parley.publishing.schedule import author_of, finish_scheduled, lock_due, set_aside
from parley.timelines import queries
from parley.timelines.models import TimelineEntry


async def publish_status(
    conn: Connection,
    viewer: Viewer,
    settings: Settings,
    draft: StatusDraft,
    idempotency_key: str | None = None,
) -> Created:
    """See create_status."""
    created = await create_status(conn, viewer, settings, draft, idempotency_key)
    if created.fresh is not None:
        account_id = require_account(viewer)
        await queries.insert_entry(conn, account_id, TimelineEntry(created.status_id, account_id, None))
    return created


async def publish_scheduled(conn: Connection, settings: Settings, scheduled_id: ScheduledStatusId) -> None:
    """If its hour has come. What is refused now, though it was not when it was scheduled, is set aside."""
    waiting = await lock_due(conn, scheduled_id)
    if waiting is None:
        return
    try:
        async with conn.savepoint():
            await require_ready(conn, waiting.scheduled.account_id)
            created = await publish_status(conn, author_of(waiting), settings, waiting.draft)
            await finish_scheduled(conn, waiting, created.status_id)
    except (Invalid, Forbidden, NotFound) as refusal:
        await set_aside(conn, waiting, refusal.shown)


async def publish_reblog(
    conn: Connection, viewer: Viewer, status_id: StatusId, visibility: Visibility | None = None
) -> StatusId:
    """See reblog."""
    boosted = await reblog(conn, viewer, status_id, visibility)
    account_id = require_account(viewer)
    await queries.insert_entry(
        conn, account_id, TimelineEntry(boosted.wrapper_id, account_id, boosted.target_id)
    )
    return boosted.wrapper_id
