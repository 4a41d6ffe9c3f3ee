"""The store: the same of a folder and of S3, and what the check and the daily job find in it."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from moto.server import ThreadedMotoServer

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Unavailable
from parley.kit.server_secrets import server_secret
from parley.kit.services import Services
from parley.kit.storage import Store, StoreDown, make_store
from parley.media import queries
from parley.media.addresses import SECRET_NAME, signing_key
from parley.media.attach import delete_media
from parley.media.check import check_store
from parley.media.jobs import delete_orphans
from parley.media.models import READY
from parley.media.upload import Upload, accept_made, accept_waiting, kept_waiting, made
from tests.identity.world import make_member
from tests.media.canaries import picture, written
from tests.media.samples import sound_of
from tests.world import make_cast, ok, settle

JPEG = written(picture(), "JPEG")


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def make_bucket(address: str, name: str) -> None:
    httpx.put(f"{address}/{name}", trust_env=False, timeout=60).raise_for_status()


@pytest.fixture
def bucket(s3_address: str) -> str:
    make_bucket(s3_address, "of-members")
    return s3_address


@pytest.fixture(params=["folder", "s3"])
def kept_in(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Settings:
    """A store that is empty."""
    if request.param == "folder":
        return msgspec.structs.replace(settings, data_dir=tmp_path)
    address = request.getfixturevalue("s3_address")
    make_bucket(address, tmp_path.name.replace("_", "-"))
    return msgspec.structs.replace(
        settings,
        data_dir=tmp_path,
        media_store=f"s3://{tmp_path.name.replace('_', '-')}/files",
        media_store_endpoint=address,
        media_store_access_key="someone",
        media_store_secret_key="something",
    )


@pytest.fixture
def there(services: Services, kept_in: Settings) -> Services:
    return msgspec.structs.replace(services, settings=kept_in, store=make_store(kept_in))


async def names_in(store: Store) -> set[str]:
    return {each.name async for batch in store.all_files() for each in batch}


async def test_a_store_keeps_gives_lists_and_forgets(there: Services, tmp_path: Path) -> None:
    store = there.store
    content = os.urandom(700_000)
    (tmp_path / "made").write_bytes(content)
    await store.put("ab/one.bin", tmp_path / "made")
    await store.put("cd/two.bin", b"two")
    found = await store.find("ab/one.bin")
    assert found is not None
    assert found.size_bytes == len(content)
    for first, length in ((0, None), (0, 10), (699_000, 1000)):
        pieces = await store.read("ab/one.bin", first, length)
        assert pieces is not None
        read = b"".join([each async for each in pieces])
        assert read == content[first:][:length], (first, length)
    assert [each.name async for batch in store.all_files("cd") for each in batch] == ["cd/two.bin"]
    await store.delete(["ab/one.bin", "not/there.bin"])
    assert await names_in(store) == {"cd/two.bin"}
    assert (await store.find("ab/one.bin"), await store.read("ab/one.bin")) == (None, None)


async def test_the_check_tells_what_is_missing_damaged_or_left_over(
    there: Services, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await make_member(conn, "alice")
    upload = Upload(JPEG[:4096], len(JPEG), lambda: [JPEG])
    async with made(there, upload, "attachment") as product:
        assert product is not None
        media_id = await accept_made(conn, alice, "attachment", product)
    sound = sound_of("wav")
    async with kept_waiting(there, Upload(sound[:4096], len(sound), lambda: [sound])) as waiting:
        sound_id = await accept_waiting(conn, alice, "sound", waiting)
    report = await check_store(conn, there.store, heal=True)
    assert (report.good, report.missing, report.damaged, report.orphans) == (3, [], [], 0)
    later = clock.now() + timedelta(hours=4)
    await conn.execute("delete from jobs where lane = 'media'")
    with monkeypatch.context() as away:
        away.setattr(clock, "now", lambda: later)
        report = await check_store(conn, there.store, heal=False)
        assert (report.good, report.stuck, report.orphans) == (2, [sound_id], 0)
        await settle(there)
        assert (await check_store(conn, there.store, heal=True)).stuck == [sound_id]
    await conn.execute("update jobs set run_at = created_at - interval '5 hours' where lane = 'media'")
    await settle(there)
    processed = await queries.find_media(conn, sound_id)
    assert processed is not None
    assert (processed.state, processed.incoming) == (READY, None)
    one, other = sorted(await names_in(there.store) - {_name(processed.variants[0].file)})
    await there.store.delete([one])
    await there.store.put(other, b"cut off")
    await there.store.put("ab/nobodys.jpg", b"young, as of an upload that goes on")
    report = await check_store(conn, there.store, heal=True)
    assert (report.good, report.missing, report.damaged, report.orphans) == (1, [one], [other], 0)
    assert "ab/nobodys.jpg" in await names_in(there.store)
    await delete_media(conn, [media_id, sound_id])
    await settle(there)
    assert await names_in(there.store) == {"ab/nobodys.jpg"}


async def test_what_a_killed_process_was_writing_goes_with_the_check(conn: Connection, store: Store) -> None:
    """The library writes beside the name that it will have, where its own list doesn't look."""
    await store.put("ab/whole.bin", b"whole")
    folder = Path(store.place) / "ab"
    left, young = folder / "left.jpg#1", folder / "young.jpg#1"
    for each in (left, young):
        each.write_bytes(b"half of somebody's picture")
    os.utime(left, (0, 0))
    assert (await check_store(conn, store, heal=False)).orphans == 1
    report = await check_store(conn, store, heal=True)
    assert (report.orphans, report.orphan_bytes) == (1, 26)
    assert (left.exists(), young.exists()) == (False, True)
    young.unlink()
    await store.delete(["ab/whole.bin"])


