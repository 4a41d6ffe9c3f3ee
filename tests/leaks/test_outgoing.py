"""What strangers' servers and files can do with this one: nothing inside is asked, and nothing of theirs runs here."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.sealing import KeyRing
from parley.kit.services import Services
from tests.kit.hostile_server import HostileServer, forever, hostile_server, plain, redirect
from tests.mastodon_api.test_cards import picture
from tests.mastodon_api.test_media import jpeg
from tests.notifications.test_push import Device
from tests.world import Cast, Member, make_cast, ok, settle

SCRIPT = "<script>alert(7)</script>"


@pytest.fixture
async def outside() -> AsyncIterator[HostileServer]:
    """A stranger's, which this test's operator lets be asked."""
    async with hostile_server() as made:
        yield made


@pytest.fixture
async def inside(outside: HostileServer) -> AsyncIterator[HostileServer]:
    """On the same port of an address that nobody may have asked."""
    made = HostileServer()
    made.port = outside.port
    server = await asyncio.start_server(made.serve, "127.0.0.2", outside.port)
    for path in ("/", "/page", "/picture.png", "/oembed", "/push"):
        made.answers(path, plain(b'{"title": "of the inside"}', kind="application/json"))
    yield made
    server.close()


@pytest.fixture
def settings(settings: Settings, outside: HostileServer) -> Settings:
    return msgspec.structs.replace(
        settings, outgoing_ports=(str(outside.port),), outgoing_allowed_networks=("127.0.0.1/32",)
    )


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    conn.keys = KeyRing(lambda: (b"m" * 32,))
    return await make_cast(conn, client)


class Names:
    """A name server of the stranger's: for each name the addresses that it tells, one look-up after the other."""

    def __init__(self) -> None:
        self.told: dict[str, Iterator[str]] = {}
        self.before = socket.getaddrinfo

    def look_up(self, host: Any, port: Any, *more: Any, **named: Any) -> Any:
        address = next(self.told[host]) if host in self.told else host
        return self.before(address, port, *more, **named)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    return made


def page_with(*tags: str) -> bytes:
    return plain(f"<html><head><title>A page</title>{''.join(tags)}</head></html>".encode())


async def test_no_preview_leads_inside(
    services: Services,
    cast: Cast,
    outside: HostileServer,
    inside: HostileServer,
    names: Names,
    conn: Connection,
) -> None:
    """By redirects, by what the page names, by names that change; each step of it."""
    port, within = outside.port, f"http://127.0.0.2:{outside.port}"
    names.told = {
        "turns.test": iter(["127.0.0.1", "127.0.0.2", "127.0.0.2", "127.0.0.2"]),
        "within.test": iter(["127.0.0.2"] * 9),
    }
    image = '<meta property="og:image" content="{}">'
    oembed = '<link rel="alternate" type="application/json+oembed" href="{}">'
    outside.answers("/sent-on.png", redirect(f"{within}/picture.png"))
    outside.answers("/sent-on", redirect(f"{within}/oembed"))
    pages = {
        "/redirect": redirect(f"{within}/page"),
        "/twice": redirect("/redirect"),
        "/by-name": redirect(f"http://within.test:{port}/page"),
        "/spelled": redirect(f"http://2130706434:{port}/page"),
        "/octal": redirect(f"http://0177.0.0.2:{port}/page"),
        "/mapped": redirect(f"http://[::ffff:127.0.0.2]:{port}/page"),
        "/file": redirect("file:///etc/passwd"),
        "/image": page_with(image.format(f"{within}/picture.png")),
        "/image-on": page_with(image.format("/sent-on.png")),
        "/image-file": page_with(image.format("file:///etc/passwd")),
        "/oembed": page_with(oembed.format(f"{within}/oembed")),
        "/oembed-on": page_with(oembed.format("/sent-on")),
    }
    for path, answer in pages.items():
        await cast.alice.says(outside.answers(path, answer))
    outside.answers("/turning", redirect(f"http://turns.test:{port}/turned"))
    await cast.alice.says(f"http://turns.test:{port}/turning")
    for host in (f"127.0.0.2:{port}", f"within.test:{port}", "169.254.169.254"):
        await cast.alice.says(f"http://{host}/page")
    await settle(services)
    assert len(outside.asked) > len(pages), "they were tried"
    assert [each.line for each in inside.asked] == []
    assert await conn.fetch_value("select count(*) from media_files where purpose = 'card'") == 0


async def test_no_push_leads_inside(
    services: Services, cast: Cast, outside: HostileServer, inside: HostileServer, names: Names
) -> None:
    """Neither when the name changes after it was found good, nor by a redirect."""
    names.told = {"turns.test": iter(["127.0.0.1", *["127.0.0.2"] * 9])}
    turned = Device(outside, "turned")
    for member, endpoint in (
        (cast.alice, f"http://turns.test:{outside.port}/push"),
        (cast.bob, outside.answers("/redirect", redirect(f"http://127.0.0.2:{outside.port}/push", "307 Go"))),
    ):
        wish = turned.wish("mention")
        wish["subscription"]["endpoint"] = endpoint
        ok(await member.post("/api/v1/push/subscription", wish))
    await cast.carol.says("@alice @bob hello")
    await settle(services)
    assert [each.line for each in outside.asked] == ["POST /redirect HTTP/1.1"]
    assert inside.asked == []


