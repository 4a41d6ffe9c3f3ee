"""Requests at once, on connections of their own: the same one has happened once, and those that cross leave order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import httpx
import pytest
from PIL import Image

from parley.kit.config import Settings
from parley.kit.db import Connection, Database
from parley.kit.ids import StatusId
from parley.kit.jobs import run_lane_once
from parley.kit.pubsub import PubSub
from parley.kit.sealing import KeyRing
from parley.kit.services import Services
from parley.kit.storage import Store
from parley.publishing.delete import delete_status, require_own
from tests.conftest import copy_template, forget_caches
from tests.invariants import broken_invariants, table_names
from tests.media.canaries import written
from tests.media.samples import film_of
from tests.world import Cast, Member, make_cast, ok, settle

AT_ONCE = 4


@pytest.fixture(scope="module")
async def database(server_dsn: str, worker_id: str) -> AsyncIterator[Database]:
    """Of its own: here transactions must really commit."""
    dsn = await copy_template(server_dsn, f"parley_test_at_once_{worker_id}")
    made = Database(dsn, size=AT_ONCE, keys=KeyRing(lambda: (b"a master key for nothing but tests"[:32],)))
    yield made
    await made.stop()


@pytest.fixture
def services(settings: Settings, database: Database, store: Store) -> Services:
    forget_caches()
    return Services(settings=settings, database=database, pubsub=PubSub("unused"), store=store)


@pytest.fixture
async def cast(services: Services, client: httpx.AsyncClient) -> AsyncIterator[Cast]:
    """Whatever was asked of them at once, nothing in the database contradicts itself once all is done."""
    async with services.database.transaction() as conn:
        cast = await make_cast(conn, client)
    # So that every connection exists, and every token is known, before anything races.
    await at_once(
        *[each.get("/api/v1/timelines/home") for each in (cast.alice, cast.bob, cast.carol) * AT_ONCE]
    )
    yield cast
    await settle(services)
    async with services.database.transaction() as conn:
        broken = await broken_invariants(conn)
        for table in await table_names(conn):
            await conn.execute(f"delete from {table}")
    assert broken == []


async def at_once(*asking: Awaitable[httpx.Response]) -> list[int]:
    """The statuses of the answers, sorted."""
    return sorted([answer.status_code for answer in await asyncio.gather(*asking)])


async def test_one_key_makes_one_post(cast: Cast, database: Database) -> None:
    key = {"idempotency-key": "k"}
    asking = [cast.alice.post("/api/v1/statuses", {"status": "once"}, **key) for _ in range(AT_ONCE)]
    made = {ok(answer)["id"] for answer in await asyncio.gather(*asking)}
    assert await cast.alice.list_ids(f"/api/v1/accounts/{cast.alice.id}/statuses") == list(made)
    assert await cast.alice.list_ids("/api/v1/timelines/home") == list(made)
    async with database.reading() as conn:
        told = await conn.fetch_value("select count(*) from jobs where lane = 'events'")
        assert (len(made), told) == (1, 1)


async def test_a_key_of_a_deleted_post_makes_no_other(cast: Cast) -> None:
    first = ok(await cast.alice.post("/api/v1/statuses", {"status": "once"}, **{"idempotency-key": "k"}))
    ok(await cast.alice.delete(f"/api/v1/statuses/{first['id']}"))
    again = await cast.alice.post("/api/v1/statuses", {"status": "once"}, **{"idempotency-key": "k"})
    assert again.status_code == 404
    assert await cast.alice.list_ids(f"/api/v1/accounts/{cast.alice.id}/statuses") == []


@pytest.mark.parametrize(
    ("act", "undo", "count"),
    [
        ("favourite", "unfavourite", "favourites_count"),
        ("reblog", "unreblog", "reblogs_count"),
        ("bookmark", "unbookmark", None),
        ("mute", "unmute", None),
    ],
)
async def test_an_act_on_a_post_happens_once(cast: Cast, act: str, undo: str, count: str | None) -> None:
    path = f"/api/v1/statuses/{(await cast.alice.says('words'))['id']}"
    assert await at_once(*[cast.bob.post(f"{path}/{act}") for _ in range(AT_ONCE)]) == [200] * AT_ONCE
    assert count is None or ok(await cast.carol.get(path))[count] == 1
    assert set(await at_once(*[cast.bob.post(f"{path}/{undo}") for _ in range(AT_ONCE)])) <= {200, 404}
    assert count is None or ok(await cast.carol.get(path))[count] == 0
    crossing = [cast.bob.post(f"{path}/{each}") for each in (act, undo) * AT_ONCE]
    assert set(await at_once(*crossing)) <= {200, 404}


async def test_a_post_is_deleted_once(cast: Cast) -> None:
    path = f"/api/v1/statuses/{(await cast.alice.says('words #tag'))['id']}"
    gone = await at_once(*[cast.alice.delete(path) for _ in range(AT_ONCE)])
    assert gone == [200] + [404] * (AT_ONCE - 1)
    assert ok(await cast.alice.get("/api/v1/accounts/verify_credentials"))["statuses_count"] == 0


async def test_a_vote_counts_once(cast: Cast) -> None:
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    path = f"/api/v1/polls/{(await cast.alice.says('What?', poll=poll))['poll']['id']}"
    voted = await at_once(*[cast.bob.post(f"{path}/votes", {"choices": [0]}) for _ in range(AT_ONCE)])
    assert voted == [200] + [422] * (AT_ONCE - 1)
    assert ok(await cast.carol.get(path))["votes_count"] == 1


async def test_everything_at_once_to_a_post_that_is_being_deleted(cast: Cast) -> None:
    await cast.bob.follows(cast.alice)
    for _ in range(5):
        poll = {"options": ["tea", "coffee"], "expires_in": 3600}
        made = await cast.alice.says("words #tag @carol", poll=poll)
        path = f"/api/v1/statuses/{made['id']}"
        statuses = await at_once(
            cast.bob.post(f"{path}/favourite"),
            cast.carol.post(f"{path}/reblog"),
            cast.bob.post(f"/api/v1/polls/{made['poll']['id']}/votes", {"choices": [1]}),
            cast.alice.put(path, {"status": "other words #another"}),
            cast.alice.delete(path),
            cast.bob.post("/api/v1/statuses", {"status": "@alice so?", "in_reply_to_id": made["id"]}),
            cast.carol.post(f"{path}/favourite"),
            cast.bob.post(f"{path}/reblog"),
            cast.carol.get(path),
            cast.alice.post("/api/v1/statuses", {"status": "And so on", "in_reply_to_id": made["id"]}),
            cast.alice.post(f"{path}/reblog"),
        )
        assert set(statuses) <= {200, 404, 422}
        assert (await cast.alice.get(path)).status_code == 404


async def test_what_is_done_to_a_post_while_its_deletion_ends_has_not_happened(
    cast: Cast, services: Services
) -> None:
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    made = await cast.alice.says("words", poll=poll)
    path = f"/api/v1/statuses/{made['id']}"
    async with services.database.transaction() as conn:
        found = await require_own(conn, cast.alice.viewer, StatusId(int(made["id"])))
        await delete_status(conn, services.pubsub, found.status)
        # They still see the post, and wait for what becomes of it.
        asking = [
            cast.bob.post(f"{path}/favourite"),
            cast.bob.post(f"{path}/reblog"),
            cast.bob.post("/api/v1/statuses", {"status": "so?", "in_reply_to_id": made["id"]}),
        ]
        tasks = [asyncio.ensure_future(each) for each in asking]
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in tasks)
    assert await at_once(*tasks) == [404] * 3


async def test_answers_come_and_go_in_one_thread(cast: Cast) -> None:
    """Everybody counts at the same post and at themselves: locks in one order, or some would wait for each other."""
    root = (await cast.alice.says("words"))["id"]
    old = [await cast.alice.says("and", in_reply_to_id=root) for _ in range(8)]
    for pair in zip(old[::2], old[1::2], strict=True):
        asking = [cast.alice.delete(f"/api/v1/statuses/{each['id']}") for each in pair]
        asking += [
            cast.alice.post("/api/v1/statuses", {"status": "or", "in_reply_to_id": root}) for _ in pair
        ]
        asking += [cast.alice.post(f"/api/v1/statuses/{root}/{act}") for act in ("reblog", "unreblog")]
        assert set(await at_once(*asking)) <= {200, 404}


async def test_relations_that_cross(cast: Cast) -> None:
    def to(actor: Member, act: str, other: Member) -> Awaitable[httpx.Response]:
        return actor.post(f"/api/v1/accounts/{other.id}/{act}")

    alice, bob = cast.alice, cast.bob
    for acts in (("follow", "follow"), ("follow", "block"), ("block", "block"), ("unblock", "follow")) * 3:
        pairs = [(alice, acts[0], bob), (bob, acts[1], alice)] * 2
        assert set(await at_once(*[to(*each) for each in pairs])) <= {200, 403, 404}


async def test_work_that_takes_long_keeps_its_lease(
    cast: Cast, services: Services, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film may take longer than any job is leased for, and no other worker begins it anew meanwhile."""
    monkeypatch.setattr("parley.kit.jobs._RENEWED_AFTER_SECONDS", 0.01)
    film = {"file": ("a.mp4", film_of("mp4", seconds=20), "video/mp4")}
    sent = await cast.alice.client.post("/api/v2/media", files=film, headers=cast.alice.headers)
    assert sent.status_code == 202
    working = asyncio.create_task(run_lane_once(services, "media"))

    async def leased(condition: str) -> int:
        async with database.reading() as conn:
            asked = "select count(*) from jobs where lane = 'media' and leased_until " + condition
            return int(await conn.fetch_value(asked))

    async with asyncio.timeout(60):
        while not await leased("is not null"):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
        async with database.reading() as conn:
            await conn.execute("update jobs set leased_until = now() where lane = 'media'")
        while not await leased("> now() + interval '1 minute'"):
            assert not working.done(), "it was done before its lease was renewed"
            await asyncio.sleep(0.01)
        assert await working == 1
    assert not await leased("is not null")


