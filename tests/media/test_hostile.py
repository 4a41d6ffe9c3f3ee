"""Files meant to harm, and a machine that fails: a clear refusal each time, and nothing is left behind."""

import asyncio
import os
import resource
import signal
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as searching
from hypothesis import strategies as st
from PIL import Image

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.kit.storage import Store
from parley.media import chamber
from parley.media.chamber import rebuild
from parley.media.errors import BadFile
from parley.media.jobs import purge_left_over
from parley.media.kinds import kind_of
from parley.media.models import Order
from parley.media.upload import limits_of
from parley.media.work_folders import work_folder
from tests.media.canaries import picture, written
from tests.media.samples import film_of, sound_of
from tests.world import Cast, Member, make_cast, ok, refused, settle

MOVING = {"save_all": True, "duration": 100}
FRAMES = [Image.new("RGB", (40, 30), (shade, 0, 0)) for shade in range(0, 250, 60)]
SMALL = {
    "jpg": written(picture(), "JPEG"),
    "png": written(picture(), "PNG"),
    "webp": written(picture(), "WEBP"),
    "avif": written(picture(), "AVIF"),
    "gif": written(FRAMES[0], "GIF", append_images=FRAMES[1:], **MOVING),
    "mp4": film_of("mp4"),
    "mkv": film_of("matroska"),
    "mp3": sound_of("mp3"),
    "wav": sound_of("wav"),
}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return msgspec.structs.replace(settings, data_dir=tmp_path, film_seconds_max=3, media_work_seconds_max=20)


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


async def send(member: Member, content: bytes) -> httpx.Response:
    files = {"file": ("x.jpg", content, "image/jpeg")}
    return await member.client.post("/api/v2/media", files=files, headers=member.headers)


async def names_in(store: Store) -> set[str]:
    return {each.name async for batch in store.all_files() for each in batch}


def left_in_work(settings: Settings) -> list[Path]:
    return list((settings.data_dir / "work").glob("*"))


async def outcome(member: Member, services: Services, content: bytes) -> str:
    """What became of it, by now: the reason if nothing could be made. What was made is deleted again."""
    answer = await send(member, content)
    if answer.status_code == 422:
        return refused(answer, 422)
    assert answer.status_code in {200, 202}, answer.text
    await settle(services)
    address = f"/api/v1/media/{answer.json()['id']}"
    shown = await member.get(address)
    ok(await member.delete(address))
    await settle(services)
    return "" if shown.status_code == 200 else refused(shown, 422)


