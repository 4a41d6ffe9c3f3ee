"""Pages to find things: tags followed and featured, what many talk about, whom to follow, and what staff decide."""

from datetime import timedelta

import pytest

from parley.discovery import ranking
from parley.kit import clock
from parley.kit.jobs import run_schedules
from parley.kit.services import Services
from tests.web.visitor import text_of
from tests.world import settle


@pytest.fixture
async def crowd(conn, join):
    """Four who have been here for weeks, and talk about the same."""
    with clock.shifted(timedelta(days=-30)):
        people = [await join(name) for name in ("carol", "dave", "erin", "fred")]
    for person in people:
        await person.sign_in()
        await person.says("Onto the roofs! #RoofGarden")
    return people


async def rank(services: Services) -> None:
    async with services.database.transaction() as conn:
        await ranking.rank_all(conn)


async def test_a_tag_is_followed_and_featured(alice, bob, anyone, services):
    await bob.says("Look at my #Garden")
    await settle(services)
    assert "1 person in the last two days" in text_of(await anyone.open("/tags/garden"))
    await alice.open("/tags/garden")
    assert "# Garden Unfollow" in text_of(await alice.does("/followed_tags/garden/follow"))
    await settle(services)
    assert "Look at my" in await alice.open("/home")
    assert "# Garden" in text_of(await alice.open("/settings/tags"))
    await alice.does("/followed_tags/garden/unfollow")
    assert "Look at my" not in await alice.open("/home")

    await bob.open("/settings/tags")
    answer = await bob.send("/settings/tags", name="12 3")
    assert answer.status_code == 422
    assert "Tag is invalid" in answer.text
    await bob.does("/settings/tags", name="Garden")
    assert "/@bob/tagged/garden" in await anyone.open("/@bob")
    assert "Look at my" in await anyone.open("/@bob/tagged/garden")
    settings = await bob.open("/settings/tags")
    action = next(each for each in settings.split('"') if each.endswith("/remove"))
    await bob.does(action)
    assert "/@bob/tagged/garden" not in await anyone.open("/@bob")
    await anyone.open("/@bob/tagged/12", status=404)


async def test_staff_decide_what_is_explored(crowd, conn, services, anyone, alice):
    carol, dave, erin, fred = crowd
    liked = await carol.says("Well said")
    for person in (dave, erin, fred):
        await person.open(liked)
        await person.does(f"/statuses/{liked.rpartition('/')[2]}/favourite")
    await settle(services)
    await rank(services)
    assert "Nothing stands out" in await anyone.open("/explore?show=tags")
    assert "Nothing stands out" in await anyone.open("/explore")
    await alice.open("/explore/review", status=403)

    await conn.execute("update users set role = 'moderator' where account_id = $1", fred.id)
    await fred.sign_in()
    review = await fred.open("/explore/review")
    actions = [each for each in review.split('"') if each.endswith("/allow")]
    for kind in ("tag", "author"):
        await fred.does(next(each for each in actions if f"/{kind}/" in each))
    assert "RoofGarden" in await anyone.open("/explore?show=tags")
    assert "4 people in the last two days" in text_of(anyone.page.text)
    assert "Well said" in await anyone.open("/explore")
    refusing = next(
        each for each in (await fred.open("/explore/review")).split('"') if each.endswith("/refuse")
    )
    await fred.does(refusing)
    assert "RoofGarden" not in await anyone.open("/explore?show=tags")
    log = text_of(await fred.open("/admin/log"))
    assert "refused as a trend the tag #RoofGarden" in log
    assert "allowed as trends all posts of @" in log


async def test_people_are_suggested_and_listed(crowd, alice, bob, services):
    carol, dave, _, _ = crowd
    await alice.open("/@carol")
    await alice.does(f"/accounts/{carol.id}/follow")
    await carol.open("/@dave")
    await carol.does(f"/accounts/{dave.id}/follow")
    await settle(services)
    people = text_of(await alice.open("/explore?show=people"))
    assert "@dave" in people
    assert "Followed by somebody you follow" in people
    assert "@dave" not in text_of(await alice.does(f"/suggestions/{dave.id}/dismiss"))

    await run_schedules(services)
    listed = text_of(await bob.open("/directory?order=new"))
    assert "@alice" in listed
    assert "@fred" in listed
    assert "@fred" in await bob.open("/directory")
