"""What posts say lies sealed: no table holds it, and without the keys no row opens."""

import base64
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from parley.kit import clock, owners_keys
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Unavailable
from parley.kit.ids import StatusId, bucket_of
from parley.kit.jobs import run_schedules
from parley.kit.master_keys import is_open_to_others, key_file, key_ring, read_key_file, write_key_file
from parley.kit.owners_keys import Piece, known_key, known_owners
from parley.kit.paging import Page
from parley.kit.sealing import KeyRing, SealBroken, new_key, open_sealed, seal
from parley.publishing.models import Status
from parley.publishing.poll import options_of
from parley.publishing.schedule import scheduled_page
from parley.publishing.seal_older import any_unsealed, any_unsealed_draft
from parley.publishing.sealed_words import WordsOfStatus, read_edits, read_source, read_statuses, seal_words
from tests.conftest import forget_caches
from tests.database import counted
from tests.invariants import table_names
from tests.world import Member, make_cast, ok, refused, settle

CANARY = "Zyxwvut"
HOUR = 3600
VISIBILITIES = ("public", "unlisted", "private", "direct")


@pytest.fixture
async def cast(conn, client):
    made = await make_cast(conn, client)
    await made.bob.follows(made.alice)
    return made


def disguises(canary: str) -> Iterator[str]:
    """As it may stand in a dump: plain, in hexadecimal, in base 64 behind up to two other bytes."""
    for word in (canary, canary.lower()):
        yield word
        yield word.encode().hex()
        for ahead in range(3):
            whole = base64.b64encode(b"." * ahead + word.encode()).decode()
            yield whole[4 if ahead else 0 : -4]


async def places_of(conn: Connection, canary: str = CANARY) -> list[str]:
    """Tables of which a row holds the canary, in whatever column."""
    found = []
    for table in await table_names(conn):
        text = "\n".join(await conn.fetch_column(f"select t::text from {table} t"))
        found += [table for each in disguises(canary) if each in text]
    return sorted(set(found))


async def piece_of(conn: Connection, status_id: int) -> Piece:
    sealed = await conn.fetch_value("select sealed from statuses where id = $1", status_id)
    return Piece(f"status {status_id}", bytes(sealed))


async def says_all(member: Member, to: str, visibility: str) -> list[dict[str, Any]]:
    """Created, edited, with a poll, a warning, a reply, and one that waits for its hour; in messages a tag and a link."""
    text = f"@{to} {CANARY}"
    if visibility == "direct":
        text = f"{text} #{CANARY}tag https://example.test/{CANARY}"
    first = await member.says(text, visibility=visibility, spoiler_text=f"about {CANARY}")
    asked = await member.says(
        f"@{to} which {CANARY}?",
        visibility=visibility,
        in_reply_to_id=first["id"],
        poll={"options": [f"{CANARY} one", f"{CANARY} two"], "expires_in": HOUR},
    )
    ok(
        await member.put(
            f"/api/v1/statuses/{asked['id']}",
            {
                "status": f"@{to} rather {CANARY}",
                "poll": {"options": [f"{CANARY} three", f"{CANARY} four"], "expires_in": HOUR},
            },
        )
    )
    gone = await member.says(f"@{to} gone {CANARY}", visibility=visibility, in_reply_to_id=first["id"])
    ok(await member.delete(f"/api/v1/statuses/{gone['id']}"))
    at = (clock.now() + timedelta(days=1)).isoformat()
    later = {"status": f"@{to} later {CANARY}", "visibility": visibility, "scheduled_at": at}
    waiting = ok(await member.post("/api/v1/statuses", later, **{"Idempotency-Key": f"{CANARY} key"}))
    assert CANARY in waiting["params"]["text"]
    return [first, asked]


async def test_no_table_holds_a_word_of_any_post(cast, conn, services, caplog):
    caplog.set_level(logging.DEBUG)
    for visibility in VISIBILITIES:
        await says_all(cast.alice, "bob", visibility)
    assert await places_of(conn) == [], "jobs wait"
    await settle(services)
    assert await places_of(conn) == []
    assert CANARY not in caplog.text
    assert len(ok(await cast.alice.get("/api/v2/search", q=CANARY))["statuses"]) == 6, (
        "their author finds them"
    )