def png_of(width: int, height: int) -> bytes:
    """Says it is that large, and is nearly empty."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    )


def gif_of(frames: int) -> bytes:
    frame = b"\x21\xf9\4\0\x0a\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b";"


BOMBS = {
    "png": (png_of(50_000, 50_000), "million are the limit"),
    "gif": (gif_of(1).replace(b"89a\1\0\1\0", b"89a\x60\xea\x60\xea"), "million are the limit"),
    "webp": (b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0\x2f\xff\xff\xff\x0f" + bytes(12), "broken"),
    "frames": (gif_of(100_000), "longer than 3 seconds"),
    "long sound": (sound_of("mp3", seconds=8), "longer than 3 seconds"),
    "long film": (film_of("mp4", seconds=8), "longer than 3 seconds"),
    "playlist in a film": (b"\0\0\0\x10ftypisom\0\0\0\0#EXTM3U\nfile:///etc/passwd\n" * 9, "broken"),
    "playlist in sound": (b"ID3\3\0\0\0\0\0\0#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no sound"),
    "script of files": (b"OggSffconcat version 1.0\nfile /etc/passwd\n", "broken"),
    "a page": (SMALL["png"][:8] + b"<script>alert(1)</script>", "broken"),
    "boxes that lie": (b"\0\0\0\x18ftypmp42" + b"\xff" * 400, "broken"),
}


async def test_bombs_and_lies_are_refused_in_words(
    cast: Cast, services: Services, settings: Settings, store: Store
) -> None:
    before = await names_in(store)
    for name, (content, sentence) in BOMBS.items():
        assert sentence in await outcome(cast.alice, services, content), name
    assert await names_in(store) == before
    assert left_in_work(settings) == []
    avatar = {"avatar": ("a.gif", gif_of(300), "image/gif")}
    address = "/api/v1/accounts/update_credentials"
    sent = await cast.alice.client.patch(address, files=avatar, headers=cast.alice.headers)
    assert "frames" in refused(sent, 422) or "longer" in refused(sent, 422)


async def test_what_was_cut_off_or_stuck_together_is_taken_or_refused(
    cast: Cast, services: Services, settings: Settings, store: Store
) -> None:
    before = await names_in(store)
    for whole in SMALL.values():
        await outcome(cast.alice, services, whole[: len(whole) * 2 // 3])
    for name in ("jpg", "gif", "mp4"):
        assert await outcome(cast.alice, services, SMALL[name] + b"<script>" + SMALL["png"]) == "", name
    assert await names_in(store) == before
    assert left_in_work(settings) == []


@given(st.binary(max_size=64), st.integers(0, 40))
def test_any_beginning_has_a_kind_or_none(head: bytes, place: int) -> None:
    assert kind_of(head) in {None, "picture", "film", "sound"}
    assert kind_of(SMALL["mp4"][:place] + head) in {None, "picture", "film", "sound"}


@searching(max_examples=10)
@given(name=st.sampled_from(sorted(SMALL)), place=st.floats(0, 1), noise=st.binary(min_size=1, max_size=40))
def test_broken_bytes_make_a_product_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: float, noise: bytes
) -> None:
    content = bytearray(SMALL[name])
    at = int(place * (len(content) - len(noise)))
    content[at : at + len(noise)] = noise
    folder = tmp_path_factory.mktemp("broken")
    with suppress(BadFile):
        assert asyncio.run(rebuild(order_for(folder, bytes(content)))).variants


def order_for(folder: Path, content: bytes, **limits: int) -> Order:
    (folder / "source").write_bytes(content)
    allowed = msgspec.structs.replace(limits_of(Settings()), **limits)
    return Order(source=str(folder / "source"), folder=str(folder), purpose="attachment", limits=allowed)


@pytest.fixture(scope="module")
def heavy() -> bytes:
    """Much to compute, of few bytes."""
    return written(Image.linear_gradient("L").resize((6000, 6000)).convert("RGB"), "PNG", compress_level=1)


@pytest.mark.parametrize("limit", [{"memory_bytes_max": 250_000_000}, {"work_seconds_max": 1}], ids=str)
async def test_the_workshop_ends_at_its_limits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, heavy: bytes, limit: dict[str, int]
) -> None:
    # On a machine that has much else to do, a second of computing takes many.
    monkeypatch.setattr(chamber, "PATIENCE", 60)
    with pytest.raises(BadFile, match=r"memory|more than 1 seconds"):
        await rebuild(order_for(tmp_path, heavy, **limit))


async def test_a_workshop_that_is_killed_takes_nothing_with_it(tmp_path: Path, heavy: bytes) -> None:
    before = children()
    working = asyncio.create_task(rebuild(order_for(tmp_path, heavy)))
    async with asyncio.timeout(60):
        while not (born := children() - before):  # noqa: ASYNC110 - nobody tells of a process that is born
            await asyncio.sleep(0.01)
    for each in born:
        os.kill(each, signal.SIGKILL)
    with pytest.raises(BadFile, match="broken"):
        await working
    assert (await rebuild(order_for(tmp_path, SMALL["jpg"]))).variants


def children() -> set[int]:
    told = [each.read_text() for each in Path("/proc/self/task").glob("*/children")]
    return {int(pid) for text in told for pid in text.split()}


async def test_uploads_cut_off_leave_nothing(cast: Cast, settings: Settings, store: Store) -> None:
    before = await names_in(store)
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + SMALL["jpg"][:900]
    )
    kind = {"content-type": "multipart/form-data; boundary=x", **cast.alice.headers}
    refused(await cast.alice.client.post("/api/v2/media", content=form, headers=kind), 400)
    assert await names_in(store) == before
    assert left_in_work(settings) == []


@contextmanager
def nothing_may_be_written() -> Iterator[None]:
    """Files of this process end at a few bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_not_the_files_fault(
    cast: Cast, settings: Settings, store: Store, heavy: bytes
) -> None:
    before = await names_in(store)
    for content in (SMALL["wav"], heavy, SMALL["jpg"] + bytes(9000)):
        with nothing_may_be_written():
            answer = await send(cast.alice, content)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30"), answer.text
    assert await names_in(store) == before
    assert left_in_work(settings) == []


@contextmanager
def store_away(store: Store) -> Iterator[None]:
    folder = Path(store.place)
    away = folder.with_name("away")
    folder.rename(away)
    folder.write_text("no folder")
    try:
        yield
    finally:
        folder.unlink()
        away.rename(folder)


async def test_a_store_that_is_down_attaches_nothing_and_is_purged_later(
    cast: Cast, services: Services, store: Store, conn: Connection
) -> None:
    sent = ok(await send(cast.alice, SMALL["jpg"]))
    waiting = (await send(cast.alice, SMALL["wav"])).json()["id"]
    before = await names_in(store)
    with store_away(store):
        for content in (SMALL["jpg"], SMALL["mp4"]):
            assert (await send(cast.alice, content)).status_code == 503
        assert await conn.fetch_value("select count(*) from media_files") == 2
        assert (await cast.alice.client.get(sent["url"])).status_code == 503
        ok(await cast.alice.delete(f"/api/v1/media/{sent['id']}"))
        await settle(services)
    assert await names_in(store) == before
    await conn.execute("update jobs set run_at = now() - interval '1 minute' where lane = 'media'")
    await purge_left_over(conn, services)
    await settle(services)
    assert ok(await cast.alice.get(f"/api/v1/media/{waiting}"))["url"]
    ok(await cast.alice.delete(f"/api/v1/media/{waiting}"))
    await settle(services)
    file = urlsplit(sent["url"]).path.rpartition("/")[2]
    assert any(each.endswith(file) for each in before)
    assert not any(each.endswith(file) for each in await names_in(store))


def test_folders_of_killed_processes_go(settings: Settings) -> None:
    left = settings.data_dir / "work" / "left"
    left.mkdir(parents=True)
    (left / "source").write_bytes(b"somebody's picture")
    with work_folder(settings) as young:
        assert left.exists()
        os.utime(left, (0, 0))
        with work_folder(settings):
            assert not left.exists()
            assert young.exists()
    assert left_in_work(settings) == []
