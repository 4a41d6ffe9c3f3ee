"""Posting, replying, editing, deleting, polls, and what one does with posts: like, boost, bookmark, pin, mute."""

import pytest

from parley.kit.db import Connection
from tests.web.conftest import Joining
from tests.web.visitor import Visitor, form_on, text_of


async def test_a_form_sent_twice_posts_once(alice: Visitor, conn: Connection) -> None:
    await alice.open("/compose")
    for _ in range(2):
        assert (await alice.send("/compose", text="Once")).status_code == 303
    assert await conn.fetch_value("select count(*) from statuses") == 1


async def test_what_was_typed_survives_a_refusal(alice: Visitor, conn: Connection) -> None:
    await alice.open("/compose")
    typed = {
        "text": "\n too long " + "x" * 1000,
        "spoiler_text": "a warning",
        "visibility": "private",
        "language": "de",
        "poll_option": ["one", "two", "", ""],
        "poll_expires_in": "3600",
        "poll_multiple": "1",
    }
    answer = await alice.send("/compose", **typed)
    assert answer.status_code == 422
    assert "Text character limit of 1000 exceeded." in text_of(answer.text)
    kept = form_on(answer.text, "/compose").fields
    assert {name: kept[name] for name in typed} == typed
    assert await conn.fetch_value("select count(*) from statuses") == 0


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"text": "   "}, "can't be blank"),
        ({"text": "x", "visibility": "everyone"}, "not included"),
        ({"text": "x", "language": "no language"}, "not a valid language"),
        ({"text": "x", "poll_option": ["alone"]}, "at least 2"),
        ({"text": "x", "poll_option": ["a", "b"], "poll_expires_in": "1"}, "at least 300 seconds"),
        ({"text": "x", "in_reply_to_id": "123"}, "does not appear to exist"),
    ],
)
async def test_refusals_say_why(alice: Visitor, fields: dict[str, object], complaint: str) -> None:
    await alice.open("/compose")
    answer = await alice.send("/compose", **fields)
    assert answer.status_code == 422
    assert complaint in text_of(answer.text)


async def test_preferences_fill_the_form(alice: Visitor) -> None:
    await alice.open("/settings/preferences")
    await alice.does("/settings/preferences", visibility="unlisted", language="fr")
    fields = form_on(await alice.open("/compose"), "/compose").fields
    assert (fields["visibility"], fields["language"]) == ("unlisted", "fr")


async def test_a_reply_names_whom_it_answers_and_goes_no_further(alice: Visitor, join: Joining) -> None:
    bob, carol = await join("bob"), await join("carol")
    path = await alice.says("Hello @bob and @carol", visibility="direct", spoiler_text="between us")
    fields = form_on(await bob.open(path), "/compose").fields
    assert fields["text"] == "@alice @carol "
    assert fields["visibility"] == "direct"
    assert fields["spoiler_text"] == "between us"
    page = await bob.does("/compose", text="@alice @carol Hi")
    assert bob.page.url.path.startswith("/@bob/")
    assert "only those it mentions can see it" in text_of(page)
    await carol.open(bob.page.url.path)


async def test_editing(alice: Visitor, anyone: Visitor) -> None:
    path = await alice.says("First <words>", spoiler_text="careful", poll_option=["yes", "no", "", ""])
    action = f"/statuses/{path.rpartition('/')[2]}/edit"
    fields = form_on(await alice.open(action), action).fields
    assert (fields["text"], fields["spoiler_text"]) == ("First <words>", "careful")
    too_long = await alice.send(action, text="x" * 1001)
    assert (too_long.status_code, "exceeded" in text_of(too_long.text)) == (422, True)
    page = text_of(await alice.does(action, text="Second words"))
    assert alice.page.url.path == path
    assert "Your post is changed" in page
    page = text_of(await anyone.open(path))
    assert "Second words" in page
    assert "First" not in page
    assert "edited" in page
    assert "yes" in page
    page = text_of(await anyone.open(f"{path}/edits"))
    assert page.index("Second words") < page.index("First <words>")
    assert page.count("yes") == 2


async def test_deleting_asks_first(alice: Visitor, anyone: Visitor) -> None:
    path = await alice.says("Soon gone")
    action = f"/statuses/{path.rpartition('/')[2]}/delete"
    await alice.open(f"{action}?back={path}")
    await anyone.open(path)
    assert "Your post is deleted" in text_of(await alice.does(action))
    assert alice.page.url.path == "/home"
    await anyone.open(path, status=404)
    assert "Soon gone" not in await alice.open("/home")