async def _until_waiting(conn: Connection, count: int) -> None:
    """Until so many others wait for a row that this transaction holds."""
    async with asyncio.timeout(60):
        waiting = -1
        while waiting != count:
            await asyncio.sleep(0.01)
            await conn.execute("select pg_stat_clear_snapshot()")
            waiting = await conn.fetch_value(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )


@pytest.mark.parametrize("first", ["thumbnail", "film"])
async def test_a_thumbnail_sent_while_its_film_is_finished_stands_for_it(
    cast: Cast, services: Services, database: Database, first: str
) -> None:
    """Whichever comes first, neither what was made of the film nor the picture that was sent is lost."""
    film = {"file": ("a.mp4", film_of("mp4"), "video/mp4")}
    sent = await cast.alice.client.post("/api/v2/media", files=film, headers=cast.alice.headers)
    path = f"/api/v1/media/{sent.json()['id']}"
    cover = {"thumbnail": ("a.png", written(Image.new("RGB", (30, 20), (0, 0, 255)), "PNG"), "image/png")}

    async def send_thumbnail() -> None:
        ok(await cast.alice.client.put(path, files=cover, headers=cast.alice.headers))

    async def finish_film() -> None:
        await run_lane_once(services, "media")

    acts = [send_thumbnail, finish_film] if first == "thumbnail" else [finish_film, send_thumbnail]
    async with database.transaction() as conn:
        await conn.execute("select from media_files where id = $1 for update", int(sent.json()["id"]))
        going = []
        for place, act in enumerate(acts):
            going.append(asyncio.create_task(act()))
            await _until_waiting(conn, place + 1)
    await asyncio.gather(*going)
    shown = ok(await cast.alice.get(path))
    assert shown["url"] is not None
    assert (shown["meta"]["small"]["width"], shown["meta"]["small"]["height"]) == (30, 20)
    made = ok(await cast.alice.put(path, {"thumbnail": None}))
    assert (made["meta"]["small"]["width"], made["meta"]["small"]["height"]) == (64, 48)
    ok(await cast.alice.delete(path))
