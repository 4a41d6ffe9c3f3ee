"""Who stands on an exclusive list is read there and not at home, whichever job comes first and whoever grows famous."""

import httpx
import pytest

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.timelines import celebrities, queries
from parley.timelines.backfill import rebuild_home
from tests.world import Cast, make_cast, ok, settle

HOME = "/api/v1/timelines/home"


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


async def put_on_list(cast: Cast) -> str:
    made = ok(await cast.alice.post("/api/v1/lists", {"title": "Apart", "exclusive": True}))["id"]
    ok(await cast.alice.post(f"/api/v1/lists/{made}/accounts", {"account_ids": [cast.bob.wire_id]}))
    return f"/api/v1/timelines/list/{made}"


@pytest.mark.parametrize("delivered", [True, False])
async def test_followed_and_listed_in_one_breath(cast: Cast, services: Services, delivered: bool) -> None:
    earlier = (await cast.bob.says("before"))["id"]
    await cast.alice.follows(cast.bob)
    await cast.alice.follows(cast.carol)
    if delivered:
        await settle(services)
        assert await cast.alice.list_ids(HOME) == [earlier]
    path = await put_on_list(cast)
    later = (await cast.bob.says("after"))["id"]
    at_home = (await cast.carol.says("hello"))["id"]
    await settle(services)
    assert await cast.alice.list_ids(path) == [later, earlier]
    assert await cast.alice.list_ids(HOME) == [at_home]


async def test_after_long_absence_and_of_the_famous(cast: Cast, services: Services, conn: Connection) -> None:
    await cast.alice.follows(cast.bob)
    path = await put_on_list(cast)
    await settle(services)
    said = (await cast.bob.says("words"))["id"]
    await settle(services)
    await rebuild_home(conn, cast.alice.id)
    assert await cast.alice.list_ids(HOME) == []
    await queries.insert_celebrity(conn, cast.bob.id, clock.now())
    celebrities.clear()
    loud = (await cast.bob.says("to everybody"))["id"]
    assert await cast.alice.list_ids(HOME) == []
    assert await cast.alice.list_ids(path) == [loud, said]