async def test_endless_and_slow_pages_hold_nobody_up(
    services: Services, cast: Cast, outside: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post is there at once; its preview is given up."""

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<title>endless</title>")
        await forever(writer, b"<!-- " + b"x" * 60_000 + b" -->")

    async def picture_without_end(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\n" + picture()[:2000])
        await forever(writer, b"\0" * 60_000)

    outside.answers("/endless.png", picture_without_end)
    said = [
        await cast.alice.says(outside.answers("/endless", endless)),
        await cast.alice.says(
            outside.answers("/pictured", page_with('<meta property="og:image" content="/endless.png">'))
        ),
    ]
    await settle(services)
    cards = [ok(await cast.bob.get(f"/api/v1/statuses/{each['id']}"))["card"] for each in said]
    assert cards[1]["title"] == "A page"
    assert cards[1]["image"] is None


@asynccontextmanager
async def shown(member: Member, status: dict[str, Any]) -> AsyncIterator[str]:
    """All that the post is shown as, to people and programs."""
    paths = [f"/@alice/{status['id']}", f"/@alice/{status['id']}/embed", "/@alice", "/local"]
    texts = [(await member.client.get(path)).text for path in paths]
    yield "".join(texts)


async def test_what_a_page_says_of_itself_is_text(
    services: Services, cast: Cast, outside: HostileServer
) -> None:
    escaped = SCRIPT.replace("<", "&lt;").replace(">", "&gt;")
    names = ("og:title", "og:description", "og:site_name", "author", "og:image:alt")
    tags = [f'<meta property="{each}" content="{escaped}&quot; onload=alert(8)">' for each in names]
    tags += ['<meta property="og:url" content="javascript:alert(9)">', '<link rel="canonical" href="javascript:alert(9)">']  # fmt: skip
    tags += ['<meta property="og:video" content="javascript:alert(9)">', '<meta property="og:image" content="/it.png">']  # fmt: skip
    outside.answers("/it.png", plain(picture(), kind="image/png"))
    said = await cast.alice.says(outside.answers("/page", page_with(*tags)))
    await settle(services)
    card = ok(await cast.bob.get(f"/api/v1/statuses/{said['id']}"))["card"]
    assert SCRIPT in card["title"], "in the API it is plain text"
    assert (card["html"], card["embed_url"]) == ("", "")
    assert "javascript:" not in str(card)
    async with shown(cast.bob, said) as text:
        assert escaped.partition("/")[0] in text
        assert "<script" not in text.replace('<script src="/static/', "").replace('<script type="application/ld+json"', "")  # fmt: skip
        assert '" onload=' not in text
        assert "javascript:" not in text


async def test_files_are_what_they_are_served_as(cast: Cast, client: httpx.AsyncClient) -> None:
    """Pages that pass for pictures, pictures that pass for pages: made anew, or refused; never a page."""
    page = f"<html>{SCRIPT}</html>".encode()
    gif = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff\x21\xfe" + bytes([len(page)]) + page + b"\0"
    gif += b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;" + page
    tries = {
        "picture.html": (jpeg() + page, "text/html"),
        "a.svg": (jpeg()[:2] + b"\xff\xfe" + (len(page) + 2).to_bytes(2, "big") + page + jpeg()[2:], "image/svg+xml"),
        "a.gif": (gif, "image/gif"),
        "page.jpg": (page, "image/jpeg"),
        "a.pdf": (b"%PDF-1.4\n" + jpeg(), "application/pdf"),
        "a.svgz": (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png"),
    }  # fmt: skip
    taken = set()
    for name, (content, kind) in tries.items():
        sent = await client.post(
            "/api/v2/media", files={"file": (name, content, kind)}, headers=cast.alice.headers
        )
        assert sent.status_code in {200, 202, 422}, name
        if sent.status_code != 200:
            continue
        taken.add(name)
        for url in {sent.json()["url"], sent.json()["preview_url"]}:
            served = await client.get(url, headers={"accept": "text/html"})
            assert served.headers["content-type"].startswith(("image/", "video/")), name
            assert served.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in served.headers["content-security-policy"]
            assert b"<script" not in served.content
            assert b"<html" not in served.content
            path, _, seal = url.partition("?")
            for other in (".html", ".svg", ".js", "", ".jpg.html"):
                assert (await client.get(f"{path.rpartition('.')[0]}{other}?{seal}")).status_code == 404
    assert {"picture.html", "a.svg"} <= taken
    assert not {"page.jpg", "a.svgz"} & taken
