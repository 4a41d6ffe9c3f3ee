"""Links shown on our pages, and our posts shown on others': cards, OpenGraph, oEmbed, a page that may be framed."""

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import msgspec
import pytest

from parley.kit.config import Settings
from parley.kit.services import Services
from parley.kit.web_page import read_head
from parley.mastodon_api.entities.oembed import OEmbed
from tests.kit.hostile_server import HostileServer, hostile_server, plain
from tests.mastodon_api.answers import refusal, strictly
from tests.web.visitor import Visitor, text_of
from tests.world import settle

NASTY = "<script>alert(1)</script> \"'&amp;"


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, server: HostileServer) -> Settings:
    return msgspec.structs.replace(
        settings, outgoing_ports=(str(server.port),), outgoing_allowed_networks=("127.0.0.1/32",)
    )


async def test_a_link_stands_below_its_post_and_brings_no_markup(
    alice: Visitor, anyone: Visitor, services: Services, server: HostileServer
) -> None:
    words = f'<title>{NASTY}</title><meta name=description content="&lt;img src=x onerror=1&gt;">'
    url = server.answers("/page", plain(words.encode()))
    await alice.says(f"Read {url}")
    await settle(services)
    html = await anyone.open("/local")
    assert "alert(1)" in text_of(html)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert f'<a class="link-card" href="{url}"' in html
    assert "127.0.0.1" in text_of(html)


async def test_a_post_tells_other_sites_of_itself(
    alice: Visitor, anyone: Visitor, client: httpx.AsyncClient
) -> None:
    await alice.says(f"Bread & butter {NASTY}")
    path = _newest(await anyone.open("/@alice"))
    head = read_head(await anyone.open(path))
    assert head.metas["og:title"] == "alice (@alice@parley.test)"
    assert head.metas["og:description"].startswith("Bread & butter <script>")
    assert head.metas["og:url"] == f"https://parley.test{path}"
    assert head.metas["fediverse:creator"] == "@alice@parley.test"
    assert read_head(await anyone.open("/@alice")).metas["og:type"] == "profile"
    (link,) = [each for each in head.links if each.type == "application/json+oembed"]
    found = strictly(await client.get(link.href), OEmbed)
    assert (found.author_name, found.author_url) == ("alice", "https://parley.test/@alice")
    assert (found.width, found.height) == (400, 420)
    small = strictly(await client.get(link.href + "&maxwidth=250&maxheight=3"), OEmbed)
    assert (small.width, small.height) == (250, 100)
    source = re.search(r'src="([^"]+)"', found.html)
    assert source is not None
    assert unescape(source[1]) == f"https://parley.test{path}/embed"
    assert "<script" not in found.html


async def test_a_post_in_a_frame_is_nobodys_own_and_can_do_nothing(alice: Visitor, anyone: Visitor) -> None:
    await alice.says(f"Framed {NASTY}", spoiler_text="Mind")
    path = _newest(await anyone.open("/@alice"))
    pages = [await visitor.get(f"{path}/embed") for visitor in (alice, anyone)]
    assert pages[0].text == pages[1].text
    for page in pages:
        assert "Framed" in text_of(page.text)
        assert "<form" not in page.text
        assert "<script>" not in page.text
        assert "set-cookie" not in page.headers
        assert "x-frame-options" not in page.headers
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors *" in policy
        assert "sandbox allow-popups" in policy
        assert "default-src 'none'" in policy
        assert "allow-scripts" not in policy
        assert "allow-same-origin" not in policy
    for other in (path, "/@alice", "/local", "/nothing"):
        answer = await anyone.get(other)
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    moved = await anyone.get(path.replace("@alice", "@somebody") + "/embed")
    assert (moved.status_code, moved.headers["location"]) == (303, f"{path}/embed")


async def test_only_what_everybody_may_see_is_shown_elsewhere(
    alice: Visitor, client: httpx.AsyncClient
) -> None:
    shown = {}
    for visibility in ("public", "unlisted", "private", "direct"):
        await alice.says(f"{visibility} words", visibility=visibility)
        path = _newest(await alice.open("/@alice"))
        page = await alice.get(f"{path}/embed")
        oembed = await client.get("/api/oembed", params={"url": f"https://parley.test{path}"})
        shown[visibility] = (page.status_code, oembed.status_code)
        assert (f"{visibility} words" in page.text) == (page.status_code == 200)
        assert ("og:title" in read_head(await alice.open(path)).metas) == (page.status_code == 200)
    assert shown == dict.fromkeys(("public", "unlisted"), (200, 200)) | dict.fromkeys(
        ("private", "direct"), (404, 404)
    )
    for url in (
        "",
        "nonsense",
        "https://other.test/@alice/1",
        "https://parley.test/@alice",
        "https://parley.test/@a/1x",
    ):
        assert refusal(await client.get("/api/oembed", params={"url": url}))[0] == 404
    assert refusal(await client.get("/api/oembed"))[0] == 404


def _newest(html: str) -> str:
    found = re.search(r'href="(/@alice/[0-9]+)"', html)
    assert found is not None
    return found[1]
