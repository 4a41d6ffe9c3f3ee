"""Pictures, films and sound on pages: sent with a post, described, shown, changed; avatars; without JavaScript."""

import io
from contextlib import suppress
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from litestar import Litestar
from PIL import Image

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.errors import TooMany
from parley.kit.rate_limit import POSTS, RateLimiter
from parley.kit.services import Services
from parley.kit.web_page import read_head
from tests.mastodon_api.test_media import jpeg
from tests.web.conftest import Joining
from tests.web.visitor import Visitor, form_on, text_of
from tests.world import settle


def sent(*contents: bytes, name: str = "file") -> list[tuple[str, Any]]:
    return [(name, ("holiday in Rome.jpg", content, "image/jpeg")) for content in contents]


def sound() -> bytes:
    """A second of silence as WAV."""
    size = 16_000
    head = b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = (
        b"\x01\x00\x01\x00" + (8000).to_bytes(4, "little") + size.to_bytes(4, "little") + b"\x02\x00\x10\x00"
    )
    return head + form + b"data" + size.to_bytes(4, "little") + bytes(size)


def moving() -> bytes:
    frames = [Image.new("RGB", (60, 60), color) for color in ("red", "blue")]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    return made.getvalue()


def addresses_of(html: str, attribute: str = "src") -> list[str]:
    found = [piece.partition('"')[0] for piece in html.split(f'{attribute}="')[1:]]
    return [unescape(each) for each in found if "/media/" in each]


async def test_pictures_are_posted_at_once(alice: Visitor, anyone: Visitor) -> None:
    await alice.open("/compose")
    home = await alice.does("/compose", text="two of them", files=sent(jpeg(), jpeg((300, 300))))
    assert "Rome" not in home
    path = await alice.newest_path()
    seen = await anyone.open(path)
    shown = addresses_of(seen)
    assert len(shown) == 2
    assert 'width="415" height="554"' in seen
    assert '<rect width="100%" height="100%" fill="#' in seen
    for address in shown + addresses_of(seen, "href"):
        assert (await anyone.get(address)).status_code == 200
    told = read_head(seen).metas
    assert told["twitter:card"] == "summary_large_image"
    assert told["og:image"].startswith("https://parley.test/media/")
    assert (await anyone.get(told["og:image"].removeprefix("https://parley.test"))).status_code == 200
    other = (await anyone.get(f"/api/oembed?url={quote(told['og:url'])}")).json()
    assert other["thumbnail_url"].startswith("https://parley.test/media/")
    framed = await anyone.get(f"{path}/embed")
    assert len(addresses_of(framed.text)) == 2
    assert "img-src" in framed.headers["content-security-policy"]


async def test_files_are_described_covered_and_survive_a_refusal(alice: Visitor, anyone: Visitor) -> None:
    await alice.open("/compose")
    answer = await alice.send("/compose", text="look", describe="1", files=sent(jpeg(), jpeg((90, 90))))
    assert answer.status_code == 200
    alice.page = answer
    fields = form_on(answer.text, "/compose").fields
    first, second = fields["media_id"]
    assert fields["text"] == "look"
    refused = await alice.send(
        "/compose",
        visibility="all",
        media_id=[first],
        **{f"description_{first}": "a gradient"},
        sensitive="1",
    )
    assert refused.status_code == 422
    alice.page = refused
    fields = form_on(refused.text, "/compose").fields
    assert (fields["media_id"], fields[f"description_{first}"], fields["sensitive"]) == (
        first,
        "a gradient",
        "1",
    )
    assert f"description_{second}" not in fields
    await alice.does("/compose", text="look")
    path = await alice.newest_path()
    seen = await anyone.open(path)
    assert 'alt="a gradient"' in seen
    assert "Sensitive:" in text_of(seen)
    assert "/media/" not in read_head(seen).metas["og:image"]
    assert len(addresses_of(seen)) == 1

    await alice.open(f"/statuses/{path.rpartition('/')[2]}/edit")
    action = f"/statuses/{path.rpartition('/')[2]}/edit"
    await alice.does(action, **{f"description_{first}": "steps of grey"}, files=sent(jpeg((200, 100))))
    seen = await anyone.open(path)
    assert 'alt="steps of grey"' in seen
    assert len(addresses_of(seen)) == 2
    edits = await anyone.open(f"{path}/edits")
    assert edits.index("steps of grey") < edits.index("a gradient")
    assert len(addresses_of(edits)) == 3


async def test_what_matters_stays_in_view_and_each_picture_has_a_page(
    alice: Visitor, bob: Visitor, anyone: Visitor
) -> None:
    await alice.open("/compose")
    described = await alice.send("/compose", text="two", describe="1", files=sent(jpeg(), jpeg((90, 90))))
    alice.page = described
    first, second = form_on(described.text, "/compose").fields["media_id"]
    alice.page = await alice.send("/compose", visibility="all", **{f"focus_{first}": "-1,1"})
    assert form_on(alice.page.text, "/compose").fields[f"focus_{first}"] == "-1.0,1.0"
    await alice.does("/compose", visibility="private", **{f"description_{second}": "a square"})
    path = await alice.newest_path()
    seen = await alice.open(path)
    assert seen.count('class="x0 y0"') == 1
    assert f'href="{path}/files/2"' in seen
    whole = await alice.open(f"{path}/files/2")
    assert "a square" in text_of(whole)
    assert len(addresses_of(whole)) == 1
    await alice.open(f"{path}/files/3", status=404)
    for stranger in (bob, anyone):
        await stranger.open(f"{path}/files/2", status=404)


