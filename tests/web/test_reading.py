"""Timelines, threads, profiles and tags as pages: who sees what, paging, and that nobody's words become markup."""

import pytest

from parley.kit.db import Connection
from parley.kit.services import Services
from tests.web.conftest import Joining
from tests.web.visitor import Visitor, text_of
from tests.world import settle

NASTY = "<script>alert(1)</script> <img src=x onerror=alert(2)> \"'&amp;"


async def test_the_front_page_is_for_visitors(anyone: Visitor, alice: Visitor) -> None:
    await alice.says("Hello, world")
    page = text_of(await anyone.open("/"))
    assert "Hello, world" in page
    assert "Sign up" in page
    assert (await alice.get("/")).headers["location"] == "/home"


async def test_home_shows_own_posts_at_once_and_those_of_the_followed(
    alice: Visitor, bob: Visitor, services: Services
) -> None:
    assert "Nothing here yet" in text_of(await alice.open("/home"))
    await alice.open("/@bob")
    await alice.does(f"/accounts/{bob.id}/follow")
    await bob.says("From bob")
    await settle(services)
    await alice.open("/home")
    page = text_of(await alice.does("/compose", text="From alice"))
    assert "Your post is out" in page
    assert page.index("From alice") < page.index("From bob")
    assert "From bob" in text_of(await bob.open("/home"))
    assert "From alice" not in text_of(await bob.open("/home"))


async def test_local_and_tags_are_open_to_all(alice: Visitor, anyone: Visitor) -> None:
    await alice.says("About #Tomatoes")
    await alice.says("A quiet one about #tomatoes", visibility="unlisted")
    for path in ("/local", "/tags/tomatoes", "/tags/TOMATOES"):
        page = text_of(await anyone.open(path))
        assert "About # Tomatoes" in page
        assert "A quiet one" not in page
    await anyone.open("/tags/not%20a%20tag", status=404)


async def test_paging_walks_to_the_end_and_back(alice: Visitor, anyone: Visitor) -> None:
    await _says_many(alice, 23)
    first = await anyone.open("/local")
    assert "Post number 22 ends" in first
    assert "Post number 2 ends" not in first
    assert 'rel="prev"' not in first
    older = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = await anyone.open(older.replace("&amp;", "&"))
    assert all(f"Post number {number} ends" in second for number in range(3))
    assert "Post number 3 ends" not in second
    assert 'rel="next"' not in second
    newer = second.partition('rel="prev"')[0].rpartition('href="')[2].partition('"')[0]
    again = await anyone.open(newer.replace("&amp;", "&"))
    assert "Post number 22 ends" in again
    assert "Post number 3 ends" in again
    for nonsense in ("?max_id=x", "?min_id=-1", "?max_id=99999999999999999999"):
        assert "Post number 22 ends" in await anyone.open(f"/local{nonsense}")


async def test_a_thread_around_a_post(alice: Visitor, bob: Visitor, anyone: Visitor) -> None:
    root = await alice.says("The beginning")
    await bob.open(root)
    await bob.does("/compose", text="@alice The answer")
    answer = bob.page.url.path
    await alice.open(answer)
    await alice.does("/compose", text="@bob The answer to that")
    page = text_of(await anyone.open(answer))
    assert page.index("The beginning") < page.index("The answer") < page.index("The answer to that")
    assert "Sign in to reply" in page
    assert "In reply to @alice" in text_of(await anyone.open("/@bob?replies=1"))
    assert "The answer" not in text_of(await anyone.open("/@bob"))


async def test_a_wall_of_lines_is_cut_but_where_it_stands_alone(alice: Visitor, anyone: Visitor) -> None:
    path = await alice.says("\n".join(f"line {number}" for number in range(60)))
    await alice.says("\n".join(f"short {number}" for number in range(20)))
    assert text_of(await anyone.open("/local")).count("Read on") == 1
    page = text_of(await anyone.open(path))
    assert ("Read on" in page, "line 59" in page) == (False, True)


async def test_a_post_has_one_address(alice: Visitor, bob: Visitor, anyone: Visitor) -> None:
    path = await alice.says("Here")
    status_id = path.rpartition("/")[2]
    assert (await anyone.get(f"/@bob/{status_id}")).headers["location"] == path
    assert (await anyone.get(f"/@ALICE/{status_id}")).headers["location"] == path
    for wrong in (f"/alice/{status_id}", "/@alice/123", "/@alice/x", f"/@alice/{status_id}/x"):
        await anyone.open(wrong, status=404)


