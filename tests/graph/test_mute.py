"""Mutes that end by themselves: for readers at once, for the row when the job comes."""

from datetime import timedelta

import pytest

from parley.graph import follow, mute, related
from parley.graph.errors import WrongDuration
from parley.graph.relationships import relationship_of
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.jobs import run_all_due
from parley.kit.paging import Page
from parley.kit.services import Services
from tests.graph.world import Cast, id_of

HOUR = 3600
AFTERWARDS = timedelta(hours=1, seconds=1)


async def _stored_mutes(conn: Connection) -> int:
    count: int = await conn.fetch_value("select count(*) from relationships where mute_id is not null")
    return count


async def test_a_mute_is_over_on_time_before_any_job_ran(conn: Connection, cast: Cast) -> None:
    await follow.follow(conn, cast.alice, id_of(cast.bob))
    await mute.mute(conn, cast.alice, id_of(cast.bob), duration_seconds=HOUR)
    muted = await relationship_of(conn, id_of(cast.alice), id_of(cast.bob))
    assert muted.mute_id is not None
    assert (await relationship_of(conn, id_of(cast.bob), id_of(cast.alice))).mute_id is None

    with clock.shifted(AFTERWARDS):
        over = await relationship_of(conn, id_of(cast.alice), id_of(cast.bob))
        assert (over.mute_id, over.mute_notifications, over.mute_expires_at) == (None, False, None)
        assert over.follow_id is not None
        assert (await related.mutes(conn, cast.alice, Page(limit=40))).entries == ()
        again = await mute.mute(conn, cast.alice, id_of(cast.bob))
        assert again.mute_id not in {None, muted.mute_id}
        assert again.mute_expires_at is None


async def test_the_job_clears_what_is_over_and_nothing_else(
    conn: Connection, services: Services, cast: Cast
) -> None:
    await mute.mute(conn, cast.alice, id_of(cast.bob), duration_seconds=HOUR)
    await mute.mute(conn, cast.alice, id_of(cast.carol), duration_seconds=HOUR)
    await conn.execute("delete from jobs where lane = 'events'")
    await run_all_due(services)
    assert await _stored_mutes(conn) == 2

    await mute.mute(conn, cast.alice, id_of(cast.carol), duration_seconds=2 * HOUR)
    await conn.execute("delete from jobs where lane = 'events'")
    with clock.shifted(AFTERWARDS):
        assert await run_all_due(services) == 2
        assert await _stored_mutes(conn) == 1
        prolonged = await relationship_of(conn, id_of(cast.alice), id_of(cast.carol))
        assert prolonged.mute_id is not None


async def test_muting_again_changes_end_and_notifications_and_keeps_the_place(
    conn: Connection, cast: Cast
) -> None:
    first = await mute.mute(conn, cast.alice, id_of(cast.bob), duration_seconds=HOUR)
    again = await mute.mute(conn, cast.alice, id_of(cast.bob), notifications=False)
    assert (again.mute_id, again.mute_notifications, again.mute_expires_at) == (first.mute_id, False, None)


async def test_a_negative_duration_is_refused(conn: Connection, cast: Cast) -> None:
    with pytest.raises(WrongDuration):
        await mute.mute(conn, cast.alice, id_of(cast.bob), duration_seconds=-1)
    assert await _stored_mutes(conn) == 0
