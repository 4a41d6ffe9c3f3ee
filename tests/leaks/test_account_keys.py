"""Keys of accounts: what an erased one said is gone for every door at once, and old copies of its rows tell nothing."""

import logging
from contextlib import suppress

import httpx
import pytest

from parley.kit import clock, owners_keys
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId
from parley.kit.jobs import run_schedules
from parley.kit.owners_keys import (
    OwnerErased,
    Piece,
    erase_for_good,
    known_owners,
    lasting_key,
    open_one,
    rewrap_slice,
    seal,
)
from parley.kit.pubsub import PubSub
from parley.kit.sealing import KeyRing, new_key
from parley.kit.services import Services
from parley.media.descriptions import any_open
from parley.publishing import cache
from parley.publishing.sealed_words import read_source, read_statuses
from tests.conftest import forget_caches
from tests.leaks.canary import CANARY, tables_with
from tests.leaks.test_deleted import canaries_at_doors, say_all
from tests.mastodon_api.test_media import jpeg, send
from tests.moderation.world import join_as
from tests.world import Cast, make_cast, ok, refused, settle

COPIED = ("statuses", "status_counts", "status_edits", "polls", "media_files", "sealing_keys")


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    made = await make_cast(conn, client)
    await made.bob.follows(made.alice)
    return made


async def copy_rows(conn: Connection) -> None:
    """As a backup would have them."""
    for table in COPIED:
        await conn.execute(f"create temporary table old_{table} on commit drop as select * from {table}")


async def put_back(conn: Connection, table: str, where: str) -> None:
    await conn.execute(f"delete from {table} where {where}")
    await conn.execute(f"insert into {table} select * from old_{table} where {where}")


async def test_old_rows_of_an_erased_account_open_for_nobody(
    conn: Connection,
    services: Services,
    client: httpx.AsyncClient,
    cast: Cast,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = [await say_all(services, cast, each) for each in ("public", "unlisted", "private", "direct")]
    await send(cast.alice, jpeg(), description=f"{CANARY} never posted")
    await settle(services)
    assert await tables_with(conn, CANARY) == {}
    ids = [int(each[name]) for each in made for name in ("id", "poll_status")]
    assert all(CANARY in each.content for each in await read_statuses(conn, ids))
    await copy_rows(conn)
    boss = await join_as(conn, client, "boss", "admin")
    path = f"/api/v1/admin/accounts/{cast.alice.wire_id}"
    ok(await boss.post(f"{path}/action", {"type": "suspend"}))
    ok(await boss.delete(path))
    caplog.set_level(logging.WARNING)
    await settle(services)
    assert await read_statuses(conn, ids) == []
    for table in COPIED[:-1]:
        await put_back(conn, table, f"bucket = (select bucket from accounts where id = {cast.alice.id})")
    forget_caches()
    assert await read_statuses(conn, ids) == []
    assert await read_source(conn, StatusId(ids[0])) is None
    assert [each for each in caplog.records if "opened" in each.message] == [], "nobody is troubled"
    # What a conversation's key alone opened would be another's to keep: this one needs both.
    await put_back(conn, "sealing_keys", f"owner_id <> {cast.alice.id}")
    forget_caches()
    assert await read_statuses(conn, ids) == []
    await put_back(conn, "sealing_keys", "true")
    forget_caches()
    opened = await read_statuses(conn, ids)
    assert sorted(each.id for each in opened) == sorted(ids)
    assert all(CANARY in each.content for each in opened)


async def test_with_the_key_it_is_gone_from_every_door(
    conn: Connection, services: Services, client: httpx.AsyncClient, cast: Cast
) -> None:
    """Before a job has deleted anything, whatever this process has in mind, and though nobody suspended the account."""
    made = await say_all(services, cast, "private")
    assert len(await canaries_at_doors(cast.bob, made)) > 5
    await erase_for_good(conn, cast.alice.id)
    conn.run_after_commit()
    assert not await canaries_at_doors(cast.bob, made)
    refused(await cast.bob.get(f"/api/v1/statuses/{made['id']}"), 404)
    # An act that was just under way.
    refused(await cast.alice.post("/api/v1/statuses", {"status": "still here"}), 410)
    later = {"status": "later", "scheduled_at": clock.now().replace(year=clock.now().year + 1).isoformat()}
    refused(await cast.alice.post("/api/v1/statuses", later), 410)
    ok(await cast.bob.post("/api/v1/statuses", {"status": "I go on"}))


async def test_other_processes_forget_a_key_and_what_it_opened(conn: Connection, cast: Cast) -> None:
    said = await cast.alice.says("kept in mind")
    pubsub = PubSub("unused")
    owners_keys.listen(pubsub)
    assert known_owners([cast.alice.id])
    assert cache.find(int(said["id"])) is not None
    for topic in ("owners_key_gone", "owner_erased"):
        for listener in pubsub._listeners[topic]:
            listener(str(cast.alice.id))
    assert not known_owners([cast.alice.id])
    assert cache.find(int(said["id"])) is None


async def test_a_key_is_made_once_remembered_when_it_stands_and_never_made_again(conn: Connection) -> None:
    owner_id = AccountId(7 << 8)
    with suppress(RuntimeError):
        async with conn.begin():
            await lasting_key(conn, owner_id)
            raise RuntimeError
    assert not known_owners([owner_id]), "what was rolled back has never been"
    async with conn.begin():
        key = await lasting_key(conn, owner_id)
        assert await lasting_key(conn, owner_id) == key
    assert known_owners([owner_id])
    sealed = seal(key, "here", ["words"])
    assert await open_one(conn, Piece("here", sealed), list) == ["words"]
    first, second = new_key(), new_key()
    tests_own, conn.keys = conn.keys, KeyRing(lambda: (first,))
    try:
        await conn.execute("delete from sealing_keys")
        owners_keys.clear()
        sealed = seal(await lasting_key(conn, owner_id), "here", ["words"])
        conn.keys = KeyRing(lambda: (second, first))
        assert await rewrap_slice(conn, 0, 10) == (1, None)
        conn.keys = KeyRing(lambda: (second,))
        owners_keys.clear()
        assert await open_one(conn, Piece("here", sealed), list) == ["words"]
        await erase_for_good(conn, owner_id)
        assert await rewrap_slice(conn, 0, 10) == (0, None)
        owners_keys.clear()
        assert await open_one(conn, Piece("here", sealed), list) is None
        with pytest.raises(OwnerErased):
            await lasting_key(conn, owner_id)
    finally:
        conn.keys = tests_own


async def test_descriptions_from_before_are_sealed_by_a_job(
    conn: Connection, services: Services, cast: Cast
) -> None:
    sent = ok(await send(cast.alice, jpeg(), description=CANARY))
    await conn.execute(
        "update media_files set description = $2, sealed_description = null where id = $1",
        int(sent["id"]),
        CANARY,
    )
    path = f"/api/v1/media/{sent['id']}"
    assert ok(await cast.alice.get(path))["description"] == CANARY
    ok(await cast.alice.put(path, {"focus": "0,0"}))
    assert await tables_with(conn, CANARY) == {}, "sealed with the first change"
    await conn.execute(
        "update media_files set description = $2, sealed_description = null where id = $1",
        int(sent["id"]),
        CANARY,
    )
    await run_schedules(services)
    await settle(services)
    assert await tables_with(conn, CANARY) == {}
    assert not await any_open(conn)
    assert ok(await cast.alice.get(path))["description"] == CANARY
    ok(await cast.alice.put(path, {"description": ""}))
    assert ok(await cast.alice.get(path))["description"] in {None, ""}
