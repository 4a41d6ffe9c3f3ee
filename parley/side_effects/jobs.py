"""Jobs: run an event's handler; go on with a delivery or a deletion; bring posts into the index, many at once."""

from collections.abc import Sequence

from parley.discovery.index_statuses import index_statuses
from parley.kit.db import Connection
from parley.kit.events import EVENT_JOB, EventHappened
from parley.kit.jobs import job, job_of_many
from parley.kit.services import Services
from parley.side_effects import erasure, interactions, statuses, tags
from parley.side_effects.dispatch import handle, to_event
from parley.side_effects.payloads import (
    EraseAccount,
    FanOutBatch,
    FanOutByTag,
    FinishDeletion,
    IndexStatus,
    TellBells,
    TellVoters,
)


@job(EventHappened, lane="events")
async def handle_event(conn: Connection, services: Services, happened: EventHappened) -> None:
    await handle(conn, services, to_event(happened.type, bytes(happened.event)))


@job(FanOutBatch, lane="timelines")
async def fan_out_batch(conn: Connection, services: Services, batch: FanOutBatch) -> None:
    await statuses.deliver_batch(conn, services, batch)


@job(FanOutByTag, lane="timelines")
async def fan_out_by_tag(conn: Connection, services: Services, work: FanOutByTag) -> None:
    await tags.deliver_further(conn, services, work)


@job(EraseAccount, lane="upkeep")
async def erase_slice(conn: Connection, services: Services, payload: EraseAccount) -> None:
    await erasure.erase_further(conn, services, payload)


@job(FinishDeletion, lane="upkeep")
async def finish_deletion(conn: Connection, services: Services, payload: FinishDeletion) -> None:
    await statuses.clear_away(conn, services, payload.deleted)


@job_of_many(IndexStatus, lane="index")
async def index_status(conn: Connection, _services: Services, payloads: Sequence[IndexStatus]) -> None:
    await tags.note_used(conn, [each.tagged for each in payloads if each.tagged is not None])
    await index_statuses(conn, sorted({each.status_id for each in payloads}))


@job(TellBells, lane="upkeep")
async def tell_bells(conn: Connection, _services: Services, payload: TellBells) -> None:
    await statuses.tell_bells(conn, payload)


@job(TellVoters, lane="upkeep")
async def tell_voters(conn: Connection, _services: Services, payload: TellVoters) -> None:
    await interactions.tell_voters(conn, payload)


if handle_event.__name__ != EVENT_JOB:
    raise RuntimeError("events are written under another job's name")
