"""How a file is served: whole, in part, or not again; kept by whom and how long; never as a page, never listed."""

from collections.abc import Iterator

import httpx
import pytest

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.media.origins import serve_files_from
from tests.mastodon_api.test_media import jpeg, send
from tests.world import Cast, make_cast, ok


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


@pytest.fixture
def origin(settings: Settings) -> Iterator[str]:
    """Files have an address of their own."""
    serve_files_from(settings.base_url, "https://files.test")
    yield "https://files.test"
    serve_files_from(settings.base_url, settings.files_url)


async def _posted(cast: Cast, visibility: str) -> str:
    media = ok(await send(cast.alice, jpeg((60, 40))))["id"]
    said = await cast.alice.says("look", media_ids=[media], visibility=visibility)
    url: str = said["media_attachments"][0]["url"]
    return url


async def test_a_file_is_served_whole_or_in_part_or_not_again(cast: Cast, client: httpx.AsyncClient) -> None:
    url = await _posted(cast, "public")
    whole = await client.get(url)
    size, etag = len(whole.content), whole.headers["etag"]
    parts = {
        "bytes=0-9": (206, whole.content[:10]),
        "bytes=10-": (206, whole.content[10:]),
        "bytes=-7": (206, whole.content[-7:]),
        f"bytes=-{size + 10}": (206, whole.content),
        "bytes=0-": (206, whole.content),
        f"bytes=0-{size - 1}": (206, whole.content),
        f"bytes=5-{size + 10}": (206, whole.content[5:]),
        f"bytes={size}-": (416, b""),
        "bytes=-0": (416, b""),
        "bytes=9-3": (200, whole.content),
        "bytes=0-1,5-9": (200, whole.content),
        "lines=0-9": (200, whole.content),
        "bytes=a-b": (200, whole.content),
        "bytes=99999999999999999999-": (200, whole.content),
    }
    for asked, (status, content) in parts.items():
        answer = await client.get(url, headers={"range": asked})
        assert (answer.status_code, answer.content) == (status, content), asked
        assert ("content-range" in answer.headers) == (status != 200), asked
    part = await client.get(url, headers={"range": "bytes=1-2", "if-range": etag})
    assert (part.status_code, part.headers["content-range"]) == (206, f"bytes 1-2/{size}")
    assert (
        await client.get(url, headers={"range": "bytes=1-2", "if-range": '"other"'})
    ).content == whole.content
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = await client.get(url, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b""), known
    since = {"if-modified-since": "Sat, 01 Jan 2050 00:00:00 GMT"}
    assert (await client.get(url, headers={**since, "if-none-match": '"other"'})).status_code == 200
    head = await client.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
    assert (await client.post(url)).status_code == 405


async def test_a_file_is_nothing_but_itself_and_kept_by_whom_it_may_be(
    cast: Cast, client: httpx.AsyncClient
) -> None:
    for visibility, kept in (
        ("public", "public, max-age=3600, s-maxage=30"),
        ("private", "private, max-age=600"),
    ):
        url = await _posted(cast, visibility)
        for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"range": "bytes=0-1"})):
            told = (await client.request(method, url, headers=headers)).headers
            assert told["cache-control"] == kept
            assert told["content-type"] == "image/jpeg"
            assert told["x-content-type-options"] == "nosniff"
            assert told["content-security-policy"] == "default-src 'none'; sandbox"
            assert told["cross-origin-resource-policy"] == "cross-origin"
            assert not {"set-cookie", "last-modified", "content-disposition"} & set(told)
        folder = url.partition("?")[0].rpartition("/")[0]
        for guessed in (
            "/media",
            "/media/",
            folder,
            f"{folder}/",
            f"{folder}/..",
            f"{folder}/{'0' * 40}.jpg",
        ):
            assert (await client.get(guessed)).status_code == 404, guessed
        assert (await client.get(url.replace(".jpg", ".png"))).status_code == 404


async def test_a_seal_is_for_one_file_and_one_hour(cast: Cast, client: httpx.AsyncClient) -> None:
    one, other = await _posted(cast, "private"), await _posted(cast, "direct")
    bare, _, sealed = one.partition("?")
    until = sealed.partition("&")[0]
    later = f"until={int(until.partition('=')[2]) + 3600}"
    for query in (
        "",
        other.partition("?")[2],
        sealed.replace(until, later),
        sealed[:-1],
        f"{sealed}x",
        "until=&seal=",
        "until=99999999999&seal=\u00e9",
        "&".join(["until=1"] * 50),
    ):
        assert (await client.get(f"{bare}?{query}")).status_code == 404, query
    assert (await client.get(one)).status_code == 200


async def test_files_have_an_address_of_their_own(cast: Cast, client: httpx.AsyncClient, origin: str) -> None:
    url = await _posted(cast, "unlisted")
    assert url.startswith(f"{origin}/media/")
    assert (await client.get(url)).status_code == 200
    page = await client.get("/@alice", headers={"accept": "text/html"})
    policy = page.headers["content-security-policy"]
    assert all(origin in each for each in policy.split("; ") if each.startswith(("img-src", "media-src")))
    assert f'src="{origin}/media/' in page.text