@pytest.mark.parametrize(("visibility", "allowed"), [("private", {"follower"}), ("direct", {"mentioned"})])
async def test_others_private_posts_are_not_there(
    alice: Visitor, anyone: Visitor, join: Joining, visibility: str, allowed: set[str]
) -> None:
    cast = {name: await join(name) for name in ("follower", "mentioned", "stranger")}
    await cast["follower"].open("/@alice")
    await cast["follower"].does(f"/accounts/{alice.id}/follow")
    words = "secret words @mentioned" if visibility == "direct" else "secret words"
    path = await alice.says(words, visibility=visibility)
    status_id = path.rpartition("/")[2]
    for name, visitor in {**cast, "anyone": anyone}.items():
        expected = 200 if name in allowed else 404
        assert ("secret words" in text_of(await visitor.open(path, status=expected))) == (name in allowed), (
            name
        )
        for more in ("edits", "likes", "boosts"):
            await visitor.open(f"{path}/{more}", status=expected)
        listed = await visitor.open("/@alice?replies=1")
        assert ("secret words" in listed) == (name in allowed), name
        if name not in allowed and visitor is not anyone:
            await visitor.open("/compose")
            token = {"form_token": _token(visitor)}
            for act in ("favourite", "reblog", "bookmark", "mute"):
                answer = await visitor.client.post(f"/statuses/{status_id}/{act}", data=token)
                assert answer.status_code == 404
            answer = await visitor.client.post(
                "/compose", data={**token, "text": "hi", "in_reply_to_id": status_id}
            )
            assert "secret" not in answer.text
            assert answer.status_code == 422


async def test_others_posts_can_not_be_edited_or_deleted(alice: Visitor, bob: Visitor) -> None:
    status_id = (await alice.says("Mine")).rpartition("/")[2]
    await bob.open("/compose")
    for act in ("edit", "delete"):
        await bob.open(f"/statuses/{status_id}/{act}", status=404)
        await bob.open("/compose")
        answer = await bob.client.post(
            f"/statuses/{status_id}/{act}", data={"form_token": _token(bob), "text": "Yours"}
        )
        assert answer.status_code == 404


async def test_who_is_blocked_sees_no_posts(alice: Visitor, bob: Visitor) -> None:
    path = await alice.says("Not for bob")
    await alice.open("/@bob")
    await alice.does(f"/accounts/{bob.id}/block")
    page = text_of(await bob.open("/@alice"))
    assert "You can't see the posts of this account" in page
    assert "Not for bob" not in page
    await bob.open(path, status=404)


async def test_a_suspended_profile_is_gone(alice: Visitor, anyone: Visitor, conn: Connection) -> None:
    path = await alice.says("Here today")
    await conn.execute("update accounts set suspended_at = now() where id = $1", alice.id)
    await conn.execute("update account_counts set version = version + 1 where account_id = $1", alice.id)
    await anyone.open("/@alice", status=410)
    await anyone.open(path, status=404)


async def test_words_never_become_markup(alice: Visitor, anyone: Visitor) -> None:
    await alice.open("/settings")
    await alice.does(
        "/settings",
        display_name="<i>Al</i> \"'&",
        note=NASTY,
        field_name=["<u>name</u>", "", "", ""],
        field_value=[NASTY, "", "", ""],
    )
    path = await alice.says(NASTY, spoiler_text="<b>warning</b>", poll_option=["<s>one</s>", "<s>two</s>"])
    for page in (
        await anyone.open("/@alice"),
        await anyone.open(path),
        await alice.open("/home"),
        await anyone.open("/"),
    ):
        # The layout's own, and no other.
        assert page.count("<script") == page.count('<script src="/static/parley.js?') == 1
        for tag in ("<img src=x", "<i>", "<u>", "<b>warning", "<s>"):
            assert tag not in page
    page = text_of(await anyone.open(path))
    assert "<script>alert(1)</script>" in page
    assert "<s>one</s>" in page
    assert "<b>warning</b>" in page


async def test_a_page_is_a_bounded_number_of_statements(alice: Visitor, conn: Connection) -> None:
    await _says_many(alice, 20)
    await alice.open("/home")
    before = conn.statements  # type: ignore[attr-defined]
    await alice.open("/home")
    assert conn.statements - before <= 8  # type: ignore[attr-defined]


async def _says_many(visitor: Visitor, count: int) -> None:
    await visitor.open("/compose")
    for number in range(count):
        await visitor.send("/compose", text=f"Post number {number} ends", key=str(number))


def _token(visitor: Visitor) -> str:
    return visitor.page.text.partition('name="form_token" value="')[2].partition('"')[0]
