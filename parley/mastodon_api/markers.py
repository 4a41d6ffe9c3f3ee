"""/api/v1/markers: how far the member has read.

https://docs.joinmastodon.org/methods/markers/
"""

from collections.abc import Mapping

import msgspec

from parley.kit.errors import Invalid
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.account import wire_time
from parley.mastodon_api.shapes import NO_ID, Id
from parley.timelines import models
from parley.timelines.markers import TIMELINES, markers_of, set_markers


class Marker(msgspec.Struct, frozen=True):
    """https://docs.joinmastodon.org/entities/Marker/"""

    last_read_id: str
    version: int
    updated_at: str


class MarkersParams(msgspec.Struct, frozen=True):
    timeline: list[str] = []


class Position(msgspec.Struct, frozen=True):
    last_read_id: Id | None = None


class PositionsParams(msgspec.Struct, frozen=True):
    home: Position | None = None
    notifications: Position | None = None


async def show_markers(call: Call) -> Answer:
    params = call.query(MarkersParams)
    async with call.database.reading() as conn:
        return _answer(await markers_of(conn, call.account_id, params.timeline))


async def save_markers(call: Call) -> Answer:
    params = await call.params(PositionsParams)
    positions: dict[str, int] = {}
    for timeline in TIMELINES:
        position: Position | None = getattr(params, timeline)
        if position is not None and position.last_read_id is not None:
            if position.last_read_id == NO_ID:
                raise Invalid(f"Validation failed: {timeline}[last_read_id] is not an id")
            positions[timeline] = position.last_read_id
    async with call.database.transaction() as conn:
        return _answer(await set_markers(conn, call.account_id, positions))


def _answer(markers: Mapping[str, models.Marker]) -> Answer:
    return json_answer({timeline: _to_wire(marker) for timeline, marker in markers.items()})


def _to_wire(marker: models.Marker) -> Marker:
    return Marker(str(marker.last_read_id), marker.version, wire_time(marker.updated_at) or "")


ROUTES = (
    Route(
        "GET",
        "/api/v1/markers",
        show_markers,
        scope="read:statuses",
        takes=MarkersParams,
        gives=dict[str, Marker],
    ),
    Route(
        "POST",
        "/api/v1/markers",
        save_markers,
        scope="write:statuses",
        takes=PositionsParams,
        gives=dict[str, Marker],
    ),
)
