"""What a member's policy holds back or drops; who waits, and is let through or turned away."""

from datetime import timedelta

import pytest

from parley.kit import clock
from parley.kit.ids import bucket_of
from parley.mastodon_api.entities.notification_policy import (
    Merged,
    NotificationPolicy,
    NotificationRequest,
    OldNotificationPolicy,
)
from tests.database import counted
from tests.identity.world import change_user
from tests.mastodon_api.answers import strictly
from tests.world import Cast, Member, join, make_cast, ok, refused, settle

LIST = "/api/v1/notifications"
POLICY, OLD_POLICY = "/api/v2/notifications/policy", "/api/v1/notifications/policy"
REQUESTS = "/api/v1/notifications/requests"


@pytest.fixture
async def cast(conn, client) -> Cast:
    return await make_cast(conn, client)


async def heard(member: Member, **query) -> list[str]:
    """From whom, newest first."""
    return [each["account"]["username"] for each in ok(await member.get(LIST, **query))]


async def waiting(member: Member, **query) -> list[str]:
    return [each["account"]["username"] for each in ok(await member.get(REQUESTS, **query))]


async def sets(member: Member, **choices: str) -> NotificationPolicy:
    answer = await member.client.patch(POLICY, json=choices, headers=member.headers)
    return strictly(answer, NotificationPolicy)


async def age(conn, member: Member, days: int) -> None:
    await conn.execute(
        "update accounts set created_at = $3 where bucket = $1 and id = $2",
        bucket_of(member.id),
        member.id,
        clock.now() - timedelta(days=days),
    )


async def test_a_policy_is_read_and_changed_in_both_versions(cast):
    alice = cast.alice
    first = strictly(await alice.get(POLICY), NotificationPolicy)
    choices = (first.for_not_following, first.for_not_followers, first.for_new_accounts)
    assert choices == ("accept",) * 3
    assert (first.for_private_mentions, first.for_limited_accounts) == ("filter", "filter")
    changed = await sets(alice, for_not_following="drop", for_private_mentions="accept")
    assert (changed.for_not_following, changed.for_limited_accounts) == ("drop", "filter")
    refused(await alice.put(POLICY, {"for_new_accounts": "nonsense"}), 422)
    old = strictly(await alice.get(OLD_POLICY), OldNotificationPolicy)
    assert (old.filter_not_following, old.filter_private_mentions) == (True, False)
    put = strictly(await alice.put(OLD_POLICY, {"filter_not_followers": True}), OldNotificationPolicy)
    assert put.filter_not_followers
    # What the first version can't say stays as it is.
    assert ok(await alice.get(POLICY))["for_not_following"] == "drop"
    assert ok(await cast.bob.get(POLICY))["for_not_followers"] == "accept"


async def test_a_strangers_private_mention_waits_until_accepted(cast, services):
    alice, bob = cast.alice, cast.bob
    first = await bob.says("@alice psst", visibility="direct")
    await bob.says("@alice hello?", visibility="direct")
    await settle(services)
    assert await heard(alice) == []
    assert ok(await alice.get(f"{LIST}/unread_count")) == {"count": 0}
    assert await heard(alice, include_filtered="true") == ["bob", "bob"]
    grouped = ok(await alice.get("/api/v2/notifications", include_filtered="true"))
    assert len(grouped["notification_groups"]) == 2
    summary = strictly(await alice.get(POLICY), NotificationPolicy).summary
    assert (summary.pending_requests_count, summary.pending_notifications_count) == (1, 2)

    [listed] = ok(await alice.get(REQUESTS))
    request = strictly(await alice.get(f"{REQUESTS}/{listed['id']}"), NotificationRequest)
    assert (request.account.username, request.notifications_count) == ("bob", "2")
    assert request.last_status is not None
    assert request.last_status.id != first["id"]
    for path in (f"{REQUESTS}/{request.id}", f"{REQUESTS}/nonsense"):
        refused(await cast.carol.get(path), 404)
        refused(await cast.carol.post(f"{path}/accept"), 404)
        refused(await cast.carol.post(f"{path}/dismiss"), 404)

    assert ok(await alice.post(f"{REQUESTS}/{request.id}/accept")) == {}
    assert strictly(await alice.get(f"{REQUESTS}/merged"), Merged).merged is False
    assert await waiting(alice) == []
    await settle(services)
    assert strictly(await alice.get(f"{REQUESTS}/merged"), Merged).merged is True
    assert await heard(alice) == ["bob", "bob"]
    await bob.says("@alice thank you", visibility="direct")
    await settle(services)
    assert await heard(alice) == ["bob", "bob", "bob"]
    # What is gone, or can't be seen any more, is shown to nobody.
    said = await cast.carol.says("@alice psst", visibility="direct")
    await settle(services)
    [by_carol] = ok(await alice.get(REQUESTS))
    assert by_carol["last_status"]["id"] == said["id"]
    ok(await cast.carol.delete(f"/api/v1/statuses/{said['id']}"))
    assert ok(await alice.get(f"{REQUESTS}/{by_carol['id']}"))["last_status"] is None
    await settle(services)
    refused(await alice.get(f"{REQUESTS}/{by_carol['id']}"), 404)
    assert await waiting(alice) == []
    # A block takes back that, too.
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/block"))
    await settle(services)
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/unblock"))
    await bob.says("@alice again?", visibility="direct")
    await settle(services)
    assert (await heard(alice), await waiting(alice)) == ([], ["bob"])


