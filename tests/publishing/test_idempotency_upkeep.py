"""Keys of posts sent twice are forgotten once nobody can ask for them any more."""

from datetime import timedelta

from parley import worker
from parley.kit import clock
from parley.kit.jobs import registered_schedules
from tests.world import join, ok

JOBS = worker.JOB_MODULES


async def test_old_keys_go_and_those_in_use_stay(conn, client, services):
    alice = await join(conn, client, "alice")
    prune = registered_schedules()["prune_idempotency_keys"].run
    for hours_ago, key in ((2, "old"), (0, "new")):
        with clock.shifted(-timedelta(hours=hours_ago)):
            ok(await alice.post("/api/v1/statuses", {"status": key}, **{"idempotency-key": key}))
    await prune(conn, services)
    assert await conn.fetch_value("select count(*) from idempotency_keys") == 1
    again = ok(await alice.post("/api/v1/statuses", {"status": "new"}, **{"idempotency-key": "new"}))
    assert await alice.list_ids(f"/api/v1/accounts/{alice.id}/statuses") != []
    assert again["content"] == "<p>new</p>"
    assert await conn.fetch_value("select count(*) from statuses") == 2
