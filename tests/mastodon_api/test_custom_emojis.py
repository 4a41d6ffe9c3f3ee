"""Custom emojis: pictures of the server's own, named in texts, listed beside them, served to everybody."""

import io
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from PIL import Image

from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.services import Services
from parley.mastodon_api.entities.account import Account
from parley.mastodon_api.entities.announcement import Announcement
from parley.mastodon_api.entities.emoji import CustomEmoji
from parley.mastodon_api.entities.poll import Poll
from parley.mastodon_api.entities.status import Edit, Status
from parley.media.emoji_acts import EmojiDraft, add_emoji, remove_emoji, switch_emoji
from parley.media.upload import Upload, made
from parley.notifications.announcements import AnnouncementDraft, create_announcement
from tests.database import counted
from tests.mastodon_api.answers import strictly
from tests.world import Cast, make_cast, ok, refused, settle


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


def png(size: tuple[int, int] = (300, 150)) -> bytes:
    written = io.BytesIO()
    Image.new("RGBA", size, (255, 0, 0, 128)).save(written, "PNG")
    return written.getvalue()


def gif() -> bytes:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "green", "blue")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    return written.getvalue()


def upload_of(content: bytes) -> Upload:
    return Upload(content, len(content), lambda: iter([content]))


async def add(conn: Any, services: Services, draft: EmojiDraft, content: bytes) -> None:
    async with made(services, upload_of(content), "emoji") as product:
        assert product is not None
        await add_emoji(conn, draft, product)
    conn.run_after_commit()


def named(emojis: Iterable[CustomEmoji]) -> list[str]:
    return [each.shortcode for each in emojis]


async def test_emojis_are_listed_wherever_texts_name_them(
    cast: Cast, conn: Any, client: httpx.AsyncClient, services: Services
) -> None:
    early = await cast.alice.says("before :blob:")
    assert early["emojis"] == []
    await add(conn, services, EmojiDraft(shortcode=":blob:", category="Blobs"), png())
    await add(conn, services, EmojiDraft(shortcode="party", visible_in_picker=False), gif())
    blob_later, party = strictly(await client.get("/api/v1/custom_emojis"), list[CustomEmoji])[::-1]
    assert (blob_later.shortcode, blob_later.category, blob_later.visible_in_picker) == (
        "blob",
        "Blobs",
        True,
    )
    assert (party.shortcode, party.category, party.visible_in_picker) == ("party", None, False)
    assert blob_later.url == blob_later.static_url
    for url, kind, size, moves in (
        (blob_later.url, "image/png", (128, 64), False),
        (party.url, "image/webp", (40, 40), True),
        (party.static_url, "image/png", (40, 40), False),
    ):
        served = await client.get(url)
        assert (served.status_code, served.headers["content-type"]) == (200, kind)
        picture = Image.open(io.BytesIO(served.content))
        assert (picture.size, getattr(picture, "is_animated", False)) == (size, moves)

    # What was said before knows them as well.
    assert named(strictly(await cast.bob.get(f"/api/v1/statuses/{early['id']}"), Status).emojis) == ["blob"]
    said = await cast.alice.says(
        ":blob::blob: at 10:20:30 https://a.example/:party:/x :nobody: a:blob:",
        spoiler_text="x",
        poll={"options": [":party:", "no"], "expires_in": 3600},
    )
    status = strictly(await cast.bob.get(f"/api/v1/statuses/{said['id']}"), Status)
    assert named(status.emojis) == ["blob", "party"]
    assert status.poll is not None
    assert named(status.poll.emojis) == ["party"]
    assert named(strictly(await cast.bob.get(f"/api/v1/polls/{status.poll.id}"), Poll).emojis) == ["party"]
    plain = await cast.alice.says("https://a.example/:party:/x 1:blob: nothing")
    assert plain["emojis"] == []
    ok(await cast.alice.put(f"/api/v1/statuses/{plain['id']}", {"status": "now :party:"}))
    history = strictly(await cast.bob.get(f"/api/v1/statuses/{plain['id']}/history"), list[Edit])
    assert [named(each.emojis) for each in history] == [[], ["party"]]
    boost = ok(await cast.bob.post(f"/api/v1/statuses/{said['id']}/reblog"))
    assert [each["shortcode"] for each in boost["emojis"]] == ["blob", "party"]

    changed = {"display_name": "Al :blob:", "fields_attributes": {"0": {"name": "f", "value": ":party:"}}}
    path = "/api/v1/accounts/update_credentials"
    ok(await client.patch(path, json=changed, headers=cast.alice.headers))
    account = strictly(await cast.bob.get(f"/api/v1/accounts/{cast.alice.id}"), Account)
    assert named(account.emojis) == ["party", "blob"]

    # Disabled ones are as good as gone, removed ones too, with their files.
    await switch_emoji(conn, "blob", disabled=True)
    conn.run_after_commit()
    assert named(strictly(await client.get("/api/v1/custom_emojis"), list[CustomEmoji])) == ["party"]
    assert strictly(await cast.bob.get(f"/api/v1/statuses/{early['id']}"), Status).emojis == ()
    await switch_emoji(conn, "blob", disabled=False)
    await remove_emoji(conn, "party")
    conn.run_after_commit()
    await settle(services)
    account = strictly(await cast.bob.get(f"/api/v1/accounts/{cast.alice.id}"), Account)
    assert named(account.emojis) == ["blob"]
    assert (await client.get(party.url)).status_code == 404


