"""DomainEvent and emit(conn, event): one row in the job table, in the act's own transaction.

A slice never calls a higher one: it emits, and side_effects/ above tells the others, in order.
"""

import msgspec

from parley.kit.db import Connection
from parley.kit.jobs import insert_job


class DomainEvent(msgspec.Struct, frozen=True):
    """Past tense; ids, and what its handler would otherwise have to ask for. Texts never: they may be gone by then."""


class EventHappened(msgspec.Struct, frozen=True):
    """The job payload around an event: its type's name and its fields."""

    type: str
    event: msgspec.Raw


EVENT_JOB = "handle_event"


async def emit(conn: Connection, event: DomainEvent) -> None:
    wrapped = EventHappened(type(event).__name__, msgspec.Raw(msgspec.json.encode(event)))
    await insert_job(conn, "events", EVENT_JOB, msgspec.json.encode(wrapped))
