"""/api/v2/notifications through HTTP: what stands as one, its pages, its accounts, dismissing it, counting."""

from datetime import timedelta

import msgspec
import pytest

from parley.kit import clock
from parley.kit.ids import AccountId, NotificationId, bucket_of, id_at
from parley.mastodon_api.entities.account import Account
from parley.mastodon_api.entities.notification import UnreadCount
from parley.mastodon_api.entities.notification_group import GroupedNotificationsResults, NotificationGroup
from parley.notifications import queries
from parley.notifications.models import DAY_MILLISECONDS, Notification
from tests.database import counted
from tests.mastodon_api.answers import strictly
from tests.world import Cast, Member, join, make_cast, ok, refused, settle

PATH = "/api/v2/notifications"


@pytest.fixture
async def cast(conn, client) -> Cast:
    return await make_cast(conn, client)


@pytest.fixture(autouse=True)
def noon():
    """So that what is done in one test is done on one day."""
    since_midnight = timedelta(milliseconds=clock.now_milliseconds() % DAY_MILLISECONDS)
    with clock.shifted(timedelta(hours=12) - since_midnight):
        yield


async def groups(member: Member, **query) -> list[NotificationGroup]:
    answer = await member.get(PATH, **query)
    return strictly(answer, GroupedNotificationsResults).notification_groups


def told(found: list[NotificationGroup]) -> list[tuple[str, int]]:
    return [(each.type, each.notifications_count) for each in found]


