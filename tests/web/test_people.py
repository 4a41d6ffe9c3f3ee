"""Following, requests, muting, blocking, notes, lists, notifications, search."""

import pytest

from parley.kit.services import Services
from tests.web.visitor import Visitor, form_on, text_of
from tests.world import settle


async def test_following_and_unfollowing(alice: Visitor, bob: Visitor, anyone: Visitor) -> None:
    await alice.open("/@bob")
    page = await alice.does(f"/accounts/{bob.id}/follow")
    assert "You follow this account now" in text_of(page)
    assert alice.page.url.path == "/@bob"
    assert "follows you" in text_of(await bob.open("/@alice"))
    assert "alice" in text_of(await anyone.open("/@bob/followers"))
    assert "bob" in text_of(await anyone.open("/@alice/following"))
    await alice.open("/@bob")
    await alice.does(f"/accounts/{bob.id}/set_follow", notify="1")
    form = form_on(alice.page.text, f"/accounts/{bob.id}/set_follow")
    assert ("reblogs" in form.fields, form.fields.get("notify")) == (True, "1")
    await alice.does(f"/accounts/{bob.id}/unfollow")
    assert "Nobody yet" in text_of(await anyone.open("/@bob/followers"))


async def test_a_locked_account_is_asked(alice: Visitor, bob: Visitor) -> None:
    await alice.open("/settings")
    await alice.does("/settings", locked="1")
    await bob.open("/@alice")
    assert "Ask to follow" in bob.page.text
    assert "Its owner decides" in text_of(await bob.does(f"/accounts/{alice.id}/follow"))
    assert "Withdraw request" in bob.page.text
    assert "bob" in text_of(await alice.open("/follow_requests"))
    await alice.does(f"/accounts/{bob.id}/accept")
    assert "Nobody is waiting" in text_of(alice.page.text)
    assert "bob" in text_of(await alice.open("/@alice/followers"))
    await alice.does(f"/accounts/{bob.id}/remove_follower")
    await bob.open("/@alice")
    await bob.does(f"/accounts/{alice.id}/follow")
    await alice.open("/@bob")
    await alice.does(f"/accounts/{bob.id}/reject")
    answer = await alice.client.post(
        f"/accounts/{bob.id}/accept", data=form_on(alice.page.text, "/auth/sign_out").fields
    )
    assert answer.status_code == 404


async def test_muting_and_blocking_can_be_seen_and_undone(alice: Visitor, bob: Visitor) -> None:
    for act, undo, listed, seconds in (
        ("mute", "unmute", "/muted", "86400"),
        ("block", "unblock", "/blocked", ""),
    ):
        await alice.open("/@bob")
        await alice.does(f"/accounts/{bob.id}/{act}", seconds=seconds)
        page = text_of(await alice.open(listed))
        assert "bob" in page
        assert ("left" in page) == (act == "mute")
        await alice.does(f"/accounts/{bob.id}/{undo}")
        assert "nobody" in text_of(await alice.open(listed))


async def test_notes_are_for_oneself(alice: Visitor, bob: Visitor, anyone: Visitor) -> None:
    await alice.open("/@bob")
    await alice.does(f"/accounts/{bob.id}/note", note="owes me <5 apples>")
    assert form_on(alice.page.text, f"/accounts/{bob.id}/note").fields["note"] == "owes me <5 apples>"
    assert "apples" not in await bob.open("/@bob")
    assert "apples" not in await anyone.open("/@bob")


async def test_acts_that_make_no_sense(alice: Visitor) -> None:
    await alice.open("/home")
    token = form_on(alice.page.text, "/compose").fields["form_token"]
    for path, status in (
        (f"/accounts/{alice.id}/follow", 403),
        ("/accounts/123/follow", 404),
        ("/accounts/x/follow", 404),
        (f"/accounts/{alice.id}/explode", 404),
    ):
        answer = await alice.client.post(path, data={"form_token": token})
        assert answer.status_code == status, path


async def test_who_follows_whom_can_be_hidden(alice: Visitor, bob: Visitor) -> None:
    await bob.open("/@alice")
    await bob.does(f"/accounts/{alice.id}/follow")
    await alice.open("/settings")
    await alice.does("/settings", hide_collections="1")
    assert "doesn't show this" in text_of(await bob.open("/@alice/followers"))
    assert "bob" in text_of(await alice.open("/@alice/followers"))


