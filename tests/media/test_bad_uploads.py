"""Uploads that are none, or too much: each refused in words that name what is wrong, nothing stored, nothing begun."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.kit.storage import Store
from parley.media.chamber import rebuild
from parley.media.errors import BadFile
from parley.media.models import Order
from parley.media.upload import limits_of
from tests.media.canaries import picture, written
from tests.media.samples import film_of, sound_of
from tests.media.test_hostile import children, left_in_work, names_in, send
from tests.world import Cast, Member, make_cast, ok, refused, settle

PNG = written(picture(40, 30), "PNG")
HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
ADDRESS = "/api/v2/media"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return msgspec.structs.replace(
        settings, data_dir=tmp_path, picture_size_bytes_max=1_048_576, film_size_bytes_max=2_097_152
    )


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


async def _sent(member: Member, content: Any, content_type: str) -> httpx.Response:
    headers = {**member.headers, "content-type": content_type}
    return await member.client.post(ADDRESS, content=content, headers=headers)


FORM = "multipart/form-data; boundary=x"
END = b"\r\n--x--\r\n"
# What is sent, as what, what is answered, and the word that says why.
FORMS: dict[str, tuple[bytes, str, int, str]] = {
    "nothing": (b"", FORM, 422, "File can't be blank"),
    "JSON": (b'{"file": "data"}', "application/json", 422, "file"),
    "a form of texts": (b"file=data", "application/x-www-form-urlencoded", 422, "file"),
    "the bytes alone": (PNG, "image/png", 422, "File can't be blank"),
    "another field": (HEAD.replace(b'"file"', b'"image"') + b"\r\n" + PNG + END, FORM, 422, "blank"),
    "a text as file": (HEAD.replace(b'; filename="a.png"', b"") + b"\r\n" + PNG + END, FORM, 422, ""),
    "no file chosen": (HEAD.replace(b"a.png", b"") + b"\r\n" + END, FORM, 422, ""),
    "an empty file": (HEAD + b"\r\n" + END, FORM, 422, "empty"),
    "no boundary": (HEAD + b"\r\n" + PNG + END, "multipart/form-data", 400, "malformed"),
    "a boundary too long": (PNG, f"multipart/form-data; boundary={'x' * 5000}", 400, "malformed"),
    "another boundary": (HEAD + b"\r\n" + PNG + END, f"{FORM}y", 400, "malformed"),
    "cut off": (HEAD + b"\r\n" + PNG[:30], FORM, 400, "malformed"),
    "without its end": (HEAD + b"\r\n" + PNG + b"\r\n--x\r\n", FORM, 400, "malformed"),
    "a header too long": (HEAD + b"X-Y: " + b"y" * 5000 + b"\r\n\r\n" + PNG + END, FORM, 422, "header"),
    "too many headers": (HEAD + b"X-Y: y\r\n" * 20 + b"\r\n" + PNG + END, FORM, 422, "header"),
    "too many files": ((HEAD + b"\r\n" + PNG + b"\r\n") * 20 + b"--x--\r\n", FORM, 422, "at most 16 files"),
    "too many parts": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 1100 + b"--x--\r\n",
        FORM,
        422,
        "too many parts",
    ),
    "a picture too large": (HEAD + b"\r\n" + PNG + bytes(1_048_577) + END, FORM, 422, "larger than 1 MB"),
    "a film too large": (
        HEAD + b"\r\n" + b"\0\0\0\x18ftypisom" + bytes(2_097_152) + END,
        FORM,
        422,
        "larger than 2 MB",
    ),
    "a form too large": (HEAD + b"\r\n" + bytes(9_000_000) + END, FORM, 413, ""),
}


async def test_forms_without_a_good_file_are_refused(
    cast: Cast, settings: Settings, store: Store, conn: Connection
) -> None:
    before = await names_in(store)
    for name, (content, content_type, status, word) in FORMS.items():
        answer = await _sent(cast.alice, content, content_type)
        assert answer.status_code == status, (name, answer.text)
        assert word in refused(answer, status), (name, answer.text)
    assert await names_in(store) == before
    assert left_in_work(settings) == []
    assert await conn.fetch_value("select count(*) from media_files") == 0


async def test_names_of_files_are_nobodys_business(cast: Cast) -> None:
    """Long, strange or out of the folder: what was sent is called by none of it."""
    for name in ("a" * 3000, "../../etc/passwd", "a\\b/c", "\u202egnp.exe", "a;b=c", ".", "a.svg"):
        files = {"file": (name, PNG, "image/svg+xml"), "ignored": ("b.png", PNG, "image/png")}
        answer = await cast.alice.client.post(ADDRESS, files=files, headers=cast.alice.headers)
        assert ok(answer)["type"] == "image", name
        assert name not in answer.text or len(name) < 2


async def test_of_several_files_in_one_field_one_is_taken(cast: Cast, conn: Connection) -> None:
    files = [("file", ("a.png", PNG, "image/png")), ("file", ("b.png", PNG, "image/png"))]
    ok(await cast.alice.client.post(ADDRESS, files=files, headers=cast.alice.headers))
    assert await conn.fetch_value("select count(*) from media_files") == 1


async def test_each_limit_is_told_by_its_number(settings: Settings) -> None:
    film, sound = film_of("mp4"), sound_of("mp3", seconds=3)
    for limits, content, sentence in (
        ({"film_pixels_max": 1000}, film, "64 x 48 pixels; 0.001 million"),
        ({"film_frames_per_second_max": 4}, film, "5 frames a second; 4 are"),
        ({"frames_max": 3}, film, "more than 3 frames"),
        ({"film_seconds_max": 1}, sound, "longer than 1 seconds"),
        ({"picture_pixels_max": 100}, PNG, "40 x 30 pixels; 0.0001 million"),
    ):
        with pytest.raises(BadFile, match=sentence):
            await rebuild(_order(settings.data_dir, content, **limits))


def _order(folder: Path, content: bytes, **limits: int) -> Order:
    (folder / "source").write_bytes(content)
    allowed = msgspec.structs.replace(limits_of(Settings()), **limits)
    return Order(source=str(folder / "source"), folder=str(folder), purpose="attachment", limits=allowed)


async def test_a_post_bears_no_more_than_it_may(cast: Cast, client: httpx.AsyncClient) -> None:
    sent = [ok(await send(cast.alice, PNG))["id"] for _ in range(5)]
    body = {"status": "all of them", "media_ids": sent}
    assert "may bear 4 files" in refused(await cast.alice.post("/api/v1/statuses", body), 422)
    one = await cast.alice.post("/api/v1/statuses", {"status": "twice", "media_ids": [sent[0], sent[0]]})
    assert len(ok(one)["media_attachments"]) == 1


async def test_a_film_that_is_one_too_many_is_not_kept(
    cast: Cast, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.media.upload.UNUSED_MAX", 1)
    ok(await send(cast.alice, PNG))
    before = await names_in(store)
    for content in (film_of("mp4"), PNG):
        assert "1 files are waiting" in refused(await send(cast.alice, content), 422)
    assert await names_in(store) == before


async def test_pictures_wait_for_their_turn_and_not_for_ever(
    cast: Cast, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0
    while not services.benches.locked():
        await services.benches.acquire()
        taken += 1
    with monkeypatch.context() as patience:
        patience.setattr("parley.media.upload._TURN_SECONDS_MAX", 0.01)
        assert "Too many files" in refused(await send(cast.alice, PNG), 503)
    waiting = [asyncio.create_task(send(cast.alice, PNG)) for _ in range(3)]
    for _ in range(taken):
        services.benches.release()
    assert [ok(each)["type"] for each in await asyncio.gather(*waiting)] == ["image"] * 3


@contextmanager
def second_half_of_names_refused(store: Store) -> Iterator[None]:
    """Folders of names beginning with 8 to f can't be written into: what has two files is likely to fail halfway."""
    folder = Path(store.place)
    blocked = [folder / f"{first}{second}" for first in "89abcdef" for second in "0123456789abcdef"]
    fresh = [each for each in blocked if not each.exists()]
    for each in fresh:
        each.write_text("no folder")
    yield
    for each in fresh:
        each.unlink()


