"""Quoting, limiting who may answer, and posts that wait for their time."""

from datetime import timedelta

from parley import worker
from parley.kit import clock
from parley.kit.services import Services
from tests.web.conftest import Joining
from tests.web.visitor import Visitor, form_on, text_of
from tests.world import settle

JOBS = worker.JOB_MODULES


def field_time(**by: float) -> str:
    return f"{clock.now() + timedelta(**by):%Y-%m-%dT%H:%M}"


async def test_quoting_and_taking_it_back(alice: Visitor, bob: Visitor, services: Services) -> None:
    said = await alice.says("Worth <quoting>")
    status_id = said.rpartition("/")[2]
    assert f"/compose?quote={status_id}" in await bob.open(said)
    assert "Worth <quoting>" in text_of(await bob.open(f"/compose?quote={status_id}"))
    answer = await bob.send("/compose", text=" ")
    assert answer.status_code == 422
    assert "Worth <quoting>" in text_of(answer.text)
    shown = await bob.does("/compose", text="Look here")
    assert "Look here" in text_of(shown)
    assert "Worth <quoting>" in text_of(shown)
    assert "RE:" not in text_of(shown)
    await settle(services)
    assert f'href="{said}/quotes"' in await alice.open(said)
    page = await alice.open(f"{said}/quotes")
    (action,) = [each for each in page.split('"') if each.endswith("/revoke")]
    await bob.open(f"{said}/quotes")
    assert "/revoke" not in bob.page.text
    await alice.open(f"{said}/quotes")
    assert "None yet." in text_of(await alice.does(action))
    assert "taken their post out" in text_of(await bob.open(await bob.newest_path()))


async def test_what_may_not_be_quoted_or_answered(alice: Visitor, bob: Visitor) -> None:
    said = await alice.says("Mine", quote_policy="nobody", reply_policy="nobody")
    status_id = said.rpartition("/")[2]
    page = await bob.open(said)
    assert "/compose?quote=" not in page
    assert "Only its author can reply" in text_of(page)
    await bob.open(f"/compose?quote={status_id}", 403)
    await bob.open("/compose")
    assert (await bob.send("/compose", text="x", quoted_status_id=status_id)).status_code == 422
    assert (await bob.send("/compose", text="x", in_reply_to_id=status_id)).status_code == 422
    assert (await bob.send("/compose", text="x", reply_policy="some")).status_code == 422
    action = f"/statuses/{status_id}/edit"
    fields = form_on(await alice.open(action), action).fields
    assert (fields["quote_policy"], fields["reply_policy"]) == ("nobody", "nobody")
    await alice.does(action, quote_policy="public", reply_policy="everybody")
    page = await bob.open(said)
    assert f"/compose?quote={status_id}" in page
    assert form_on(page, "/compose").fields["in_reply_to_id"] == status_id
    await alice.open("/settings/preferences")
    await alice.does("/settings/preferences", quote_policy="followers")
    assert form_on(await alice.open("/compose"), "/compose").fields["quote_policy"] == "followers"


async def test_a_post_that_waits(alice: Visitor, join: Joining, services: Services) -> None:
    await alice.open("/compose")
    for wrong in ("yesterday", field_time(minutes=1)):
        assert (await alice.send("/compose", text="Later", scheduled_at=wrong)).status_code == 422
    page = await alice.does("/compose", text="Later", scheduled_at=field_time(hours=2))
    assert "Later" in text_of(page)
    (change,) = [each for each in page.split('"') if each.endswith("/time")]
    assert (await alice.send(change, scheduled_at="soon")).status_code == 422
    await alice.open("/scheduled")
    await alice.does(change, scheduled_at=field_time(hours=1))
    with clock.shifted(timedelta(hours=1, minutes=1)):
        await settle(services)
    assert "Later" in text_of(await alice.open("/@alice"))
    assert "Nothing waits" in text_of(await alice.open("/scheduled"))
    await alice.open("/compose")
    page = await alice.does("/compose", text="Never", scheduled_at=field_time(hours=1))
    (delete,) = [each for each in page.split('"') if each.endswith("/delete")]
    stranger = await join("carol")
    await stranger.open("/scheduled")
    assert "Never" not in stranger.page.text
    assert "Nothing waits" in text_of(await alice.does(delete))


async def test_what_could_not_be_posted_is_not_lost(alice: Visitor, bob: Visitor, services: Services) -> None:
    said = await bob.says("Soon gone")
    status_id = said.rpartition("/")[2]
    await alice.open(said)
    await alice.does("/compose", text="My answer", scheduled_at=field_time(hours=1))
    await bob.open(f"/statuses/{status_id}/delete")
    await bob.does(f"/statuses/{status_id}/delete")
    with clock.shifted(timedelta(hours=2)):
        await settle(services)
    page = text_of(await alice.open("/scheduled"))
    assert "Could not be posted" in page
    assert "My answer" in page
