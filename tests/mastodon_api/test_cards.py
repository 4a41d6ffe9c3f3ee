"""Previews of links: looked at once in a job, shown to whoever sees the post, gone with it."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import msgspec
import pytest
from PIL import Image, PngImagePlugin

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.mastodon_api.entities.status import Status
from parley.publishing.jobs import forget_empty_cards, forget_old_card_pictures
from tests.conftest import forget_caches
from tests.database import CountingConnection, counted
from tests.kit.hostile_server import HostileServer, hostile_server, plain, redirect
from tests.mastodon_api.answers import strictly
from tests.world import Cast, make_cast, ok, settle

PAGE = b"""<!doctype html><html lang="en-GB"><head><title>Plain title</title>
<meta property="og:title" content="Tea &amp; biscuits"><meta name="description" content="left over">
<meta property="og:description" content="  All about &lt;b&gt;tea&lt;/b&gt;\n  and more">
<meta property="og:site_name" content="The Kettle"><meta property="og:image" content="/tea.png">
<meta name="author" content="Ada Brewer"><meta property="article:published_time" content="2026-03-04T05:06:07+01:00">
<meta name="fediverse:creator" content="@carol@parley.test">
</head><body><script>"<meta property='og:title' content='no'>"</script></body></html>"""


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, server: HostileServer) -> Settings:
    return msgspec.structs.replace(
        settings, outgoing_ports=(str(server.port),), outgoing_allowed_networks=("127.0.0.1/32",)
    )


@pytest.fixture
async def cast(conn: CountingConnection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


async def card_of(cast: Cast, status_id: str):
    status = strictly(await cast.bob.get(f"/api/v1/statuses/{status_id}"), Status)
    return msgspec.json.decode(msgspec.json.encode(status.card))


async def test_a_link_gets_one_preview_for_all_who_post_it(services, server, cast):
    url = server.answers("/tea?x=1", plain(PAGE, kind="text/html; charset=utf-8"))
    first = await cast.alice.says(f"@bob #tea {url} and http://127.0.0.1:1/other")
    assert first["card"] is None
    assert server.asked == []
    await settle(services)
    card = await card_of(cast, first["id"])
    assert card == {
        "url": url,
        "title": "Tea & biscuits",
        "description": "All about <b>tea</b> and more",
        "language": "en",
        "type": "link",
        "author_name": "Ada Brewer",
        "author_url": "",
        "provider_name": "The Kettle",
        "provider_url": server.address,
        "html": "",
        "width": 0,
        "height": 0,
        "image": None,
        "image_description": "",
        "embed_url": "",
        "blurhash": None,
        "published_at": "2026-03-04T04:06:07.000Z",
        "authors": [{"name": "Ada Brewer", "url": "", "account": None}],
    }
    again = await cast.bob.says(f"look: {url}#part", visibility="unlisted")
    await settle(services)
    assert (await card_of(cast, again["id"]))["title"] == card["title"]
    assert [each.line.split()[1] for each in server.asked] == ["/tea?x=1", "/tea.png"]
    # It is no edit, and a boost shows it as well.
    status = ok(await cast.bob.get(f"/api/v1/statuses/{first['id']}"))
    assert status["edited_at"] is None
    assert len(ok(await cast.bob.get(f"/api/v1/statuses/{first['id']}/history"))) == 1
    boost = ok(await cast.bob.post(f"/api/v1/statuses/{first['id']}/reblog"))
    assert boost["reblog"]["card"] == boost["card"] == status["card"]


def picture(color: str = "green", size: tuple[int, int] = (2400, 1200)) -> bytes:
    """With words in it that must not be passed on."""
    written = io.BytesIO()
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "CANARY-7")
    Image.new("RGB", size, color).save(written, "PNG", pnginfo=words)
    return written.getvalue()


async def pictures(conn: Connection) -> int:
    count: int = await conn.fetch_value("select count(*) from media_files where purpose = 'card'")
    return count


async def test_its_picture_is_fetched_once_and_made_anew(services, server, cast, client, conn):
    url = server.answers("/tea", plain(PAGE))
    server.answers("/tea.png", plain(picture(), kind="image/png"))
    first = await cast.alice.says(url)
    await settle(services)
    card = await card_of(cast, first["id"])
    assert (card["width"], card["height"]) == (1357, 678)
    assert len(card["blurhash"]) > 5
    served = await client.get(card["image"])
    assert served.status_code == 200
    assert b"CANARY-7" not in served.content
    assert Image.open(io.BytesIO(served.content)).size == (1357, 678)
    # Nobody asks for it again with the next post.
    await cast.bob.says(url)
    await settle(services)
    assert len(server.asked) == 2
    # When its page names another, that takes its place; the old one is gone, bytes and all.
    server.answers("/tea", plain(PAGE.replace(b"/tea.png", b"/cup.png")))
    server.answers("/cup.png", plain(picture("red", (100, 50)), kind="image/png"))
    with clock.shifted(timedelta(days=15)):
        await cast.bob.says(url)
        await settle(services)
        changed = await card_of(cast, first["id"])
        assert (changed["width"], changed["height"]) == (100, 50)
        assert (await client.get(card["image"])).status_code == 404
    assert await pictures(conn) == 1
    # After half a year without anybody who posts the link, its words are all that stays.
    with clock.shifted(timedelta(days=200)):
        await forget_old_card_pictures(conn, services)
        conn.run_after_commit()
        await settle(services)
        bare = await card_of(cast, first["id"])
        assert (bare["title"], bare["image"], bare["width"]) == ("Tea & biscuits", None, 0)
        assert (await client.get(changed["image"])).status_code == 404
    assert await pictures(conn) == 0


async def test_a_card_goes_with_the_last_post_that_bears_it(services, server, cast, client, conn):
    url = server.answers("/tea", plain(PAGE))
    server.answers("/tea.png", plain(picture(), kind="image/png"))
    await cast.bob.follows(cast.alice)
    private = await cast.alice.says(url, visibility="private")
    public = await cast.bob.says(url)
    await settle(services)
    image = (await card_of(cast, private["id"]))["image"]
    ok(await cast.bob.delete(f"/api/v1/statuses/{public['id']}"))
    await settle(services)
    assert (await card_of(cast, private["id"]))["image"] == image
    # An edit to other words is the end of it as well.
    ok(await cast.alice.put(f"/api/v1/statuses/{private['id']}", {"status": "no link any more"}))
    await settle(services)
    assert await card_of(cast, private["id"]) is None
    assert (await client.get(image)).status_code == 404
    assert await conn.fetch_value("select count(*) from preview_cards") == 0
    assert await pictures(conn) == 0
    # Whoever posts it anew gets it anew.
    again = await cast.alice.says(url)
    await settle(services)
    assert (await card_of(cast, again["id"]))["title"] == "Tea & biscuits"


async def test_a_link_that_shows_nothing_is_forgotten_in_time(services, server, cast, conn):
    url = server.answers("/bare", plain(b"no title at all"))
    await cast.alice.says(url, visibility="private")
    await settle(services)
    assert await conn.fetch_value("select count(*) from preview_cards where url = $1", url) == 1
    with clock.shifted(timedelta(hours=2)):
        await forget_empty_cards(conn, services)
        conn.run_after_commit()
        await settle(services)
    assert await conn.fetch_value("select count(*) from preview_cards where url = $1", url) == 0


@pytest.mark.parametrize(
    "answer",
    [
        plain(b"<svg xmlns='http://www.w3.org/2000/svg'/>", kind="image/svg+xml"),
        plain(b"<svg xmlns='http://www.w3.org/2000/svg'/>", kind="image/png"),
        plain(picture()[:300], kind="image/png"),
        plain(b"", kind="image/png"),
        plain(b"words", kind="text/html"),
        plain(b"x" * 9_000_000, kind="image/jpeg"),
        redirect("http://10.0.0.1/inside.png"),
    ],
    ids=["svg", "a lie", "cut off", "empty", "words", "too large", "elsewhere"],
)
async def test_a_bad_picture_leaves_the_words(services, server, cast, conn, answer):
    url = server.answers("/tea", plain(PAGE))
    server.answers("/tea.png", answer)
    said = await cast.alice.says(url)
    await settle(services)
    card = await card_of(cast, said["id"])
    assert (card["title"], card["image"], card["blurhash"]) == ("Tea & biscuits", None, None)
    assert await pictures(conn) == 0


async def test_a_picture_that_is_away_is_asked_for_later(services, server, cast):
    url = server.answers("/tea", plain(PAGE))
    server.answers("/tea.png", plain(b"", status="503 Away"))
    said = await cast.alice.says(url)
    await settle(services)
    assert (await card_of(cast, said["id"]))["image"] is None
    server.answers("/tea.png", plain(picture(), kind="image/png"))
    with clock.shifted(timedelta(minutes=6)):
        await settle(services)
        assert (await card_of(cast, said["id"]))["image"] is not None


async def test_direct_words_and_hidden_links_ask_nobody(services, server, cast):
    url = server.answers("/secret", plain(PAGE))
    direct = await cast.alice.says(f"@bob {url}", visibility="direct")
    none = await cast.alice.says("@bob #tag no link at all")
    await settle(services)
    assert server.asked == []
    assert await card_of(cast, direct["id"]) is None
    assert await card_of(cast, none["id"]) is None
    # A post for followers has a preview, and its link no list.
    await cast.bob.follows(cast.alice)
    private = await cast.alice.says(url, visibility="private")
    await settle(services)
    assert (await card_of(cast, private["id"]))["title"] == "Tea & biscuits"
    assert ok(await cast.bob.get("/api/v1/timelines/link", url=url)) == []
    assert ok(await cast.bob.get("/api/v1/timelines/link", url="http://nobody.example/")) == []


async def test_what_a_link_leads_to_may_be_anything(services, server, cast):
    async def hangs_up(writer):
        writer.write(b"HTTP/1.1 200")

    useless = {
        "/picture": plain(b"\x89PNG", kind="image/png"),
        "/gone": plain(b"<title>no</title>", status="410 Gone"),
        "/untitled": plain(b"<p>words</p>"),
        "/away": redirect("http://10.0.0.1/"),
        "/round": redirect("/round"),
        "/half": hangs_up,
        "/binary": plain(bytes(range(256)) * 20),
    }
    ids = {path: (await cast.alice.says(server.answers(path, each)))["id"] for path, each in useless.items()}
    ids["nowhere"] = (await cast.alice.says("http://localhost:1/ http://[::1]/"))["id"]
    ids["port"] = (await cast.alice.says("http://127.0.0.1:22/"))["id"]
    await settle(services)
    assert {path: await card_of(cast, each) for path, each in ids.items()} == dict.fromkeys(ids)
    # Nobody is asked again at once, and those who may come back are asked a little later.
    asked = len(server.asked)
    await cast.bob.says(server.address + "/untitled")
    await settle(services)
    assert len(server.asked) == asked
    server.answers("/half", plain(PAGE))
    with clock.shifted(timedelta(minutes=6)):
        await settle(services)
        assert (await card_of(cast, ids["/half"]))["title"] == "Tea & biscuits"


async def test_an_edit_takes_the_card_along(services, server, cast):
    tea = server.answers("/tea", plain(PAGE))
    coffee = server.answers("/coffee", plain(b"<title>Coffee</title>"))
    status_id = (await cast.alice.says(tea))["id"]
    await settle(services)
    for text, title in (
        (f"now {coffee}", "Coffee"),
        (f"still {coffee}", "Coffee"),
        ("none", None),
        (tea, "Tea & biscuits"),
    ):
        ok(await cast.alice.put(f"/api/v1/statuses/{status_id}", {"status": text}))
        await settle(services)
        card = await card_of(cast, status_id)
        assert (card and card["title"]) == title, text
        listed = {url: await cast.bob.list_ids("/api/v1/timelines/link", url=url) for url in (tea, coffee)}
        assert listed == {tea: [status_id] * (text == tea), coffee: [status_id] * (title == "Coffee")}
    history = ok(await cast.bob.get(f"/api/v1/statuses/{status_id}/history"))
    assert len(history) == 5
    ok(await cast.alice.delete(f"/api/v1/statuses/{status_id}"))
    assert await cast.bob.list_ids("/api/v1/timelines/link", url=tea) == []


async def test_a_preview_is_renewed_after_a_fortnight_and_outlives_its_page(services, server, cast, conn):
    url = server.answers("/news", plain(b"<title>Old</title>"))
    status_id = (await cast.alice.says(url))["id"]
    await settle(services)
    for answer, title, asked in (
        (plain(b"<title>New</title>"), "New", 2),
        (plain(b"<title>Newer</title>"), "New", 2),
        (plain(b"", status="404 Not Found"), "New", 3),
        (plain(b"", status="503 Away"), "New", 4),
    ):
        server.answers("/news", answer)
        if asked != len(server.asked):
            await conn.execute(
                "update preview_cards set fetched_at = fetched_at - interval '14 days' where title <> ''"
            )
            forget_caches()
        await cast.bob.says(url)
        await settle(services)
        assert (await card_of(cast, status_id))["title"] == title
        assert len(server.asked) == asked


async def test_authors_are_named_when_both_sides_say_so(services, server, cast):
    url = server.answers("/tea", plain(PAGE))
    fields = {"fields_attributes": [{"name": "Site", "value": f"http://127.0.0.1:{server.port}/about"}]}
    ok(
        await cast.carol.client.patch(
            "/api/v1/accounts/update_credentials", json=fields, headers=cast.carol.headers
        )
    )
    status_id = (await cast.alice.says(url))["id"]
    await settle(services)
    authors = (await card_of(cast, status_id))["authors"]
    assert [(each["name"], each["account"]["id"]) for each in authors] == [("carol", cast.carol.wire_id)]


async def test_oembed_tells_the_kind_and_never_embeds(services, server, cast):
    oembed = server.answers(
        "/oembed",
        plain(
            b'{"type":"video","title":"Film","author_name":"Kim","provider_name":"Films","html":"<script>1</script>"}',
            kind="application/json",
        ),
    )
    link = f'<link rel="alternate" type="application/json+oembed" href="{oembed}">'
    url = server.answers("/film", plain(link.encode()))
    status_id = (await cast.alice.says(url))["id"]
    await settle(services)
    card = await card_of(cast, status_id)
    assert (card["type"], card["title"], card["author_name"], card["provider_name"], card["html"]) == (
        "video",
        "Film",
        "Kim",
        "Films",
        "",
    )


async def test_previews_can_be_switched_off(services, server, client, conn):
    off = msgspec.structs.replace(services.settings, link_previews=False)
    services = msgspec.structs.replace(services, settings=off)
    cast = await make_cast(conn, client)
    await cast.alice.says(server.answers("/tea", plain(PAGE)))
    await settle(services)
    assert server.asked == []


async def test_cards_cost_one_statement_for_a_page_and_none_when_known(conn, services, server, cast):
    async def costs() -> list[int]:
        forget_caches()
        found = []
        for _ in range(2):
            with counted(conn) as count:
                ok(await cast.bob.get("/api/v1/timelines/public", limit="12"))
            found.append(count.statements)
        return found

    for number in range(12):
        await cast.alice.says(f"number {number}")
    await settle(services)
    # The first request of a day is noted.
    ok(await cast.bob.get("/api/v1/accounts/verify_credentials"))
    without = await costs()
    for number in range(12):
        url = server.answers(f"/{number}", plain(b"<title>Number %d</title>" % number))
        await cast.alice.says(url)
    await settle(services)
    assert await costs() == [without[0] + 1, without[1]]
    found = ok(await cast.bob.get("/api/v1/timelines/public", limit="12"))
    assert len({each["card"]["title"] for each in found}) == 12


async def test_the_list_of_a_link_turns_its_pages_at_a_fixed_cost(conn, services, server, cast):
    url = server.answers("/often", plain(PAGE))
    path = "/api/v1/timelines/link"
    ids: list[str] = []
    costs = []
    for _ in range(2):
        for number in range(15):
            ids.insert(0, (await cast.alice.says(f"{number} {url}"))["id"])
        await settle(services)
        ok(await cast.bob.get(path, url=url))
        forget_caches()
        with counted(conn) as count:
            assert await cast.bob.list_ids(path, url=url, limit="40") == ids
        costs.append(count.statements)
    assert costs[0] == costs[1] <= 8
    first = await cast.bob.get(path, url=url, limit="20")
    assert [each["id"] for each in ok(first)] == ids[:20]
    older = await cast.bob.client.get(first.links["next"]["url"], headers=cast.bob.headers)
    assert [each["id"] for each in ok(older)] == ids[20:]
    assert await cast.bob.list_ids(path, url=url, min_id=ids[-1], limit="5") == ids[-6:-1]
    # A member who shut out the author finds nothing, as in other lists.
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/mute"))
    assert await cast.bob.list_ids(path, url=url) == []
