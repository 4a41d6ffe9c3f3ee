"""No byte that is stored or served tells what a file held beside its picture or sound (moving ones, too)."""

import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import MediaId, new_random_id
from parley.kit.services import Services
from parley.kit.storage import Store
from parley.media import queries
from parley.media.addresses import media_path, signing_key
from parley.media.kinds import HEAD_BYTES
from parley.media.models import Purpose
from parley.media.upload import Upload, accept_for_server, made
from tests.media import canaries
from tests.media.canaries import BLUE, CANARY, RED
from tests.media.scan import faults_of, holds_canary
from tests.world import Cast, Member, make_cast, ok, refused, settle

_CREDENTIALS = "/api/v1/accounts/update_credentials"
# Those that stand for the others where the same code makes them.
_SHOWN = ("rich.jpg", "rich.png", "moving.gif", "moving.webp")


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    missing = canaries.tools_missing()
    if missing and "CI" not in os.environ:
        pytest.skip(f"{', '.join(missing)} must be there to look for leaks")
    assert not missing
    return await make_cast(conn, client)


@pytest.fixture
async def before(store: Store) -> set[str]:
    return {each.name async for batch in store.all_files() for each in batch}


async def send(member: Member, name: str, content: bytes, **more: Any) -> httpx.Response:
    files = {"file": (f"{CANARY} {name}", content, f"image/{CANARY}"), **more}
    return await member.client.post("/api/v2/media", files=files, headers=member.headers)


async def made_of(member: Member, services: Services, name: str, content: bytes) -> dict[str, Any]:
    """As the API shows it once there is something to show."""
    answer = await send(member, name, content)
    assert answer.status_code in {200, 202}, (name, answer.text)
    await settle(services)
    shown: dict[str, Any] = ok(await member.get(f"/api/v1/media/{answer.json()['id']}"))
    assert shown["url"], name
    return shown


async def fetched(client: httpx.AsyncClient, url: str) -> bytes:
    answer = await client.get(url)
    assert answer.status_code == 200, url
    assert not holds_canary(str(answer.headers).encode() + url.encode())
    return answer.content