async def test_what_is_sealed_reads_as_ever(cast, services, conn):
    first, asked = await says_all(cast.alice, "bob", "direct")
    await settle(services)
    forget_caches()
    seen = ok(await cast.bob.get(f"/api/v1/statuses/{first['id']}"))
    assert (CANARY in seen["content"], seen["spoiler_text"]) == (True, f"about {CANARY}")
    assert [each["name"] for each in seen["tags"]] == [f"{CANARY}tag".lower()]
    poll = ok(await cast.bob.get(f"/api/v1/statuses/{asked['id']}"))["poll"]
    assert [each["title"] for each in poll["options"]] == [f"{CANARY} three", f"{CANARY} four"]
    ok(await cast.bob.post(f"/api/v1/polls/{poll['id']}/votes", {"choices": [1]}))
    assert ok(await cast.alice.get(f"/api/v1/polls/{poll['id']}"))["options"][1] == {
        "title": f"{CANARY} four",
        "votes_count": 1,
    }
    history = ok(await cast.bob.get(f"/api/v1/statuses/{asked['id']}/history"))
    assert [each["poll"]["options"][0]["title"] for each in history] == [f"{CANARY} one", f"{CANARY} three"]
    assert [CANARY in each["content"] for each in history] == [True, True]
    source = ok(await cast.alice.get(f"/api/v1/statuses/{first['id']}/source"))
    assert source["text"].startswith(f"@bob {CANARY} #{CANARY}tag")
    told = ok(await cast.bob.get("/api/v1/notifications", **{"types[]": "mention"}))
    assert [CANARY in each["status"]["content"] for each in told] == [True, True]
    thread = ok(await cast.bob.get(f"/api/v1/statuses/{first['id']}/context"))
    assert [each["id"] for each in thread["descendants"]] == [asked["id"]]
    # A poll that asks the same goes on.
    same = {
        "status": "@bob same",
        "poll": {"options": [f"{CANARY} three", f"{CANARY} four"], "expires_in": HOUR},
    }
    kept = ok(await cast.alice.put(f"/api/v1/statuses/{asked['id']}", same))
    assert (kept["poll"]["id"], kept["poll"]["votes_count"]) == (poll["id"], 1)
    deleted = ok(await cast.alice.delete(f"/api/v1/statuses/{first['id']}"))
    assert deleted["text"] == source["text"]


async def test_keys_cost_one_statement_until_they_are_known(cast, services, conn):
    """The same for a status of either kind, whatever number of keys it needs."""

    async def cost(status_id: str, *, keys_known: bool) -> int:
        forget_caches()
        if keys_known:
            await owners_keys.open_one(conn, await piece_of(conn, int(status_id)), list)
        with counted(conn) as count:
            ok(await cast.bob.get(f"/api/v1/statuses/{status_id}"))
        return count.statements

    async def posting() -> int:
        with counted(conn) as count:
            await cast.alice.says("one more")
        return count.statements

    await cast.alice.says("the first makes the key")
    warm = await posting()
    owners_keys.clear()
    assert (await posting(), await posting()) == (warm + 1, warm)
    public = (await cast.alice.says("@bob to all"))["id"]
    direct = (await cast.alice.says("@bob to you", visibility="direct"))["id"]
    for status_id in (public, direct):
        assert await cost(status_id, keys_known=False) == await cost(status_id, keys_known=True) + 1
    assert await cost(direct, keys_known=True) == await cost(public, keys_known=True)


async def test_with_the_last_message_the_key_goes(cast, services, conn):
    first = await cast.alice.says("@bob one", visibility="direct")
    second = await cast.bob.says("@alice two", visibility="direct", in_reply_to_id=first["id"])
    other = await cast.alice.says("@carol else", visibility="direct")
    thread_id = int(first["id"])

    async def uses() -> Any:
        return await conn.fetch_value("select uses from sealing_keys where owner_id = $1", thread_id)

    assert await uses() == 2
    piece = await piece_of(conn, int(second["id"]))
    ok(await cast.alice.delete(f"/api/v1/statuses/{first['id']}"))
    assert (await uses(), thread_id in known_owners([thread_id])) == (1, True)
    assert "two" in ok(await cast.alice.get(f"/api/v1/statuses/{second['id']}"))["content"]
    ok(await cast.bob.delete(f"/api/v1/statuses/{second['id']}"))
    assert (await uses(), thread_id in known_owners([thread_id])) == (None, False)
    assert await owners_keys.open_one(conn, piece, list) is None
    assert "else" in ok(await cast.carol.get(f"/api/v1/statuses/{other['id']}"))["content"]