async def test_what_belongs_together_is_one(cast, conn, client, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    one, two = await alice.says("one"), await alice.says("two")
    fans = [await join(conn, client, f"fan{number}") for number in range(9)]
    for fan in fans:
        ok(await fan.post(f"/api/v1/statuses/{one['id']}/favourite"))
    await bob.follows(alice)
    await bob.says("@alice hi")
    await settle(services)
    ok(await carol.post(f"/api/v1/statuses/{two['id']}/favourite"))
    await carol.follows(alice)
    ok(await bob.post(f"/api/v1/statuses/{one['id']}/reblog"))
    await settle(services)

    answer = await alice.get(PATH)
    found = strictly(answer, GroupedNotificationsResults)
    assert sorted(told(found.notification_groups)) == [
        ("favourite", 1), ("favourite", 9), ("follow", 2), ("mention", 1), ("reblog", 1),
    ]  # fmt: skip
    nine = next(each for each in found.notification_groups if each.notifications_count == 9)
    assert nine.status_id == one["id"]
    assert nine.sample_account_ids == tuple(fan.wire_id for fan in fans[:0:-1])
    assert nine.page_max_id == nine.most_recent_notification_id
    v1 = ok(await alice.get("/api/v1/notifications"))
    ids = [each["id"] for each in v1 if each["group_key"] == nine.group_key]
    assert (len(ids), ids[0], ids[-1]) == (9, nine.most_recent_notification_id, nine.page_min_id)
    shown = {each.id for each in found.accounts}
    assert {each for group in found.notification_groups for each in group.sample_account_ids} == shown
    assert {each.id for each in found.statuses} >= {one["id"], two["id"]}
    assert len(found.statuses) == 3

    partial = strictly(await alice.get(PATH, expand_accounts="partial_avatars"), GroupedNotificationsResults)
    assert isinstance(partial.partial_accounts, list)
    first = {each.sample_account_ids[0] for each in partial.notification_groups}
    assert {each.id for each in partial.accounts} == first
    assert {each.id for each in partial.partial_accounts} == shown - first
    refused(await alice.get(PATH, expand_accounts="nonsense"), 422)

    assert told(await groups(alice, **{"types[]": "follow"})) == [("follow", 2)]
    likes = {"types[]": "favourite", "grouped_types[]": "reblog"}
    assert told(await groups(alice, **likes)) == [("favourite", 1)] * 10
    assert sorted(told(await groups(alice, account_id=bob.wire_id))) == [
        ("follow", 2), ("mention", 1), ("reblog", 1),
    ]  # fmt: skip
    assert strictly(await alice.get(f"{PATH}/unread_count"), UnreadCount).count == 5
    assert strictly(await alice.get(f"{PATH}/unread_count", limit=3), UnreadCount).count == 3
    assert strictly(await alice.get(f"{PATH}/unread_count", **likes), UnreadCount).count == 10


async def test_one_group_by_its_key(cast, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    post = await alice.says("hello")
    for member in (bob, carol):
        ok(await member.post(f"/api/v1/statuses/{post['id']}/favourite"))
    await bob.says("@alice hi")
    await settle(services)
    [mention, likes] = sorted(await groups(alice), key=lambda each: each.notifications_count)

    alone = strictly(await alice.get(f"{PATH}/{likes.group_key}"), GroupedNotificationsResults)
    [same] = alone.notification_groups
    assert (same.notifications_count, same.page_min_id) == (2, msgspec.UNSET)
    listed = await alice.get(f"{PATH}/{likes.group_key}/accounts")
    assert {each["id"] for each in ok(listed)} == {bob.wire_id, carol.wire_id}
    pages = [await alice.get(f"{PATH}/{likes.group_key}/accounts", limit=1)]
    pages.append(await alice.client.get(pages[0].links["next"]["url"], headers=alice.headers))
    assert [msgspec.json.decode(each.content, type=list[Account])[0].id for each in pages] == [
        each["id"] for each in ok(listed)
    ]
    [by_itself] = ok(await alice.get(f"{PATH}/{mention.group_key}"))["notification_groups"]
    assert by_itself["status_id"] == mention.status_id

    # Somebody whom alice mutes counts no more; a group of such alone is not there.
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/mute", {"notifications": True}))
    [rest] = await groups(alice)
    assert (rest.notifications_count, rest.sample_account_ids) == (1, (carol.wire_id,))
    refused(await alice.get(f"{PATH}/{mention.group_key}"), 404)
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/unmute"))

    for path in (f"{PATH}/{likes.group_key}/dismiss", f"{PATH}/{mention.group_key}/dismiss"):
        refused(await bob.post(path), 404)
        assert ok(await alice.post(path)) == {}
        refused(await alice.post(path), 404)
    assert await groups(alice) == []
    refused(await alice.get(f"{PATH}/{likes.group_key}"), 404)
    for nonsense in (
        "nonsense",
        "ungrouped-",
        "favourite-1",
        "mention-1-2",
        "follow-99999999",
        "favourite-0-1",
    ):
        refused(await alice.get(f"{PATH}/{nonsense}"), 404)
        refused(await alice.get(f"{PATH}/{nonsense}/accounts"), 404)
        refused(await alice.post(f"{PATH}/{nonsense}/dismiss"), 404)


async def rows_of(conn, owner: Member, kinds: str, sender: AccountId) -> list[NotificationId]:
    """A letter a row, newest first: m for one that stands by itself, others for days of followers."""
    now = clock.now_milliseconds()
    rows = []
    for number, kind in enumerate(kinds):
        days = 0 if kind == "m" else "abcdefghij".index(kind)
        row_id = NotificationId(id_at(now - days * DAY_MILLISECONDS - number * 1000, bucket_of(owner.id)))
        rows.append(
            (owner.id, Notification(row_id, "follow_request" if kind == "m" else "follow", sender, None))
        )
    await queries.insert_notifications(conn, "notifications", rows)
    return [row.id for _, row in rows]


async def test_pages_of_groups_lead_through_all_of_them(cast, conn):
    alice = cast.alice
    ids = await rows_of(conn, alice, "maamamaabbcdddeef", cast.bob.id)

    async def page(url: str) -> tuple[list[tuple[int, str, str]], dict[str, str]]:
        answer = await alice.client.get(url, headers=alice.headers)
        found = strictly(answer, GroupedNotificationsResults).notification_groups
        seen = [(each.notifications_count, str(each.page_max_id), str(each.page_min_id)) for each in found]
        return seen, {name: link["url"] for name, link in answer.links.items()}

    def group(count: int, newest: int, oldest: int) -> tuple[int, str, str]:
        return count, str(ids[newest]), str(ids[oldest])

    first, links = await page(f"{PATH}?limit=3")
    assert first == [group(1, 0, 0), group(5, 1, 4), group(1, 3, 3)]
    second, more = await page(links["next"])
    # The rest of a group that a page has begun comes with the next one, which knows nothing of what is newer.
    assert second == [group(1, 5, 5), group(2, 6, 7), group(2, 8, 9)]
    third, last = await page(more["next"])
    assert third == [group(1, 10, 10), group(3, 11, 13), group(2, 14, 15)]
    fourth, end = await page(last["next"])
    assert fourth == [group(1, 16, 16)]
    assert "next" not in end
    assert (await page(end["prev"]))[0] == third
    assert (await page(links["prev"]))[0] == []
    assert [each[1] for each in (await page(f"{PATH}?limit=2&min_id={ids[-1]}"))[0]] == [
        str(ids[11]),
        str(ids[14]),
    ]


async def test_many_rows_of_one_group_leave_room_for_others(cast, conn):
    """A page looks further than its first rows, in a fixed number of statements."""
    ids = await rows_of(conn, cast.alice, "a" * 150 + "m" * 3, cast.bob.id)
    found = await groups(cast.alice, limit=4)
    assert [each.notifications_count for each in found] == [150, 1, 1, 1]
    assert found[0].page_min_id == str(ids[149])
    with counted(conn) as asked:
        await groups(cast.alice, limit=4)
    assert asked.statements <= 4


async def test_a_warm_page_takes_two_statements(cast, conn, services):
    post = await cast.alice.says("hello")
    for number in range(20):
        fan = await join(conn, cast.alice.client, f"fan{number}")
        ok(await fan.post(f"/api/v1/statuses/{post['id']}/favourite"))
        await fan.says("@alice hi")
    await settle(services)
    assert len(await groups(cast.alice, limit=20)) == 20
    with counted(conn) as asked:
        await groups(cast.alice, limit=20)
    assert asked.statements == 2
