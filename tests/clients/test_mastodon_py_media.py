"""Mastodon.py: files sent, described, borne by statuses, changed with them; pictures of a profile."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError
from PIL import Image

from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.test_mastodon_py_streams import listening
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


def picture(shade: int = 90, size: tuple[int, int] = (320, 200)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, (shade, 120, 200)).save(written, "PNG")
    return written.getvalue()


def test_a_file_is_sent_and_described(alice: StrictMastodon, bob: StrictMastodon) -> None:
    sent = alice.media_post(
        picture(),
        "image/png",
        description="blue",
        focus=(0.5, -0.25),
        thumbnail=picture(10),
        thumbnail_mime_type="image/png",
        file_name="sky.png",
    )
    assert (sent.type, sent.description, sent.meta.focus.x) == ("image", "blue", 0.5)
    assert (sent.meta.original.width, sent.meta.original.height) == (320, 200)
    changed = alice.media_update(sent, description="sky", focus=(0.0, 0.0))
    assert (changed.description, alice.media(sent).description) == ("sky", "sky")
    with pytest.raises(MastodonNotFoundError):
        bob.media(sent)
    with pytest.raises(MastodonAPIError):
        alice.media_post(b"no picture at all", "image/png")


def test_statuses_bear_files_and_edits_describe_them(alice: StrictMastodon, bob: StrictMastodon) -> None:
    files = [alice.media_post(picture(each), "image/png", description=f"shade {each}") for each in (1, 2)]
    said = alice.status_post("two shades", media_ids=files, sensitive=True)
    assert [each.description for each in said.media_attachments] == ["shade 1", "shade 2"]
    address = bob.status(said).media_attachments[0].url
    assert httpx.get(address, timeout=60).headers["content-type"] == "image/png"
    assert [each.id for each in alice.timeline_public(only_media=True)][:1] == [said.id]
    words = alice.generate_media_edit_attributes(files[0], description="nearly black", focus=(0.1, 0.2))
    # The library names the files by their attributes; it fails when it is told them as well.
    edited = alice.status_update(said, "one shade", media_attributes=[words])
    assert [each.description for each in edited.media_attachments] == ["nearly black"]
    then = [[each.description for each in state.media_attachments] for state in alice.status_history(said)]
    assert then == [["shade 1"], ["nearly black"]]
    due = datetime.now(tz=UTC) + timedelta(hours=1)
    waiting = alice.status_post("later", media_ids=[files[1]], scheduled_at=due)
    assert [each["id"] for each in waiting.media_attachments] == [str(files[1].id)]
    alice.scheduled_status_delete(waiting)
    alice.status_delete(said, delete_media=True)
    assert httpx.get(address, timeout=60).status_code == 404


def test_streams_of_media_alone(alice: StrictMastodon, bob: StrictMastodon) -> None:
    file = alice.media_post(picture(), "image/png")
    with listening(bob.stream_local, only_media=True) as pictures:
        plain = alice.status_post("only words")
        said = alice.status_post("with a picture", media_ids=[file])
        # Word of what came before may still be on its way.
        heard = (pictures.next() for _ in range(10))
        told = next(status for name, status in heard if name == "update" and status.id in {plain.id, said.id})
        assert (told.id, told.media_attachments[0].id) == (said.id, file.id)


def test_pictures_of_a_profile(alice: StrictMastodon, tmp_path: Path) -> None:
    file = tmp_path / "me.png"
    file.write_bytes(picture(size=(64, 64)))
    mine = alice.account_update_credentials(avatar=str(file), header=str(file))
    assert httpx.get(mine.avatar, timeout=60).status_code == 200
    assert "/media/" in mine.header
    assert "/media/" not in alice.account_delete_avatar().avatar
    assert "/media/" not in alice.account_delete_header().header
    assert eventually(lambda: httpx.get(mine.avatar, timeout=60).status_code == 404)
