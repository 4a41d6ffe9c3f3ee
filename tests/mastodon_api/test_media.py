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
from parley.publishing.visibility import visible_statuses
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