async def test_answers_and_those_one_follows_need_no_leave(cast, conn, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    asked = await alice.says("@bob are you there?", visibility="direct")
    answer = await bob.says("@alice yes", visibility="direct", in_reply_to_id=asked["id"])
    await bob.says("@alice I am", visibility="direct", in_reply_to_id=answer["id"])
    await alice.follows(carol)
    await carol.says("@alice hi", visibility="direct")
    await settle(services)
    assert sorted(await heard(alice)) == ["bob", "bob", "carol"]
    # Whom alice has not spoken to can't answer, whatever the thread is.
    public = await alice.says("good morning")
    stranger = await join(conn, alice.client, "stranger")
    await stranger.says("@alice buy this", visibility="direct", in_reply_to_id=public["id"])
    await settle(services)
    assert await waiting(alice) == ["stranger"]
    # Staff always reach members.
    await change_user(conn, stranger.id, role="moderator")
    await stranger.says("@alice about your account", visibility="direct")
    await settle(services)
    assert (await heard(alice))[0] == "stranger"


async def test_each_kind_of_stranger(cast, conn, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    post = await alice.says("hello")
    old, new, limited, follower = [
        await join(conn, alice.client, name) for name in ("old", "new", "limited", "follower")
    ]
    for member in (old, limited, follower):
        await age(conn, member, 31)
    await conn.execute(
        "update accounts set limited_at = created_at where bucket = $1 and id = $2",
        bucket_of(limited.id),
        limited.id,
    )
    with clock.shifted(timedelta(days=-4)):
        await follower.follows(alice)
        await settle(services)
    await bob.follows(alice)
    await alice.follows(carol)
    await settle(services)
    ok(await alice.post(f"{LIST}/clear"))
    everybody = (bob, carol, old, new, limited, follower)

    async def through(**choices: str) -> tuple[set[str], set[str]]:
        """Who is heard of, and who waits, when all of them like a post."""
        defaults = dict.fromkeys(
            ("for_not_following", "for_not_followers", "for_new_accounts", "for_limited_accounts"), "accept"
        )
        await sets(alice, **{**defaults, **choices})
        for member in everybody:
            ok(await member.post(f"/api/v1/statuses/{post['id']}/favourite"))
        await settle(services)
        found = set(await heard(alice)), set(await waiting(alice))
        ok(await alice.post(f"{LIST}/clear"))
        for member in everybody:
            ok(await member.post(f"/api/v1/statuses/{post['id']}/unfavourite"))
        await settle(services)
        assert await waiting(alice) == []
        return found

    names = {each.name for each in everybody}
    assert await through() == (names, set())
    assert await through(for_not_following="filter") == ({"carol"}, names - {"carol"})
    assert await through(for_not_following="drop") == ({"carol"}, set())
    # Who follows for less than three days is none yet; following them helps nobody here.
    assert await through(for_not_followers="filter") == ({"follower"}, names - {"follower"})
    assert await through(for_new_accounts="drop") == (names - {"bob", "new"}, set())
    assert await through(for_limited_accounts="filter") == (names - {"limited"}, {"limited"})
    # The strictest counts.
    both = await through(for_not_following="filter", for_limited_accounts="drop")
    assert both == ({"carol"}, names - {"carol", "limited"})


async def test_several_at_once_and_page_by_page(cast, conn, services):
    alice = cast.alice
    strangers = [await join(conn, alice.client, f"stranger{number}") for number in range(5)]
    for each in strangers:
        await each.says("@alice psst", visibility="direct")
        await settle(services)
    names = [each.name for each in strangers[::-1]]
    ids = await alice.list_ids(REQUESTS)
    with counted(conn) as few:
        assert await waiting(alice, limit=1) == names[:1]
    with counted(conn) as many:
        assert await waiting(alice) == names
    assert few.statements == many.statements == 1
    first = await alice.get(REQUESTS, limit=2)
    second = await alice.client.get(first.links["next"]["url"], headers=alice.headers)
    assert [each["account"]["username"] for each in ok(second)] == names[2:4]
    assert await waiting(alice, min_id=ids[-1], limit=2) == names[2:4]

    refused(await alice.post(f"{REQUESTS}/dismiss", {"id": [ids[0], "1"]}), 404)
    assert ok(await alice.post(f"{REQUESTS}/dismiss", {"id": ids[:2]})) == {}
    assert ok(await alice.post(f"{REQUESTS}/accept", {"id": ids[2:4]})) == {}
    assert ok(await alice.post(f"{REQUESTS}/accept", {"id": []})) == {}
    await settle(services)
    assert await waiting(alice) == names[4:]
    assert await heard(alice) == names[2:4]
    assert sorted(await heard(alice, include_filtered="true")) == sorted(names[2:])
    # Who was turned away waits again.
    await strangers[-1].says("@alice psst!", visibility="direct")
    await settle(services)
    assert await waiting(alice) == [names[0], names[4]]
    # Nobody waits with what is gone.
    ok(await alice.post(f"/api/v1/accounts/{strangers[-1].id}/mute", {"notifications": True}))
    assert await waiting(alice) == [names[4]]
    [kept] = await alice.list_ids(LIST, include_filtered="true", account_id=strangers[0].wire_id)
    assert ok(await alice.get(f"{LIST}/{kept}"))["account"]["username"] == names[4]
    ok(await alice.post(f"{LIST}/{kept}/dismiss"))
    assert await waiting(alice) == []
