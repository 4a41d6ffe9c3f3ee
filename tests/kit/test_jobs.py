"""Jobs: many of a kind are one transaction, one that can't be done holds up no other, and what two run happens once."""

from datetime import timedelta

from parley.identity.passwords import request_reset
from parley.kit import clock
from parley.kit.jobs import LEASE_SECONDS, insert_job, lease, run_lane_once, run_leased
from parley.kit.mail import list_outbox
from tests.database import counted
from tests.world import make_cast, ok, settle


async def test_posts_are_indexed_together_and_a_broken_job_holds_up_none(conn, client, services):
    cast = await make_cast(conn, client)

    async def said(*texts: str) -> list[str]:
        """Posts that wait for the index, and nothing else waits."""
        made = [(await cast.alice.says(text))["id"] for text in texts]
        await run_lane_once(services, "events")
        return made

    async def found(q: str) -> set[str]:
        query = {"q": q, "type": "statuses"}
        return {each["id"] for each in ok(await cast.alice.get("/api/v2/search", **query))["statuses"]}

    await said("The first #heron")
    await settle(services)
    costs = []
    for number in (2, 8):
        made = await said(*(f"Herons of {number}: {each} #heron" for each in range(number)))
        assert await found(f"herons {number}") == set()
        with counted(conn) as cost:
            assert await run_lane_once(services, "index") == number
        assert await found(f"herons {number}") == set(made)
        costs.append(cost.statements)
    assert costs[0] == costs[1]

    await insert_job(conn, "index", "index_status", b'{"status_id": "none"}')
    gone, kept = await said("Egrets one", "Egrets two")
    ok(await cast.alice.delete(f"/api/v1/statuses/{gone}"))
    await settle(services)
    assert await found("egrets") == {kept}
    waiting = await conn.fetch_rows("select attempts, last_error from jobs where lane = 'index'")
    assert [(row[0], row[1].partition(":")[0]) for row in waiting] == [(1, "ValidationError")]
    documents = await conn.fetch_value(
        "select count(*) from search_documents where status_id = $1", int(gone)
    )
    assert documents == 0


async def test_a_job_whose_lease_ran_out_takes_effect_once(conn, client, services, caplog):
    """Its worker was slow, not dead: another one has done the job by the time it comes to it."""
    await make_cast(conn, client)
    await request_reset(conn, "alice@mail.test")
    [slow] = await lease(conn, "mail")
    with clock.shifted(timedelta(seconds=LEASE_SECONDS + 1)):
        assert await run_lane_once(services, "mail")
        assert not await run_leased(services, slow)
    assert [mail.recipient for mail in await list_outbox(conn)] == ["alice@mail.test"]
    assert "another worker" in caplog.text