async def test_whoever_lost_the_master_key_hides_posts_and_refuses_new_ones(cast, services, conn, caplog):
    said = await cast.alice.says("@bob one", visibility="direct")
    to_all = await cast.alice.says("to all")
    await settle(services)
    kept, conn.keys = conn.keys, KeyRing(tuple)
    try:
        forget_caches()
        refused(await cast.bob.get(f"/api/v1/statuses/{said['id']}"), 404)
        assert ok(await cast.alice.get("/api/v1/conversations")) == []
        refused(await cast.bob.get(f"/api/v1/statuses/{to_all['id']}"), 404)
        assert ok(await cast.bob.get("/api/v1/timelines/home")) == []
        for visibility in ("direct", "public"):
            draft = {"status": "@bob two", "visibility": visibility}
            refused(await cast.alice.post("/api/v1/statuses", draft), 503)
        assert "parley doctor" in caplog.text
    finally:
        conn.keys = kept
    forget_caches()
    assert "one" in ok(await cast.bob.get(f"/api/v1/statuses/{said['id']}"))["content"]


async def test_a_piece_opens_in_its_own_row_alone(cast, conn):
    one = int((await cast.alice.says("@bob one", visibility="direct"))["id"])
    two = int((await cast.alice.says("@bob two", visibility="direct", in_reply_to_id=str(one)))["id"])
    await conn.execute(
        "update statuses set sealed = (select sealed from statuses where id = $1) where id = $2", one, two
    )
    forget_caches()
    refused(await cast.bob.get(f"/api/v1/statuses/{two}"), 404)
    assert "one" in ok(await cast.bob.get(f"/api/v1/statuses/{one}"))["content"]


async def put_in_the_open(conn: Connection, statuses: list[Status]) -> None:
    """As an older version wrote them: plain columns, no keys, no conversations."""
    for status in statuses:
        source = await read_source(conn, status.id)
        assert source is not None
        await conn.execute(
            "update statuses set text = $2, content = $3, spoiler_text = $4, tags = $5, sealed = null where id = $1",
            status.id, source.text, status.content, status.spoiler_text, status.tags,
        )  # fmt: skip
        for edit in await read_edits(conn, status.id, status.thread_id):
            await conn.execute(
                "update status_edits set content = $3, spoiler_text = $4, poll_options = $5, sealed = null "
                "where status_id = $1 and version = $2",
                status.id, edit.version, edit.content, edit.spoiler_text, edit.poll_options,
            )  # fmt: skip
        if status.poll_id is not None:
            options = await options_of(conn, status.poll_id)
            await conn.execute(
                "update polls set options = $2, sealed = null where id = $1", status.poll_id, options
            )
    await conn.execute(
        "delete from sealing_keys where owner_id = any($1)", [each.thread_id for each in statuses]
    )
    await conn.execute("delete from conversation_statuses")
    await conn.execute("delete from conversations")


async def drafts_in_the_open(conn: Connection, author: Member) -> None:
    for waiting in await scheduled_page(conn, author.viewer, Page(limit=5)):
        draft, waiting_id = msgspec.msgpack.encode(waiting.draft), waiting.scheduled.id
        await conn.execute(
            "update scheduled_statuses set draft = $2, sealed = false where id = $1", waiting_id, draft
        )
        await conn.execute("delete from sealing_keys where owner_id = $1", waiting_id)