async def test_lists(alice: Visitor, bob: Visitor, services: Services) -> None:
    await alice.open("/lists")
    blank = await alice.send("/lists", title=" ")
    assert (blank.status_code, 'id="e-title"' in blank.text) == (422, True)
    await alice.does("/lists", title="Close <friends>")
    edit = alice.page.url.path
    path = edit.removesuffix("/edit")
    for handle, complaint in (
        ("bob", "Only accounts that you follow"),
        ("nobody", "Nobody here"),
        ("?", "Nobody here"),
    ):
        refused = await alice.send(f"{path}/add", handle=handle)
        assert (refused.status_code, complaint in text_of(refused.text)) == (422, True)
    await alice.open("/@bob")
    await alice.does(f"/accounts/{bob.id}/follow")
    await alice.open(edit)
    assert "bob" in text_of(await alice.does(f"{path}/add", handle="@bob"))
    await bob.says("For the list")
    await settle(services)
    page = text_of(await alice.open(path))
    assert "Close <friends>" in page
    assert "For the list" in page
    await alice.open(edit)
    await alice.does(f"{path}/edit", title="Others", replies_policy="none", exclusive="1")
    assert "Others" in text_of(await alice.open("/lists"))
    await alice.open(edit)
    await alice.does(f"{path}/remove")
    assert "Nobody is on this list" in text_of(alice.page.text)
    await bob.open(path, status=404)
    await alice.open(edit)
    assert "The list is deleted" in text_of(await alice.does(f"{path}/delete"))
    await alice.open(path, status=404)


async def test_notifications(alice: Visitor, bob: Visitor, services: Services) -> None:
    path = await alice.says("Something <b>worth</b> a like")
    await bob.open(path)
    await bob.does(f"/statuses/{path.rpartition('/')[2]}/favourite")
    await bob.open(path)
    await bob.does("/compose", text="@alice I agree")
    await bob.open("/@alice")
    await bob.does(f"/accounts/{alice.id}/follow")
    await settle(services)
    assert "3 new" in text_of(f"<main{(await alice.open('/home')).partition('<body')[2]}</main>")
    page = text_of(await alice.open("/notifications"))
    for words in (
        "bob liked your post",
        "bob mentioned you",
        "bob follows you",
        "Something <b>worth</b> a like",
    ):
        assert words in page
    page = text_of(await alice.open("/notifications?only=likes"))
    assert "liked your post" in page
    assert "mentioned you" not in page
    assert "liked your post" in text_of(await alice.open("/notifications?only=nonsense"))
    await alice.does("/notifications/read")
    assert "All notifications are marked as read" in text_of(alice.page.text)
    assert " new" not in text_of(f"<main{alice.page.text.partition('<body')[2]}</main>").replace("New", "")
    # An old page, sent again, takes nothing back.
    token = form_on(alice.page.text, "/auth/sign_out").fields["form_token"]
    answer = await alice.client.post("/notifications/read", data={"form_token": token, "last_id": "1"})
    assert answer.status_code == 303
    assert "Unread notification" not in await alice.open("/notifications")


async def test_search(alice: Visitor, bob: Visitor, services: Services) -> None:
    await bob.open("/settings")
    await bob.does("/settings", display_name="Robert Roe", indexable="1")
    post = await bob.says("Blue whales sing. #Whales")
    await settle(services)
    for asked in ("bob", "@bob", "roe", "@bob@parley.test"):
        assert "@bob" in text_of(await alice.open(f"/search?q={asked}")), asked
    assert "Nobody of this name" in text_of(await alice.open("/search?q=%3Cnobody%3E&type=people"))
    assert "Find people" in text_of(await alice.open("/search?q="))
    assert (await alice.get("/search?q=%23Tomatoes")).headers["location"] == "/tags/Tomatoes"
    address = f"https://parley.test{post}"
    assert (await alice.get(f"/search?q={address}")).headers["location"] == post
    for asked in ("whale", "whale&type=posts", "from:bob&type=posts"):
        assert "Blue whales sing" in text_of(await alice.open(f"/search?q={asked}")), asked
    assert "Blue whales" not in text_of(await alice.open("/search?q=whale&type=tags"))
    assert "/tags/whales" in alice.page.text


@pytest.mark.parametrize("to", ["bob", "@bob", "bob%40elsewhere.test"])
async def test_writing_to_somebody(alice: Visitor, to: str) -> None:
    text = form_on(await alice.open(f"/compose?to={to}"), "/compose").fields["text"]
    assert text.startswith("@bob")
    assert text.endswith(" ")