async def test_an_announcement_is_reacted_to_with_them(cast: Cast, conn: Any, services: Services) -> None:
    await add(conn, services, EmojiDraft(shortcode="party"), gif())
    told = await create_announcement(conn, services.settings, AnnouncementDraft(text="Hear :party:"))
    conn.run_after_commit()
    await settle(services)
    path = f"/api/v1/announcements/{told.id}/reactions"
    # Whoever has heard of no change yet reads the emojis with their next request.
    ok(await cast.alice.get("/api/v1/custom_emojis"))
    ok(await cast.alice.put(f"{path}/party"))
    refused(await cast.alice.put(f"{path}/nobody"), 422)
    (announcement,) = strictly(await cast.bob.get("/api/v1/announcements"), list[Announcement])
    assert named(announcement.emojis) == ["party"]
    (reaction,) = announcement.reactions
    assert (reaction.name, reaction.count) == ("party", 1)
    assert reaction.url == announcement.emojis[0].url
    assert reaction.static_url == announcement.emojis[0].static_url


async def test_reading_costs_no_statement_more(cast: Cast, conn: Any, services: Services) -> None:
    said = await cast.alice.says("hello :party:")
    path = f"/api/v1/statuses/{said['id']}"
    ok(await cast.bob.get(path))
    with counted(conn) as before:
        ok(await cast.bob.get(path))
    await add(conn, services, EmojiDraft(shortcode="party"), gif())
    ok(await cast.bob.get(path))
    with counted(conn) as after:
        assert len(ok(await cast.bob.get(path))["emojis"]) == 1
    assert after.statements == before.statements


@pytest.mark.parametrize("shortcode", ["x", "", "two words", "é" * 3, "a" * 61, "a-b"])
async def test_what_is_no_shortcode_is_refused(conn: Any, services: Services, shortcode: str) -> None:
    with pytest.raises(Invalid):
        await add(conn, services, EmojiDraft(shortcode=shortcode), png())
    if shortcode == "x":
        await add(conn, services, EmojiDraft(shortcode="xx"), png())
        with pytest.raises(Invalid, match="already"):
            await add(conn, services, EmojiDraft(shortcode="xx"), png())
        with pytest.raises(Invalid, match="not of a kind"):
            await add(conn, services, EmojiDraft(shortcode="xy"), b"<svg/>")