def _name(file: str) -> str:
    return f"{file[:2]}/{file}"


async def test_what_nothing_refers_to_goes_with_the_day(
    services: Services, settings: Settings, conn: Connection, tmp_path: Path
) -> None:
    kept = msgspec.structs.replace(settings, data_dir=tmp_path)
    there = msgspec.structs.replace(services, settings=kept, store=make_store(kept))
    for name in ("ab/orphan.jpg", "incoming/left", "doctor/notes.txt"):
        await there.store.put(name, b"left by a process that was killed")
        os.utime(Path(there.store.place) / name, (0, 0))
    report = await check_store(conn, there.store, heal=False)
    assert (report.orphans, report.orphan_bytes) == (2, 2 * 33)
    await delete_orphans(conn, there)
    await settle(there)
    assert await names_in(there.store) == {"doctor/notes.txt"}


async def test_a_store_that_does_not_answer_or_refuses_us_is_down(
    settings: Settings, s3_address: str
) -> None:
    for endpoint in ("http://127.0.0.1:1", s3_address):
        away = msgspec.structs.replace(
            settings,
            media_store="s3://no-such-bucket",
            media_store_endpoint=endpoint,
            media_store_access_key="a",
            media_store_secret_key="b",
        )
        store = make_store(away)
        with pytest.raises(StoreDown) as told:
            await store.put("ab/one.bin", b"one")
        assert "Signature" not in told.value.logged
        with pytest.raises(StoreDown):
            await names_in(store)


async def test_files_in_a_bucket_are_served_by_us_and_go_with_their_post(
    services: Services,
    settings: Settings,
    conn: Connection,
    client: httpx.AsyncClient,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = msgspec.structs.replace(
        settings,
        media_store="s3://of-members",
        media_store_endpoint=bucket,
        media_store_access_key="someone",
        media_store_secret_key="something",
    )
    # The application has this store in its hands, so that what it stands for is exchanged.
    monkeypatch.setattr(services.store, "_store", make_store(there)._store)
    cast = await make_cast(conn, client)
    bird, sound = (
        {"file": ("bird.jpg", JPEG, "image/jpeg")},
        {"file": ("song.wav", sound_of("wav"), "audio/wav")},
    )
    sent = [
        (await client.post("/api/v2/media", files=each, headers=cast.alice.headers)).json()["id"]
        for each in (bird, sound)
    ]
    assert len([each for each in await names_in(services.store) if each.startswith("incoming/")]) == 1
    await settle(services)
    said = await cast.alice.says("to followers", visibility="private", media_ids=sent[:1])
    heard = await cast.alice.says("to followers", visibility="private", media_ids=sent[1:])
    shown = [each["media_attachments"][0]["url"] for each in (said, heard)]
    for url in shown:
        assert url.startswith(settings.base_url)
        assert (await client.get(url)).status_code == 200
        assert (await client.get(url, headers={"range": "bytes=5-9"})).headers["content-length"] == "5"
        assert (await client.get(url.partition("?")[0])).status_code == 404
    assert len(await names_in(services.store)) == 3
    for each in (said, heard):
        ok(await cast.alice.delete(f"/api/v1/statuses/{each['id']}?delete_media=true"))
    assert [(await client.get(url)).status_code for url in shown] == [404, 404]
    await settle(services)
    assert await names_in(services.store) == set()


async def test_a_key_of_addresses_that_was_never_committed_seals_none(
    conn: Connection, services: Services
) -> None:
    """Made in a transaction that fails, it would be this process's alone: no other took its addresses for good."""

    async def make_in_vain() -> None:
        async with services.database.transaction() as vain:
            await signing_key(vain)
            raise Unavailable

    with pytest.raises(Unavailable):
        await make_in_vain()
    assert await signing_key(conn) == await server_secret(conn, SECRET_NAME)