@pytest.mark.parametrize("visibility", ["public", "direct"])
async def test_what_lies_in_the_open_from_before_is_sealed_by_a_job(cast, services, conn, visibility):
    said = await says_all(cast.alice, "bob", visibility)
    await settle(services)
    statuses = await read_statuses(conn, [int(each["id"]) for each in said])
    await put_in_the_open(conn, statuses)
    await drafts_in_the_open(conn, cast.alice)
    forget_caches()
    assert {"statuses", "status_edits", "polls", "scheduled_statuses"} <= set(await places_of(conn))

    async def looks() -> list[Any]:
        forget_caches()
        paths = [f"/api/v1/statuses/{each['id']}" for each in said]
        seen = [ok(await cast.bob.get(each)) for each in paths]
        seen += [ok(await cast.bob.get(f"{each}/history")) for each in paths]
        seen += [ok(await cast.alice.get(f"{each}/source")) for each in paths]
        return [*seen, ok(await cast.alice.get("/api/v1/scheduled_statuses"))]

    before = await looks()
    # What is changed before its turn has come is sealed with that.
    ok(await cast.alice.put(f"/api/v1/statuses/{said[0]['id']}", {"status": f"@bob {CANARY} edited"}))
    edited = await looks()
    assert edited[1] == before[1]
    await run_schedules(services)
    await settle(services)
    assert await places_of(conn) == []
    assert await looks() == edited
    assert not await any_unsealed(conn)
    assert not await any_unsealed_draft(conn)
    if visibility == "direct":
        [conversation] = ok(await cast.bob.get("/api/v1/conversations"))
        assert (conversation["last_status"]["id"], conversation["unread"]) == (said[1]["id"], False)
    for each in reversed(said):
        ok(await cast.alice.delete(f"/api/v1/statuses/{each['id']}"))
    for each in ok(await cast.alice.get("/api/v1/scheduled_statuses")):
        ok(await cast.alice.delete(f"/api/v1/scheduled_statuses/{each['id']}"))
    counted_keys = "select uses from sealing_keys where bucket = $1 and owner_id <> $2"
    assert await conn.fetch_column(counted_keys, bucket_of(cast.alice.id), cast.alice.id) == []


async def test_a_message_that_its_conversations_key_opened_alone_needs_its_authors_too(cast, services, conn):
    said = await cast.alice.says(f"@bob {CANARY}", visibility="direct")
    status_id = StatusId(int(said["id"]))
    sealed = seal_words(
        await known_key(conn, status_id), status_id, WordsOfStatus(CANARY, CANARY, "", ("old",))
    )
    await conn.execute("update statuses set sealed = $2 where id = $1", status_id, sealed)
    forget_caches()
    shown = ok(await cast.bob.get(f"/api/v1/statuses/{status_id}"))
    assert (shown["content"], shown["tags"][0]["name"]) == (CANARY, "old")
    await run_schedules(services)
    await settle(services)
    assert (await piece_of(conn, status_id)).owner_ids == (status_id, cast.alice.id)
    forget_caches()
    assert ok(await cast.bob.get(f"/api/v1/statuses/{status_id}"))["content"] == CANARY
    assert await conn.fetch_value("select uses from sealing_keys where owner_id = $1", status_id) == 1


# The primitive, and where master keys lie


def test_a_seal_opens_with_its_key_at_its_place_alone():
    key, words = new_key(), b"words"
    sealed = seal(key, words, b"here")
    assert open_sealed(key, sealed, b"here") == words
    assert seal(key, words, b"here") != sealed
    for wrong in (
        (new_key(), sealed, b"here"),
        (key, sealed, b"there"),
        (key, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"here"),
        (key, b"short", b"here"),
    ):
        with pytest.raises(SealBroken):
            open_sealed(*wrong)


def test_the_key_file_is_its_owners_alone_and_a_ring_follows_it(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    path, (old, new) = key_file(settings), (new_key(), new_key())
    ring = key_ring(settings)
    assert ring.names() == []
    write_key_file(path, (old,))
    assert not is_open_to_others(path)
    wrapped = ring.wrap(b"k" * 32, b"owner")
    write_key_file(path, (new, old))
    assert read_key_file(path) == (new, old)
    fresh = ring.wrap(b"k" * 32, b"owner")
    assert fresh[:8] != wrapped[:8]
    write_key_file(path, (new,))
    late = key_ring(settings)
    assert late.unwrap(fresh, b"owner") == b"k" * 32
    with pytest.raises(SealBroken):
        late.unwrap(fresh, b"another")
    with pytest.raises(Unavailable, match="missing"):
        late.unwrap(wrapped, b"owner")
    path.chmod(0o640)
    assert is_open_to_others(path)
