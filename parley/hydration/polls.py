"""Ids to PollViews, in one statement."""

from collections.abc import Sequence

from parley.hydration.models import PollView
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import PollId
from parley.publishing.poll import is_over, polls_for_viewer


async def poll_views(conn: Connection, viewer: Viewer, poll_ids: Sequence[PollId]) -> dict[PollId, PollView]:
    """Only for polls whose statuses the viewer may see; those that are gone are left out."""
    if not poll_ids:
        return {}
    found = await polls_for_viewer(conn, viewer, poll_ids)
    return {
        each.poll.id: PollView(
            poll=each.poll,
            own_votes=each.choices,
            own=each.poll.account_id == viewer.account_id,
            expired=is_over(each.poll),
        )
        for each in found
    }