async def test_what_is_no_picture_or_too_many_is_said_beside_what_was_typed(
    alice: Visitor, anyone: Visitor
) -> None:
    for files, sentence, kept in (
        (sent(jpeg(), b"<svg/>"), "File 2 of 2: the file is not of a kind", 1),
        (sent(*[jpeg((20, 20))] * 5), "may bear 4", 4),
    ):
        await alice.open("/compose")
        refused = await alice.send("/compose", text="typed with care", files=files)
        assert refused.status_code == 422
        assert sentence in text_of(refused.text)
        assert form_on(refused.text, "/compose").fields["text"] == "typed with care"
        assert refused.text.count('name="media_id"') == kept
    await anyone.open("/auth/sign_in")
    big = await anyone.client.post("/compose", files=sent(b"\xff\xd8\xff" * 700_000))
    assert big.status_code == 413


class TestLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, rate_limits=True)

    async def test_who_sends_too_much_keeps_what_they_typed_and_chose(
        self, alice: Visitor, bob: Visitor, shared_app: Litestar, services: Services
    ) -> None:
        path = await alice.says("before")
        limiter: RateLimiter = shared_app.state.limiter
        for _ in range(POSTS.limit):
            with suppress(TooMany):
                await limiter.spend_post(services.database, alice.id)
        for opened, action in (
            ("/compose", "/compose"),
            (f"/statuses/{path.rpartition('/')[2]}/edit",) * 2,
            (f"/messages/new?to={bob.name}", "/messages"),
        ):
            await alice.open(opened)
            refused = await alice.send(action, text="typed with care", files=sent(jpeg((20, 20))))
            assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
            kept = form_on(refused.text, action).fields
            assert (kept["text"], "media_id" in kept) == ("typed with care", True)
            assert "a lot in a short time" in text_of(refused.text)


async def test_sound_waits_for_the_workshop(alice: Visitor, anyone: Visitor, services: Services) -> None:
    await alice.open("/compose")
    waiting = await alice.send("/compose", text="listen", files=sent(sound()))
    assert waiting.status_code == 422
    assert "have not finished processing" in text_of(waiting.text)
    assert "This sound is being prepared." in text_of(waiting.text)
    media_id = form_on(waiting.text, "/compose").fields["media_id"]
    assert (await alice.get(f"/compose/files/{media_id}")).status_code == 202
    await settle(services)
    prepared = await alice.get(f"/compose/files/{media_id}")
    assert (prepared.status_code, prepared.text.count("<audio")) == (200, 1)
    alice.page = waiting
    await alice.does("/compose")
    seen = await anyone.open(await alice.newest_path())
    assert "<audio src=" in seen
    assert (await anyone.get(addresses_of(seen)[0])).headers["content-type"].startswith("audio/")


async def test_files_wait_with_their_post(alice: Visitor) -> None:
    await alice.open("/compose")
    later = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page = await alice.does("/compose", text="tomorrow", scheduled_at=later, files=sent(jpeg((60, 60))))
    assert "tomorrow" in text_of(page)
    [address] = dict.fromkeys(addresses_of(page))
    assert (await alice.get(address)).status_code == 200


async def test_a_private_posts_pictures_have_sealed_addresses(
    alice: Visitor, bob: Visitor, anyone: Visitor, join: Joining
) -> None:
    await bob.open("/@alice")
    await bob.does(f"/accounts/{alice.id}/follow")
    path = await alice.says("for followers", visibility="private", files=sent(jpeg((100, 80))))
    [address] = addresses_of(await bob.open(path))
    assert "seal=" in address
    assert (await bob.get(address)).status_code == 200
    await anyone.open(path, status=404)
    assert (await anyone.get(address.partition("?")[0])).status_code == 404


@pytest.mark.parametrize("purpose", ["avatar", "header"])
async def test_a_profile_has_pictures_of_its_own(alice: Visitor, anyone: Visitor, purpose: str) -> None:
    await alice.open("/settings")
    await alice.does("/settings", **{f"{purpose}_description": "me"}, files=sent(jpeg(), name=purpose))
    seen = await anyone.open("/@alice")
    [address] = dict.fromkeys(addresses_of(seen))
    picture = Image.open(io.BytesIO((await anyone.get(address)).content))
    assert picture.size == ((400, 400) if purpose == "avatar" else (1500, 500))
    assert 'alt="me"' in seen
    await alice.open("/settings")
    refused = await alice.send("/settings", display_name="Alice A.", files=sent(b"no picture", name=purpose))
    assert refused.status_code == 422
    assert form_on(refused.text, "/settings").fields["display_name"] == "Alice A."
    assert "choose the picture again" in text_of(refused.text)
    alice.page = refused
    await alice.does("/settings", **{f"remove_{purpose}": "1"})
    assert addresses_of(await anyone.open("/@alice")) == []
    await alice.does("/settings", files=sent(moving(), name=purpose))
    seen = await anyone.open("/@alice")
    for attribute, frames in (("src", 2), ("srcset", 1)):
        [address] = dict.fromkeys(addresses_of(seen, f" {attribute}"))
        picture = Image.open(io.BytesIO((await anyone.get(address)).content))
        assert getattr(picture, "n_frames", 1) == frames
    assert '<source media="(prefers-reduced-motion: reduce)" srcset=' in seen


async def test_a_profile_shows_what_bears_files_by_itself(alice: Visitor, anyone: Visitor) -> None:
    await alice.says("only words")
    await alice.says("with a picture", files=sent(jpeg((50, 50))))
    media = text_of(await anyone.open("/@alice?media=1"))
    assert "with a picture" in media
    assert "only words" not in media
