"""Custom emojis in pages: shown as pictures, added and removed by who may."""

from typing import Any

import httpx
import pytest

from parley.kit.db import Connection
from parley.media.emoji_acts import EmojiDraft
from tests.mastodon_api.test_custom_emojis import add, gif, png
from tests.world import Cast, make_cast, ok

BAD = {"picture": ("blob.png", b"<svg/>", "image/png")}


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


async def test_pages_show_them_as_pictures(
    cast: Cast, conn: Any, client: httpx.AsyncClient, services: Any
) -> None:
    await add(conn, services, EmojiDraft(shortcode="blob"), png())
    await add(conn, services, EmojiDraft(shortcode="party"), gif())
    changed = {"display_name": "<b>Al</b> :blob:"}
    ok(await client.patch("/api/v1/accounts/update_credentials", json=changed, headers=cast.alice.headers))
    said = await cast.alice.says(
        "<i>hi</i> :party: https://a.example/:blob:/x :none:", spoiler_text="& :blob:"
    )
    page = (await client.get(f"/@alice/{said['id']}")).text
    body = page[page.index("<main") :]
    assert body.count('alt=":party:"') == 1
    assert 'media="(prefers-reduced-motion: reduce)"' in body
    # Once in the name, once in the warning; an address stays as it is.
    assert body.count('<img class="emoji"') == 3
    assert "&lt;b&gt;Al&lt;/b&gt; <img" in body
    assert "&amp; <img" in body
    assert ":none:" in body
    assert "https://a.example/:blob:/x" in body
    title = page[page.index("<title>") : page.index("</title>")]
    assert "&lt;b&gt;Al&lt;/b&gt; :blob:" in title


async def test_staff_add_and_remove_them_on_a_page(join, anyone) -> None:
    boss, member = await join("boss", role="admin"), await join("carol")
    assert "none on this server" in await anyone.open("/custom_emojis")
    assert "Add an emoji" not in await member.open("/custom_emojis")
    await boss.open("/custom_emojis")
    picture = {"picture": ("blob.png", png(), "image/png")}
    wrong = (("x", picture, "2 to 60"), ("blob", None, "Choose"), ("blob", BAD, "not of a kind"))
    for name, files, complaint in wrong:
        answer = await boss.send("/custom_emojis", shortcode=name, files=files)
        assert (answer.status_code, complaint in answer.text) == (422, True), (name, answer.text)
    shown = await boss.does("/custom_emojis", shortcode="blob", category="Blobs", files=picture)
    assert ":blob:" in shown
    assert "Blobs" in shown
    assert "Remove" not in await anyone.open("/custom_emojis")
    assert 'href="/custom_emojis"' in await anyone.open("/about")
    member.page = boss.page
    assert (await member.send("/custom_emojis/blob/remove")).status_code == 403
    await boss.open("/custom_emojis")
    assert "disabled" in await boss.does("/custom_emojis/blob/disable")
    assert ":blob:" not in await anyone.open("/custom_emojis")
    await boss.does("/custom_emojis/blob/enable")
    assert ":blob:" in await anyone.open("/custom_emojis")
    assert ":blob:" not in await boss.does("/custom_emojis/blob/remove")
