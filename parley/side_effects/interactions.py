"""What follows after a like, and when a poll closes."""

from parley.kit.db import Connection
from parley.kit.services import Services
from parley.notifications.notify import notify, notify_many
from parley.publishing.events import Favourited, PollClosed
from parley.publishing.poll import voter_ids


async def after_favourited(conn: Connection, _services: Services, event: Favourited) -> None:
    await notify(conn, event.author_id, "favourite", event.account_id, event.status_id)


async def after_poll_closed(conn: Connection, _services: Services, event: PollClosed) -> None:
    """Voters learn how it ended, and so does who asked."""
    voters = await voter_ids(conn, event.poll_id)
    await notify_many(conn, voters, "poll", event.account_id, event.status_id)
    await notify(conn, event.account_id, "poll", event.account_id, event.status_id)
