"""Whom to follow: suggestions with their sources, dismissals, and the directory."""

from datetime import timedelta

import msgspec
import pytest

from parley.discovery import ranking, suggestions
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.jobs import run_schedules
from parley.mastodon_api.entities.account import Account
from parley.mastodon_api.entities.trend import Suggestion
from tests.database import counted
from tests.mastodon_api.answers import strictly
from tests.world import Member, join, ok, refused, settle

SUGGESTIONS, DIRECTORY = "/api/v2/suggestions", "/api/v1/directory"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, suggested_accounts=("guide", "@nobody_here", "bad name"))


@pytest.fixture
async def people(conn, client) -> dict[str, Member]:
    """Who joined some days apart, long ago."""
    made = {}
    for days, name in enumerate(("alice", "bob", "carol", "dave", "erin", "fred", "guide")):
        with clock.shifted(timedelta(days=-30 + days)):
            made[name] = await join(conn, client, name)
    return made


async def suggested(member: Member) -> list[tuple[str, tuple[str, ...]]]:
    found = strictly(await member.get(SUGGESTIONS), list[Suggestion])
    return [(each.account.username, each.sources) for each in found]


async def test_friends_of_friends_come_with_picked_and_popular_ones(people, services, conn):
    alice, bob, carol = people["alice"], people["bob"], people["carol"]
    await alice.follows(bob)
    await alice.follows(carol)
    for friend in (bob, carol):
        await friend.follows(people["dave"])
    await bob.follows(people["erin"])
    for member in (people["dave"], people["erin"], bob):
        await member.follows(people["fred"])
    await settle(services)
    async with services.database.transaction() as transaction:
        await ranking.rank_all(transaction)
    found = strictly(await alice.get(SUGGESTIONS), list[Suggestion])
    assert [(each.account.username, each.source, each.sources) for each in found] == [
        ("guide", "staff", ("featured",)),
        ("dave", "past_interactions", ("friends_of_friends",)),
        *sorted(
            [
                ("erin", "past_interactions", ("friends_of_friends",)),
                ("fred", "past_interactions", ("friends_of_friends", "most_followed")),
            ],
            key=lambda each: people[each[0]].id,
        ),
    ]
    old = strictly(await alice.get("/api/v1/suggestions", limit=2), list[Account])
    assert [each.username for each in old] == ["guide", "dave"]
    assert await suggested(people["guide"]) == [("fred", ("most_followed",))]
    refused(await alice.client.get(SUGGESTIONS), 401)


async def test_nobody_is_suggested_whom_one_knows_or_who_wishes_not_to_be_found(people, services, conn):
    alice, bob, dave = people["alice"], people["bob"], people["dave"]
    await alice.follows(bob)
    for name in ("dave", "erin", "fred", "carol", "alice"):
        await bob.follows(people[name])
    ok(await alice.delete(f"/api/v1/suggestions/{people['guide'].id}"))
    assert {name for name, _ in await suggested(alice)} == {"carol", "dave", "erin", "fred"}

    ok(await alice.post(f"/api/v1/accounts/{people['erin'].id}/block"))
    ok(await people["fred"].post(f"/api/v1/accounts/{alice.id}/block"))
    ok(await alice.post(f"/api/v1/accounts/{people['carol'].id}/mute"))
    assert {name for name, _ in await suggested(alice)} == {"dave"}
    ok(
        await dave.client.patch(
            "/api/v1/accounts/update_credentials", json={"discoverable": False}, headers=dave.headers
        )
    )
    assert await suggested(alice) == []
    ok(
        await dave.client.patch(
            "/api/v1/accounts/update_credentials",
            json={"discoverable": True, "locked": True},
            headers=dave.headers,
        )
    )
    assert {name for name, _ in await suggested(alice)} == {"dave"}
    ok(await alice.post(f"/api/v1/accounts/{dave.id}/follow"))
    assert await suggested(alice) == [], "asked to follow"


async def test_what_friends_hide_is_not_given_away_and_lists_age(people, services, conn):
    alice, bob = people["alice"], people["bob"]
    await alice.follows(bob)
    await bob.follows(people["dave"])
    ok(
        await bob.client.patch(
            "/api/v1/accounts/update_credentials", json={"hide_collections": True}, headers=bob.headers
        )
    )
    assert await suggested(alice) == [("guide", ("featured",))]
    ok(
        await bob.client.patch(
            "/api/v1/accounts/update_credentials", json={"hide_collections": False}, headers=bob.headers
        )
    )
    with counted(conn) as kept:
        assert await suggested(alice) == [("guide", ("featured",))]
    assert kept.statements <= 9
    with clock.shifted(suggestions.FRESH_FOR + timedelta(minutes=1)):
        await suggested(alice)
        await settle(services)
        assert await suggested(alice) == [("guide", ("featured",)), ("dave", ("friends_of_friends",))]


async def test_dismissed_stays_dismissed(people, conn, monkeypatch):
    alice = people["alice"]
    assert ok(await alice.delete(f"/api/v1/suggestions/{people['guide'].id}")) == {}
    assert ok(await alice.delete(f"/api/v1/suggestions/{people['guide'].id}")) == {}
    assert await suggested(alice) == []
    assert await suggested(people["bob"]) == [("guide", ("featured",))]
    monkeypatch.setattr(suggestions, "DISMISSED_MAX", 2)
    for name in ("bob", "carol"):
        ok(await alice.delete(f"/api/v1/suggestions/{people[name].id}"))
    assert await suggested(alice) == [("guide", ("featured",))], "of too many, the oldest are forgotten"


async def test_the_directory_shows_who_wishes_to_be_found(people, services, conn):
    await run_schedules(services)
    newest = ["guide", "fred", "erin", "dave", "carol", "bob", "alice"]
    shown = strictly(await people["alice"].client.get(DIRECTORY, params={"order": "new"}), list[Account])
    assert [each.username for each in shown] == newest
    with clock.shifted(timedelta(days=-3)):
        await people["bob"].says("three days ago")
    await people["carol"].says("today")
    await settle(services)
    active = await people["alice"].get(DIRECTORY, limit=2, local="true")
    assert [each["username"] for each in ok(active)] == ["carol", "bob"]
    rest = await people["alice"].client.get(active.links["next"]["url"], headers=people["alice"].headers)
    assert len(ok(rest)) == 2

    erin, fred, alice = people["erin"], people["fred"], people["alice"]
    ok(
        await erin.client.patch(
            "/api/v1/accounts/update_credentials", json={"discoverable": False}, headers=erin.headers
        )
    )
    ok(await alice.post(f"/api/v1/accounts/{fred.id}/block"))
    await conn.execute("update accounts set limited_at = $2 where id = $1", people["dave"].id, clock.now())
    await conn.execute(
        "update account_counts set version = version + 1 where account_id = $1", people["dave"].id
    )
    await settle(services)
    for order in ("new", "active"):
        found = ok(await alice.get(DIRECTORY, order=order))
        assert {each["username"] for each in found} == {"guide", "carol", "bob", "alice"}
    refused(await alice.get(DIRECTORY, order="loudest"), 422)
