"""Files through the API: sent, made anew, described, served to whoever has a good address, taken back."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from parley.hydration.statuses import complete_for_each
from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.kit.services import Services
from parley.media.jobs import delete_unused_media
from parley.publishing.visibility import visible_statuses
from tests.media.samples import film_of, sound_of
from tests.world import Cast, make_cast, ok, refused, settle

CANARY = "CANARY-38.8977-77.0365"


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


def jpeg(size: tuple[int, int] = (800, 600)) -> bytes:
    """With a place, a description, a comment and an orientation in it."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = picture.getexif()
    exif[0x010E] = CANARY
    exif[0x0112] = 6
    written = io.BytesIO()
    picture.save(written, "JPEG", exif=exif, comment=CANARY.encode())
    assert CANARY.encode() in written.getvalue()
    return written.getvalue()


async def send(member: Any, content: bytes, path: str = "/api/v2/media", **more: Any) -> httpx.Response:
    files = {"file": ("holiday in Rome.jpg", content, "image/jpeg")}
    answer: httpx.Response = await member.client.post(path, files=files, data=more, headers=member.headers)
    return answer


async def test_a_picture_is_made_anew_and_served(
    cast: Cast, client: httpx.AsyncClient, services: Services
) -> None:
    sent = ok(await send(cast.alice, jpeg(), description="a gradient", focus="0.5,-2"))
    assert (sent["type"], sent["description"]) == ("image", "a gradient")
    assert sent["meta"]["original"] == {"width": 600, "height": 800, "size": "600x800", "aspect": 0.75}
    assert sent["meta"]["focus"] == {"x": 0.5, "y": -1.0}
    assert len(sent["blurhash"]) > 10
    for url in (sent["url"], sent["preview_url"]):
        served = await client.get(url)
        assert served.status_code == 200, url
        assert CANARY.encode() not in served.content
        assert b"Rome" not in served.content
        assert served.headers["content-type"] == "image/jpeg"
        assert "sandbox" in served.headers["content-security-policy"]
        assert served.headers["x-content-type-options"] == "nosniff"
    part = await client.get(sent["url"], headers={"range": "bytes=10-19"})
    assert (part.status_code, len(part.content)) == (206, 10)
    assert (await client.get(sent["url"], headers={"range": "bytes=99999999-"})).status_code == 416
    assert (await client.get(sent["url"].partition("?")[0])).status_code == 404
    changed = ok(await cast.alice.put(f"/api/v1/media/{sent['id']}", {"description": "steps"}))
    assert changed["description"] == "steps"
    assert (await cast.bob.get(f"/api/v1/media/{sent['id']}")).status_code == 404
    ok(await cast.alice.delete(f"/api/v1/media/{sent['id']}"))
    await settle(services)
    assert (await client.get(sent["url"])).status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not of a kind"),
        (jpeg()[:2000], "broken"),
        (b"\xff\xd8\xff" + b"x" * 500, "broken"),
    ],
    ids=["empty", "svg", "cut off", "a lie"],
)
async def test_bad_files_are_refused_in_words(cast: Cast, content: bytes, sentence: str) -> None:
    assert sentence in refused(await send(cast.alice, content), 422)


async def test_a_post_bears_its_pictures_for_whoever_may_see_it(
    cast: Cast, client: httpx.AsyncClient, services: Services
) -> None:
    await cast.bob.follows(cast.alice)
    sent = [ok(await send(cast.alice, jpeg()))["id"] for _ in range(2)]
    assert "could not be found" in refused(
        await cast.bob.post("/api/v1/statuses", {"status": "mine?", "media_ids": sent}), 422
    )
    said = await cast.alice.says("", media_ids=sent)
    assert [each["id"] for each in said["media_attachments"]] == sent
    url = said["media_attachments"][0]["url"]
    assert "?" not in url
    assert (await client.get(url)).headers["cache-control"].startswith("public")
    again = await cast.alice.post("/api/v1/statuses", {"status": "again", "media_ids": sent})
    assert "could not be found" in refused(again, 422)
    ok(await cast.alice.delete(f"/api/v1/statuses/{said['id']}"))
    assert (await client.get(url)).status_code == 404
    redrafted = await cast.alice.says("for followers", media_ids=sent, visibility="private")
    assert (await client.get(url)).status_code == 404
    await settle(services)
    seen = ok(await cast.bob.get(f"/api/v1/statuses/{redrafted['id']}"))["media_attachments"][0]["url"]
    assert "seal=" in seen
    assert (await client.get(seen)).headers["cache-control"].startswith("private")
    gone = await client.delete(
        f"/api/v1/statuses/{redrafted['id']}?delete_media=true", headers=cast.alice.headers
    )
    assert [each["id"] for each in gone.json()["media_attachments"]] == sent
    await settle(services)
    assert (await client.get(seen)).status_code == 404
    assert (await cast.alice.get(f"/api/v1/media/{sent[0]}")).status_code == 404


