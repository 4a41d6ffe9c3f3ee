"""Custom emojis in pages: shown as pictures, added and removed by who may."""

from typing import Any

import httpx
import pytest

from parley.kit.db import Connection
from parley.media.emoji_acts import EmojiDraft
from tests.mastodon_api.test_custom_emojis import add, gif, png
from tests.world import Cast, make_cast, ok


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
