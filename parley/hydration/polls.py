"""Ids to PollViews, in one statement."""

from collections.abc import Sequence

from parley.hydration.models import PollView
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId, PollId
from parley.publishing.poll import is_over, polls_for_viewer, polls_with_voters


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


async def poll_views_for_each(
    conn: Connection, viewer_ids: Sequence[AccountId], poll_ids: Sequence[PollId]
) -> dict[AccountId, dict[PollId, PollView]]:
    """As poll_views, for many members at once; who has neither asked nor voted shares one view with the others."""
    polls, votes = await polls_with_voters(conn, poll_ids, viewer_ids)
    views: dict[AccountId, dict[PollId, PollView]] = {viewer_id: {} for viewer_id in viewer_ids}
    for poll in polls:
        common = PollView(poll, None, own=False, expired=is_over(poll))
        for viewer_id in viewer_ids:
            own, choices = poll.account_id == viewer_id, votes.get((poll.id, viewer_id))
            plain = not own and choices is None
            views[viewer_id][poll.id] = common if plain else PollView(poll, choices, own, common.expired)
    return views
