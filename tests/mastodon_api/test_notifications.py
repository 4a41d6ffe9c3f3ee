"""/api/v1/notifications through HTTP: what came of others' acts, pages, what is hidden meanwhile, dismissing."""

import msgspec
import pytest

from parley import worker
from parley.kit.ids import bucket_of
from parley.mastodon_api.entities.notification import Notification, UnreadCount
from parley.mastodon_api.entities.status import Status
from tests.identity.world import bearer, make_member, make_token
from tests.mastodon_api.answers import strictly
from tests.world import Cast, Member, join, make_cast, ok, refused, settle

JOBS = worker.JOB_MODULES
PATH = "/api/v1/notifications"


@pytest.fixture
async def cast(conn, client) -> Cast:
    return await make_cast(conn, client)


async def told(member: Member, **query) -> list[tuple[str, str]]:
    """(type, from whom), newest first."""
    listed = ok(await member.get(PATH, **query))
    return [(each["type"], each["account"]["username"]) for each in listed]


async def test_acts_of_others_arrive_and_what_is_undone_goes(cast, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    post = await alice.says("hello")
    await bob.follows(alice)
    await settle(services)
    ok(await bob.post(f"/api/v1/statuses/{post['id']}/favourite"))
    await settle(services)
    ok(await carol.post(f"/api/v1/statuses/{post['id']}/reblog"))
    await settle(services)
    await carol.says("@alice hi", visibility="private")
    await settle(services)
    expected = [("mention", "carol"), ("reblog", "carol"), ("favourite", "bob"), ("follow", "bob")]
    assert await told(alice) == expected
    assert await told(bob) == await told(carol) == []

    listed = await alice.get(PATH)
    items = msgspec.json.decode(listed.content, type=list[Notification])
    assert msgspec.json.decode(msgspec.json.encode(items)) == listed.json()
    assert items[3].status is msgspec.UNSET
    liked = items[2].status
    assert isinstance(liked, Status)
    assert (liked.id, liked.favourites_count, liked.favourited) == (post["id"], 1, False)
    assert items[0].group_key == f"ungrouped-{items[0].id}"
    assert [each.group_key.rpartition("-")[0] for each in items[1:]] == [
        f"reblog-{post['id']}",
        f"favourite-{post['id']}",
        "follow",
    ]
    assert strictly(await alice.get(f"{PATH}/{items[0].id}"), Notification) == items[0]

    ok(await bob.post(f"/api/v1/statuses/{post['id']}/unfavourite"))
    ok(await carol.post(f"/api/v1/statuses/{post['id']}/unreblog"))
    ok(await bob.post(f"/api/v1/accounts/{alice.id}/unfollow"))
    await settle(services)
    assert await told(alice) == [("mention", "carol")]


async def test_what_is_gone_or_shut_out_meanwhile_is_left_out(cast, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    gone = await carol.says("@alice gone soon")
    await bob.says("@alice from bob")
    await settle(services)
    [from_bob, from_carol] = await alice.list_ids(PATH)
    # Before any job has run.
    ok(await carol.delete(f"/api/v1/statuses/{gone['id']}"))
    assert await told(alice) == [("mention", "bob")]
    refused(await alice.get(f"{PATH}/{from_carol}"), 404)
    await settle(services)
    assert await told(alice) == [("mention", "bob")]

    ok(await alice.post(f"/api/v1/accounts/{bob.id}/mute", {"notifications": False}))
    assert await told(alice) == [("mention", "bob")]
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/mute", {"notifications": True}))
    assert await told(alice) == []
    refused(await alice.get(f"{PATH}/{from_bob}"), 404)
    assert strictly(await alice.get(f"{PATH}/unread_count"), UnreadCount).count == 0
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/unmute"))
    assert await told(alice) == [("mention", "bob")]
    ok(await bob.post(f"/api/v1/accounts/{alice.id}/block"))
    assert await told(alice) == []


async def test_a_status_for_followers_is_hidden_once_following_ends(cast, services):
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/follow", {"notify": True}))
    await settle(services)
    await cast.alice.says("for followers", visibility="private")
    await settle(services)
    assert await told(cast.bob) == [("status", "alice")]
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/unfollow"))
    assert await told(cast.bob) == []


async def test_pages_by_link_are_full_though_some_are_left_out(cast, conn, client, services):
    alice, loud = cast.alice, await join(conn, client, "loud")
    made = []
    for number in range(7):
        made.append((await cast.bob.says(f"@alice number {number}"))["id"])
        await loud.says(f"@alice noise {number}")
    await settle(services)
    # Nothing but reading knows of this.
    await conn.execute(
        "insert into relationships (bucket, account_id, other_id, block_id) values ($1, $2, $3, 1)",
        bucket_of(alice.id),
        alice.id,
        loud.id,
    )

    async def page(url: str) -> tuple[list[str], dict[str, str]]:
        answer = await client.get(url, headers=alice.headers)
        links = {name: link["url"] for name, link in answer.links.items()}
        return [each["status"]["id"] for each in ok(answer)], links

    newest, links = await page(f"{PATH}?limit=3")
    middle, more = await page(links["next"])
    oldest, last = await page(more["next"])
    if "next" in last:
        assert (await page(last["next"]))[0] == []
    assert newest + middle + oldest == made[::-1]
    assert len(newest) == len(middle) == 3
    assert (await page(links["prev"]))[0] == []
    assert (await page(more["prev"]))[0] == newest
    ids = await alice.list_ids(PATH)
    upwards = await alice.list_ids(PATH, min_id=ids[-1], limit=2)
    assert upwards == ids[-3:-1]
    assert await alice.list_ids(PATH, since_id=ids[-1], limit=2) == ids[:2]


async def test_kinds_and_senders_can_be_chosen(cast, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await bob.follows(alice)
    await carol.follows(alice)
    await bob.says("@alice hi")
    await settle(services)
    assert await told(alice, **{"types[]": ["mention", "nonsense"]}) == [("mention", "bob")]
    assert sorted(await told(alice, **{"exclude_types[]": "mention"})) == [
        ("follow", "bob"),
        ("follow", "carol"),
    ]
    assert await told(alice, account_id=carol.wire_id) == [("follow", "carol")]
    assert await told(alice, account_id="nonsense") == []
    assert len(await told(alice, limit="nonsense", max_id="")) == 3
    count = strictly(await alice.get(f"{PATH}/unread_count", **{"types[]": "follow"}), UnreadCount)
    assert count.count == 2
    assert strictly(await alice.get(f"{PATH}/unread_count", limit="1"), UnreadCount).count == 1


async def test_dismissing_and_clearing_touch_only_ones_own(cast, services):
    alice, bob = cast.alice, cast.bob
    for number in range(4):
        await bob.says(f"@alice {number}")
    await alice.says("@bob hi")
    await settle(services)
    ids = await alice.list_ids(PATH)
    refused(await bob.get(f"{PATH}/{ids[0]}"), 404)
    refused(await bob.post(f"{PATH}/{ids[0]}/dismiss"), 404)
    refused(await bob.post(f"{PATH}/dismiss", {"id": ids[0]}), 404)
    assert ok(await alice.post(f"{PATH}/{ids[0]}/dismiss")) == {}
    assert ok(await alice.post(f"{PATH}/dismiss", {"id": ids[1]})) == {}
    refused(await alice.post(f"{PATH}/{ids[0]}/dismiss"), 404)
    refused(await alice.post(f"{PATH}/dismiss"), 422)
    refused(await alice.get(f"{PATH}/{ids[1]}"), 404)
    refused(await alice.get(f"{PATH}/nonsense"), 404)
    assert await alice.list_ids(PATH) == ids[2:]
    assert ok(await alice.post(f"{PATH}/clear")) == {}
    assert await alice.list_ids(PATH) == []
    assert len(await bob.list_ids(PATH)) == 1


async def test_the_marker_decides_what_is_unread(cast, services):
    for number in range(3):
        await cast.bob.says(f"@alice {number}")
    await settle(services)
    ids = await cast.alice.list_ids(PATH)
    ok(await cast.alice.post("/api/v1/markers", {"notifications": {"last_read_id": ids[1]}}))
    assert ok(await cast.alice.get(f"{PATH}/unread_count")) == {"count": 1}


async def test_who_may_ask(cast, conn, client):
    dave = await make_member(conn, "dave")
    reader, writer = [
        bearer(await make_token(conn, dave, scope)) for scope in ("read:notifications", "write:notifications")
    ]
    assert (await client.get(PATH, headers=reader)).status_code == 200
    assert (await client.get(PATH, headers=writer)).status_code == 403
    assert (await client.post(f"{PATH}/clear", headers=reader)).status_code == 403
    assert (await client.post(f"{PATH}/clear", headers=writer)).status_code == 200
    assert (await client.get(PATH)).status_code == 401
    application = bearer(await make_token(conn, None, "read"))
    assert (await client.get(PATH, headers=application)).status_code == 422


async def test_a_page_takes_one_statement_when_warm(cast, conn, services):
    post = await cast.alice.says("hello")
    for member in (cast.bob, cast.carol):
        ok(await member.post(f"/api/v1/statuses/{post['id']}/favourite"))
    for number in range(20):
        await cast.bob.says(f"@alice {number}")
    await settle(services)
    await cast.alice.get(PATH, limit=20)
    before = conn.statements
    assert len(ok(await cast.alice.get(PATH, limit=20))) == 20
    assert conn.statements - before == 1