async def test_avatars_move_or_stand_still_and_go(
    cast: Cast, client: httpx.AsyncClient, services: Services
) -> None:
    frames = [Image.new("RGB", (90, 60), (shade, 0, 255 - shade)) for shade in range(0, 250, 50)]
    written = io.BytesIO()
    frames[0].save(
        written, "GIF", save_all=True, append_images=frames[1:], duration=80, comment=CANARY.encode()
    )
    moving = {
        "avatar": ("me.gif", written.getvalue(), "image/gif"),
        "header": ("h.jpg", jpeg(), "image/jpeg"),
    }
    address = "/api/v1/accounts/update_credentials"
    mine = ok(
        await client.patch(
            address, files=moving, data={"avatar_description": "me"}, headers=cast.alice.headers
        )
    )
    assert mine["avatar"] != mine["avatar_static"]
    assert mine["avatar_description"] == "me"
    sizes = []
    for key in ("avatar", "avatar_static", "header"):
        served = await client.get(mine[key])
        assert CANARY.encode() not in served.content
        picture = Image.open(io.BytesIO(served.content))
        sizes.append((picture.size, getattr(picture, "is_animated", False)))
    assert sizes == [((400, 400), True), ((400, 400), False), ((1500, 500), False)]
    seen = ok(await cast.bob.get(f"/api/v1/accounts/{cast.alice.wire_id}"))
    assert seen["avatar"] == mine["avatar"]
    after = ok(await cast.alice.delete("/api/v1/profile/avatar"))
    assert after["avatar"].endswith("/static/avatar.png")
    await settle(services)
    assert (await client.get(mine["avatar"])).status_code == 404
    assert (await client.get(mine["header"])).status_code == 200


async def test_lists_of_media_alone(cast: Cast, client: httpx.AsyncClient, services: Services) -> None:
    media = ok(await send(cast.alice, jpeg()))["id"]
    pictured = (await cast.alice.says("look #sea", media_ids=[media]))["id"]
    await cast.alice.says("no picture #sea")
    await settle(services)
    for path in (
        f"/api/v1/accounts/{cast.alice.wire_id}/statuses",
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/sea",
    ):
        assert [each["id"] for each in ok(await cast.bob.get(path, only_media="true"))] == [pictured], path
        assert len(ok(await cast.bob.get(path))) == 2, path
    limits = ok(await client.get("/api/v2/instance"))["configuration"]
    assert limits["statuses"]["max_media_attachments"] == 4
    assert "image/heic" in limits["media_attachments"]["supported_mime_types"]


async def test_streams_encode_a_picture_once_for_all_readers(
    cast: Cast, conn: Connection, services: Services
) -> None:
    media = ok(await send(cast.alice, jpeg()))["id"]
    status_id = StatusId(int((await cast.alice.says("look", media_ids=[media]))["id"]))
    found = {}
    for member in (cast.bob, cast.carol):
        found[member.id] = (await visible_statuses(conn, member.viewer, [status_id]))[status_id]
    views = await complete_for_each(conn, found)
    assert views[cast.bob.id].media
    assert views[cast.bob.id].media is views[cast.carol.id].media


async def _names(services: Services) -> set[str]:
    return {each.name async for batch in services.store.all_files() for each in batch}


def _cover(colour: str) -> tuple[str, bytes, str]:
    written = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(written, "PNG")
    return ("cover.png", written.getvalue(), "image/png")


async def _colour_of(client: httpx.AsyncClient, shown: dict[str, Any]) -> str:
    picture = Image.open(io.BytesIO((await client.get(shown["preview_url"])).content)).convert("RGB")
    named = {(255, 0, 0): "red", (0, 128, 0): "green", (0, 0, 255): "blue"}
    pixel: Any = picture.getpixel((5, 5))
    return next(
        (name for colour, name in named.items() if max(map(abs, map(int.__sub__, pixel, colour))) < 9), ""
    )


