"""What follows after a like, and when a poll closes."""

from parley.discovery.index_statuses import note_vote
from parley.kit.db import Connection
from parley.kit.jobs import defer
from parley.kit.services import Services
from parley.notifications.notify import notify, notify_many, withdraw
from parley.publishing.events import Favourited, PollClosed, Unfavourited, Voted
from parley.publishing.poll import voters_of
from parley.side_effects.payloads import TellVoters

_VOTERS_PER_STEP = 500


async def after_favourited(conn: Connection, _services: Services, event: Favourited) -> None:
    await notify(conn, event.author_id, "favourite", event.account_id, event.status_id)


async def after_unfavourited(conn: Connection, _services: Services, event: Unfavourited) -> None:
    await withdraw(
        conn, event.author_id, "favourite", event.account_id, event.status_id, since_id=event.status_id
    )


async def after_voted(conn: Connection, _services: Services, event: Voted) -> None:
    """Whoever voted may search for it."""
    await note_vote(conn, event.account_id, event.status_id)


async def after_poll_closed(conn: Connection, _services: Services, event: PollClosed) -> None:
    """Who asked learns how it ended, and so do the voters."""
    await notify(conn, event.account_id, "poll", event.account_id, event.status_id)
    await tell_voters(conn, TellVoters(event))


async def tell_voters(conn: Connection, payload: TellVoters) -> None:
    """A slice of the voters, then the next."""
    closed = payload.closed
    voters = await voters_of(conn, closed.poll_id, after=payload.after, limit=_VOTERS_PER_STEP)
    others = [each for each in voters if each != closed.account_id]
    await notify_many(conn, others, "poll", closed.account_id, closed.status_id)
    if len(voters) == _VOTERS_PER_STEP:
        await defer(conn, TellVoters(closed, voters[-1]))
