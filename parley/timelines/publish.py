"""What doors call to post or boost: the act itself, and its place in the author's own home, in one transaction.

Followers get theirs a moment later, from a job; whoever posts must find it in their own home at once.
"""

from parley.identity.viewer import Viewer, require_account
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.publishing.create import Created, StatusDraft, create_status
from parley.publishing.models import Visibility
from parley.publishing.reblog import reblog
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