async def test_a_picture_of_ones_own_stands_for_film_and_sound(
    cast: Cast, client: httpx.AsyncClient, services: Services
) -> None:
    """Sent with the file while it waits, exchanged, removed; on an edit of the post that bears it."""
    before = await _names(services)
    headers, found = cast.alice.headers, {}
    for name, content in (("film", film_of("mp4")), ("sound", sound_of("wav"))):
        files = {"file": (name, content, "video/mp4"), "thumbnail": _cover("red")}
        waiting = await client.post("/api/v2/media", files=files, headers=headers)
        assert waiting.status_code == 202, waiting.text
        assert waiting.headers["retry-after"] == "1"
        assert (waiting.json()["url"], waiting.json()["preview_url"] is None) == (None, False)
        path = f"/api/v1/media/{waiting.json()['id']}"
        again = await cast.alice.get(path)
        assert (again.status_code, again.headers["retry-after"]) == (206, "1")
        await settle(services)
        found[name] = ok(await cast.alice.get(path))
        assert await _colour_of(client, found[name]) == "red", name
        ok(await client.put(path, files={"thumbnail": _cover("blue")}, headers=headers))
        assert await _colour_of(client, ok(await cast.alice.get(path))) == "blue", name
        bad = {"thumbnail": ("a.png", b"no picture", "image/png")}
        assert "not of a kind" in refused(await client.put(path, files=bad, headers=headers), 422)
    film, sound = (f"/api/v1/media/{each['id']}" for each in found.values())
    bare = ok(await cast.alice.put(sound, {"thumbnail": None}))
    assert (bare["preview_url"], bare["blurhash"]) == (None, None)
    made = ok(await cast.alice.put(film, {"thumbnail": None}))
    assert await _colour_of(client, made) not in {"blue", "red"}
    assert made["blurhash"] != found["film"]["blurhash"]
    again = ok(await cast.alice.put(film, {"thumbnail": None}))
    assert (again["preview_url"], again["blurhash"]) == (made["preview_url"], made["blurhash"])
    said = await cast.alice.says("a film", media_ids=[found["film"]["id"]])
    form = {
        "status": "a film, changed",
        "media_ids[]": found["film"]["id"],
        "media_attributes[][id]": found["film"]["id"],
        "media_attributes[][description]": "shades",
        "media_attributes[][focus]": "0.1,0.2",
    }
    files = {"media_attributes[][thumbnail]": _cover("green")}
    address = f"/api/v1/statuses/{said['id']}"
    assert (await client.put(address, data=form, files=files, headers=cast.bob.headers)).status_code == 404
    [shown] = ok(await client.put(address, data=form, files=files, headers=headers))["media_attachments"]
    assert (shown["description"], shown["meta"]["focus"]) == ("shades", {"x": 0.1, "y": 0.2})
    assert await _colour_of(client, shown) == "green"
    refused(await client.put(address, data={**form, "media_ids[]": "1"}, files=files, headers=headers), 422)
    ok(await cast.alice.delete(f"{address}?delete_media=true"))
    ok(await cast.alice.delete(sound))
    await settle(services)
    assert await _names(services) == before


async def test_what_an_edit_drops_is_gone_at_once_and_its_bytes_with_the_day(
    cast: Cast, conn: Connection, client: httpx.AsyncClient, services: Services
) -> None:
    before = await _names(services)
    for visibility in ("public", "private"):
        sent = ok(await send(cast.alice, jpeg((40, 30))))
        assert (await client.get(sent["url"])).status_code == 200
        said = await cast.alice.says("look", media_ids=[sent["id"]], visibility=visibility)
        urls = [said["media_attachments"][0][key] for key in ("url", "preview_url")]
        assert [(await client.get(url)).status_code for url in urls] == [200, 200]
        ok(await cast.alice.put(f"/api/v1/statuses/{said['id']}", {"status": "no picture"}))
        # Nor is the address good again that it had before it was posted.
        gone = [(await client.get(url)).status_code for url in (*urls, sent["url"])]
        assert gone == [404, 404, 404], visibility
        again = ok(await cast.alice.get(f"/api/v1/media/{sent['id']}"))
        assert (await client.get(again["url"])).status_code == 200
    await conn.execute("update media_files set kept_until = now() - interval '1 second'")
    await delete_unused_media(conn, services)
    await settle(services)
    assert await _names(services) == before
