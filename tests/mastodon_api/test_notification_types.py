"""Notifications that do not come of what somebody did to a member: for staff, from staff, and of posts by bells."""

import pytest

from parley.identity.events import AccountCreated
from parley.kit.events import emit
from parley.mastodon_api.entities.notification import Notification
from parley.mastodon_api.entities.notification_group import GroupedNotificationsResults
from parley.timelines import celebrities, fan_out
from tests.identity.world import change_user
from tests.mastodon_api.answers import strictly
from tests.world import Cast, Member, join, make_cast, ok, settle

PATH, GROUPS = "/api/v1/notifications", "/api/v2/notifications"


@pytest.fixture
async def cast(conn, client) -> Cast:
    return await make_cast(conn, client)


async def told(member: Member) -> list[tuple[str, str]]:
    return [(each["type"], each["account"]["username"]) for each in ok(await member.get(PATH))]


async def test_staff_hear_of_reports_and_sign_ups_for_as_long_as_they_are_staff(
    cast, conn, client, services, shared_app
):
    staff = await join(conn, client, "moderator", role="moderator")
    new = await join(conn, client, "newcomer")
    await emit(conn, AccountCreated(new.id))
    said = await cast.bob.says("something bad")
    body = {"account_id": cast.bob.wire_id, "status_ids": [said["id"]], "comment": "See this"}
    ok(await cast.alice.post("/api/v1/reports", body))
    await settle(services)
    assert sorted(await told(staff)) == [("admin.report", "alice"), ("admin.sign_up", "newcomer")]
    for member in (cast.alice, cast.bob, cast.carol):
        assert await told(member) == []

    [about] = [each for each in ok(await staff.get(PATH)) if each["type"] == "admin.report"]
    one = strictly(await staff.get(f"{PATH}/{about['id']}"), Notification)
    assert about["report"]["target_account"]["username"] == "bob"
    assert (about["report"]["comment"], about["report"]["status_ids"]) == ("See this", [said["id"]])
    found = strictly(await staff.get(GROUPS), GroupedNotificationsResults).notification_groups
    [group] = [each for each in found if each.type == "admin.report"]
    assert group.report == one.report

    await change_user(conn, staff.id, role="user")
    shared_app.state.tokens.clear()
    assert await told(staff) == []
    assert strictly(await staff.get(GROUPS), GroupedNotificationsResults).notification_groups == []


async def test_a_bell_rings_for_posts_of_anybody_however_famous(cast, conn, services, monkeypatch):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    for member in (bob, carol):
        ok(await member.post(f"/api/v1/accounts/{alice.id}/follow", {"notify": True}))
    await settle(services)
    await alice.says("for few")
    await settle(services)
    assert await told(bob) == await told(carol) == [("status", "alice")]
    # Her followers are too many to be pushed to, and those with bells too many for one step.
    await conn.execute("insert into celebrities (account_id, since) values ($1, now())", alice.id)
    celebrities.clear()
    monkeypatch.setattr(fan_out, "BELLS_PER_STEP", 1)
    said = await alice.says("for many")
    await settle(services)
    celebrities.clear()
    assert await told(bob) == await told(carol) == [("status", "alice")] * 2
    # Neither answers to others nor boosts ring.
    other = await bob.says("@alice hello")
    await alice.says("@bob hello", in_reply_to_id=other["id"])
    ok(await alice.post(f"/api/v1/statuses/{other['id']}/reblog"))
    await settle(services)
    celebrities.clear()
    assert [each for each in await told(carol) if each[0] == "status"] == [("status", "alice")] * 2
    await alice.says("more", in_reply_to_id=said["id"])
    await settle(services)
    celebrities.clear()
    assert len(await told(carol)) == 3