async def test_a_store_that_fails_in_the_middle_keeps_no_half(
    cast: Cast, store: Store, settings: Settings, conn: Connection
) -> None:
    before = await names_in(store)
    with second_half_of_names_refused(store):
        answers: list[httpx.Response] = []
        # Names are drawn: twelve tries leave one chance in thirty that none of them finds both of its own free.
        while len(answers) < 12 or (len({each.status_code for each in answers}) < 2 and len(answers) < 60):
            answers.append(await send(cast.alice, PNG))
        held = {each for each in await names_in(store) if each not in before}
        held = {each for each in held if "/" in each}
    statuses = [each.status_code for each in answers]
    assert set(statuses) == {200, 503}, "neither all names nor none are refused"
    assert len(held) == 2 * statuses.count(200)
    assert await conn.fetch_value("select count(*) from media_files") == statuses.count(200)
    assert left_in_work(settings) == []


async def test_a_workshop_killed_in_a_job_leaves_a_failed_file_and_no_stuck_job(
    cast: Cast, services: Services, conn: Connection, store: Store
) -> None:
    before, born_before = await names_in(store), children()
    waiting = (await send(cast.alice, film_of("mp4", seconds=60)[:2_000_000])).json()["id"]
    working = asyncio.create_task(settle(services))
    async with asyncio.timeout(60):
        while not (born := children() - born_before):  # noqa: ASYNC110 - nobody tells of a process that is born
            await asyncio.sleep(0.01)
    for each in born:
        os.kill(each, signal.SIGKILL)
    await working
    assert "time or memory" in refused(await cast.alice.get(f"/api/v1/media/{waiting}"), 422)
    assert await conn.fetch_value("select count(*) from jobs where lane = 'media'") == 0
    assert await names_in(store) == before
    attached = await cast.alice.post("/api/v1/statuses", {"status": "", "media_ids": [waiting]})
    assert attached.status_code == 422
    assert ok(await send(cast.alice, PNG))["url"]
