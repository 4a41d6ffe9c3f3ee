"""Notifications as pages: what stands as one, who waits to be heard, whose notifications are let through, clearing."""

from parley.kit.services import Services
from tests.web.conftest import Joining
from tests.web.visitor import Visitor, form_on, text_of
from tests.world import settle


async def test_several_likes_are_one_line(alice: Visitor, join: Joining, services: Services) -> None:
    path = await alice.says("Worth a like")
    for number in range(4):
        fan = await join(f"fan{number}")
        await fan.open(path)
        await fan.does(f"/statuses/{path.rpartition('/')[2]}/favourite")
        await settle(services)
        page = text_of(await alice.open("/notifications"))
        assert page.count("liked your post") == 1
        expected = (
            "fan0 liked",
            "fan1 and fan0 liked",
            "fan2 , fan1 and 1 other liked",
            "fan3 , fan2 and 2 others liked",
        )
        assert expected[number].replace(" ,", ",") in page.replace(" ,", ",")
    await alice.does("/notifications/clear")
    assert "All notifications are gone" in text_of(alice.page.text)
    assert "Nothing yet" in text_of(alice.page.text)


async def test_who_waits_is_let_through_or_turned_away(
    alice: Visitor, bob: Visitor, join: Joining, services: Services
) -> None:
    carol = await join("carol")
    for visitor in (bob, carol):
        await visitor.says("@alice psst, this is for you", visibility="direct")
        await settle(services)
    page = text_of(await alice.open("/notifications"))
    assert "2 people wait to be heard" in page
    assert "psst" not in page
    page = await alice.open("/notifications/requests")
    assert text_of(page).index("@carol") < text_of(page).index("@bob")
    assert "psst, this is for you" in text_of(page)
    assert "1 notification" in text_of(page)
    of_carol, of_bob = [
        line.partition('"')[0]
        for line in page.split('action="/notifications/requests/')[1:]
        if "/accept" in line[:40]
    ]
    await alice.does(f"/notifications/requests/{of_bob}")
    assert "You will hear from them from now on" in text_of(alice.page.text)
    await alice.does(f"/notifications/requests/{of_carol.replace('accept', 'dismiss')}")
    assert "Nobody waits" in text_of(alice.page.text)
    await settle(services)
    page = text_of(await alice.open("/notifications"))
    assert "bob mentioned you" in page
    assert "carol" not in page
    token = {"form_token": form_on(alice.page.text, "/auth/sign_out").fields["form_token"]}
    for path in (of_bob, "1/nonsense", "nonsense/accept"):
        answer = await alice.client.post(f"/notifications/requests/{path}", data=token)
        assert answer.status_code == 404


async def test_the_policy_is_a_setting(alice: Visitor, bob: Visitor, services: Services) -> None:
    await alice.open("/settings/notifications")
    form = form_on(alice.page.text, "/settings/notifications").fields
    assert (form["for_not_following"], form["for_private_mentions"]) == ("accept", "filter")
    answer = await alice.send("/settings/notifications", for_not_following="nonsense")
    assert answer.status_code == 422
    await alice.open("/settings/notifications")
    await alice.does("/settings/notifications", for_not_following="drop")
    assert "Your preferences are saved" in text_of(alice.page.text)
    form = form_on(alice.page.text, "/settings/notifications").fields
    assert (form["for_not_following"], form["for_private_mentions"]) == ("drop", "filter")
    await bob.says("@alice hello")
    await settle(services)
    assert "mentioned you" not in text_of(await alice.open("/notifications"))