def picture_in(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def is_near(shown: Any, meant: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(shown, meant, strict=True))


def upload_of(content: bytes) -> Upload:
    return Upload(content[:HEAD_BYTES], len(content), lambda: [content])


async def kept_since(store: Store, before: set[str], folder: Path) -> AsyncIterator[bytes]:
    """What lies in the store by now, written into the folder, too."""
    async for batch in store.all_files():
        for each in batch:
            pieces = None if each.name in before else await store.read(each.name)
            if pieces is not None:
                content = b"".join([piece async for piece in pieces])
                (folder / Path(each.name).name).write_bytes(content)
                yield content


async def test_pictures_keep_nothing_but_their_pixels(
    conn: Connection,
    cast: Cast,
    client: httpx.AsyncClient,
    services: Services,
    store: Store,
    before: set[str],
    tmp_path: Path,
) -> None:
    served: dict[str, bytes] = {}
    for folder in ("sent", "found", "kept"):
        (tmp_path / folder).mkdir()
    for name, content in canaries.pictures(tmp_path / "sent"):
        (tmp_path / "found" / name).write_bytes(content)
        shown = await made_of(cast.alice, services, name, content)
        assert CANARY not in str(shown), name
        served |= {shown[key]: await fetched(client, shown[key]) for key in ("url", "preview_url")}
        if name in _SHOWN:
            served |= await _worn(cast.alice, name, content)
            await _kept_for_server(conn, services, content)
    for url, content in served.items():
        (tmp_path / "kept" / Path(urlsplit(url).path).name).write_bytes(content)
    kept = [each async for each in kept_since(store, before, tmp_path / "kept")]
    assert len(kept) > 30
    assert await served_by_rows(conn, client) == set(kept)
    assert faults_of(tmp_path / "kept") == []
    found = {fault.partition(": ")[0] for fault in faults_of(tmp_path / "found")}
    assert found == {each.name for each in (tmp_path / "found").iterdir()}, "the scan misses what was sent"


async def _kept_for_server(conn: Connection, services: Services, content: bytes) -> None:
    """As emoji and as the picture of a link."""
    purposes: tuple[Purpose, ...] = ("emoji", "card")
    for purpose in purposes:
        async with made(services, upload_of(content), purpose) as product:
            assert product is not None
            await accept_for_server(conn, MediaId(new_random_id()), purpose, product)


async def served_by_rows(conn: Connection, client: httpx.AsyncClient) -> set[bytes]:
    """Every variant of every file there is, by its address."""
    key, now = await signing_key(conn), clock.now()
    rows = await queries.media_above(conn, 0, 1000)
    return {
        await fetched(client, media_path(key, media, variant, now))
        for media in rows
        for variant in media.variants
    }


async def _worn(member: Member, name: str, content: bytes) -> dict[str, bytes]:
    """As avatar and header; those worn before go, so these are kept here by their addresses."""
    files = dict.fromkeys(("avatar", "header"), (f"{CANARY} {name}", content, "image/jpeg"))
    shown = ok(await member.client.patch(_CREDENTIALS, files=files, headers=member.headers))
    keys = ("avatar", "avatar_static", "header", "header_static")
    served = {shown[key]: await fetched(member.client, shown[key]) for key in keys}
    moving = [getattr(Image.open(io.BytesIO(served[shown[key]])), "n_frames", 1) == 3 for key in keys]
    assert moving == ([True, False, True, False] if "moving" in name else [False] * 4), name
    return served


async def test_films_and_sounds_keep_nothing_but_what_is_seen_and_heard(
    conn: Connection,
    cast: Cast,
    client: httpx.AsyncClient,
    services: Services,
    store: Store,
    before: set[str],
    tmp_path: Path,
) -> None:
    (tmp_path / "sent").mkdir()
    for name, content in [*canaries.films(tmp_path / "sent"), *canaries.sounds(tmp_path / "sent")]:
        assert CANARY.encode() in content, name
        thumbnail = canaries.written(
            canaries.picture(), "JPEG", exif=canaries.exif_of(), comment=CANARY.encode()
        )
        more = {"thumbnail": (f"{CANARY}.jpg", thumbnail, "image/jpeg")} if name == "rich.ogg" else {}
        answer = await send(cast.alice, name, content, **more)
        assert answer.status_code == 202, (name, answer.text)
        async for batch in store.all_files("incoming"):
            for each in batch:
                pieces = await store.read(each.name)
                assert pieces is not None
                assert not holds_canary(b"".join([piece async for piece in pieces])), "it waits in the open"
        await settle(services)
        shown = ok(await cast.alice.get(f"/api/v1/media/{answer.json()['id']}"))
        pictured = name.endswith((".mp4", ".mov", ".mkv", ".webm"))
        assert shown["type"] == ("video" if pictured else "audio"), name
        await fetched(client, shown["url"])
        if name == "rich.mp4":
            poster = picture_in(await fetched(client, shown["preview_url"]))
            assert poster.size == (64, 96)
            assert is_near(poster.getpixel((32, 10)), RED)
            assert is_near(poster.getpixel((32, 85)), BLUE)
    assert [each async for batch in store.all_files("incoming") for each in batch] == []
    (tmp_path / "kept").mkdir()
    kept = [each async for each in kept_since(store, before, tmp_path / "kept")]
    assert len(kept) == 4 * 2 + 6 + 1
    assert await served_by_rows(conn, client) == set(kept)
    assert faults_of(tmp_path / "kept") == []


async def test_pictures_come_out_as_they_are_meant(
    cast: Cast, client: httpx.AsyncClient, services: Services, tmp_path: Path
) -> None:
    """Upright, in the colours their profile means, and with holes where they had some."""
    turned = canaries.written(canaries.picture(), "JPEG", quality=95, exif=canaries.exif_of(6))
    shown = picture_in(await _served(cast.alice, services, "turned.jpg", turned))
    assert shown.size == (64, 96)
    assert is_near(shown.getpixel((32, 10)), RED)
    assert is_near(shown.getpixel((32, 85)), BLUE)
    red = Image.new("RGB", (40, 40), (255, 0, 0))
    for file_format in ("JPEG", "PNG", "WEBP", "AVIF"):
        swapped = canaries.written(red, file_format, icc_profile=canaries.swapped_profile())
        shown = picture_in(await _served(cast.alice, services, "swapped", swapped))
        assert is_near(shown.getpixel((20, 20)), (0, 255, 0)), file_format
    cyan = canaries.written(Image.new("CMYK", (40, 40), (255, 0, 0, 0)), "JPEG", quality=95)
    assert is_near(
        picture_in(await _served(cast.alice, services, "c.jpg", cyan)).getpixel((20, 20)), (0, 255, 255)
    )
    holes = Image.new("RGBA", (40, 40), (255, 0, 0, 255))
    holes.paste((0, 0, 0, 0), (0, 0, 20, 40))
    for file_format in ("PNG", "WEBP", "AVIF"):
        kept = Image.open(
            io.BytesIO(await _served(cast.alice, services, "h", canaries.written(holes, file_format)))
        ).convert("RGBA")
        middle = kept.getchannel("A").crop((0, 20, 40, 21)).tobytes()
        assert (middle[5] < 30, middle[35] > 225) == (True, True), file_format


async def _served(member: Member, services: Services, name: str, content: bytes) -> bytes:
    return await fetched(member.client, (await made_of(member, services, name, content))["url"])


async def test_documents_that_are_no_pictures_are_refused(cast: Cast, before: set[str], store: Store) -> None:
    tiff = canaries.written(canaries.picture(), "TIFF", exif=canaries.exif_of())
    for content in (
        tiff,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"#EXTM3U\nfile:///etc/passwd\n",
    ):
        assert "not of a kind" in refused(await send(cast.alice, "x", content), 422)
    assert {each.name async for batch in store.all_files() for each in batch} == before
