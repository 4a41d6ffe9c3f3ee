"""Jobs of publishing: close_poll."""

from parley.kit.db import Connection
from parley.kit.jobs import job
from parley.kit.services import Services
from parley.publishing import poll


@job(poll.ClosePoll, lane="upkeep")
async def close_poll(conn: Connection, _services: Services, payload: poll.ClosePoll) -> None:
    await poll.close_poll(conn, payload.poll_id)