async def test_likes_boosts_and_bookmarks_toggle_where_one_is(alice: Visitor, bob: Visitor) -> None:
    path = await alice.says("Like me")
    status_id = path.rpartition("/")[2]
    for act, undo, listed in (
        ("favourite", "unfavourite", "/favourites"),
        ("bookmark", "unbookmark", "/bookmarks"),
        ("reblog", "unreblog", "/@bob"),
    ):
        await bob.open("/local")
        answer = await bob.send(f"/statuses/{status_id}/{act}")
        assert answer.headers["location"] == f"/local#s{status_id}"
        assert "Like me" in await bob.open(listed)
        await bob.open("/local")
        await bob.does(f"/statuses/{status_id}/{undo}")
        assert "Like me" not in await bob.open(listed)


async def test_counts_stand_beside_the_buttons(alice: Visitor, bob: Visitor, anyone: Visitor) -> None:
    path = await alice.says("Count me")
    await bob.open(path)
    await bob.does(f"/statuses/{path.rpartition('/')[2]}/favourite")
    assert 'aria-label="Take the like back, 1"' in bob.page.text
    assert "1 like" in text_of(await anyone.open(path))
    assert "@bob" in text_of(await anyone.open(f"{path}/likes"))
    assert "Nobody yet" in text_of(await anyone.open(f"{path}/boosts"))


async def test_a_followers_only_post_offers_no_boost(alice: Visitor, bob: Visitor) -> None:
    await bob.open("/@alice")
    await bob.does(f"/accounts/{alice.id}/follow")
    path = await alice.says("For followers", visibility="private")
    status_id = path.rpartition("/")[2]
    await bob.open(path)
    assert f"/statuses/{status_id}/reblog" not in bob.page.text
    token = form_on(bob.page.text, "/compose").fields["form_token"]
    answer = await bob.client.post(f"/statuses/{status_id}/reblog", data={"form_token": token, "back": path})
    assert answer.status_code == 403
    assert f'href="{path}"' in answer.text


async def test_pins_stand_above_on_the_profile(alice: Visitor, anyone: Visitor) -> None:
    path = await alice.says("Pin me")
    await alice.says("Newer")
    await alice.open(path)
    await alice.does(f"/statuses/{path.rpartition('/')[2]}/pin")
    page = text_of(await anyone.open("/@alice"))
    assert page.index("Pinned") < page.index("Pin me") < page.index("Newer")
    await alice.open(path)
    await alice.does(f"/statuses/{path.rpartition('/')[2]}/unpin")
    assert "Pinned" not in await anyone.open("/@alice")


async def test_muting_a_conversation(alice: Visitor) -> None:
    path = await alice.says("A long talk")
    status_id = path.rpartition("/")[2]
    await alice.open(path)
    assert "no more of this conversation" in text_of(await alice.does(f"/statuses/{status_id}/mute"))
    assert f"/statuses/{status_id}/unmute" in alice.page.text


async def test_polls(alice: Visitor, bob: Visitor, anyone: Visitor) -> None:
    path = await alice.says("Which?", poll_option=["red", "blue", "", ""], poll_expires_in="3600")
    assert "1 hour left" in text_of(await alice.open(path))
    assert 'name="choice"' not in alice.page.text
    page = await bob.open(path)
    action = next(part.partition('"')[0] for part in page.split('action="') if part.startswith("/polls/"))
    nothing = await bob.send(action)
    assert nothing.status_code == 422
    both = await bob.send(action, choice=["0", "1"])
    assert (both.status_code, "only one option" in text_of(both.text).lower()) == (422, True)
    page = text_of(await bob.does(action, choice="1"))
    assert "Your vote is counted" in page
    assert "blue your choice" in page
    assert "100 %" in page
    assert "1 person voted" in text_of(await anyone.open(path))


@pytest.mark.parametrize(
    "path", ["/statuses/1/favourite", "/statuses/x/favourite", "/statuses/1/explode", "/polls/1/votes"]
)
async def test_acts_on_what_is_not_there(alice: Visitor, path: str) -> None:
    await alice.open("/compose")
    token = form_on(alice.page.text, "/compose").fields["form_token"]
    assert (await alice.client.post(path, data={"form_token": token, "choice": "0"})).status_code == 404
