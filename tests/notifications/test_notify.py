"""Who is told and who is not; what is withdrawn; pages over years of rows; a bounded number of statements."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.graph.block import block
from parley.graph.mute import mute
from parley.identity.viewer import Viewer
from parley.kit import clock, ids
from parley.kit.config import Settings
from parley.kit.ids import (
    AccountId,
    NotificationId,
    StatusId,
    bucket_of,
    id_at,
    milliseconds_of,
    new_account_id,
    new_id,
)
from parley.kit.paging import Page
from parley.kit.partitions import oldest_kept_id, partition_of
from parley.notifications import queries
from parley.notifications.models import EVERYTHING, Notification, Wanted
from parley.notifications.notify import notify, notify_many, withdraw, withdraw_all_from, withdraw_status
from parley.notifications.read import notification_skeleton, unread_count
from parley.publishing.bookmark import mute_thread
from parley.publishing.create import StatusDraft, create_status
from parley.timelines.markers import set_markers
from tests.database import CountingConnection
from tests.graph.world import make_viewer
from tests.identity.world import change_user, make_member, suspend

SETTINGS = Settings(url="https://parley.test")
ALL = Page(limit=80)


async def say(conn, account_id: AccountId, text: str, reply_to: StatusId | None = None) -> StatusId:
    draft = StatusDraft(text=text, in_reply_to_id=reply_to)
    return (await create_status(conn, Viewer(account_id=account_id), SETTINGS, draft)).status_id


@pytest.fixture
async def alice(conn) -> AccountId:
    return await make_member(conn, "alice")


@pytest.fixture
async def bob(conn) -> AccountId:
    return await make_member(conn, "bob")


async def test_a_notification_says_what_who_and_when(conn, alice, bob):
    status_id = await say(conn, alice, "hello")
    before = clock.now() - timedelta(milliseconds=1)
    made = await notify(conn, alice, "favourite", bob, status_id)
    assert made is not None
    assert bucket_of(made) == bucket_of(alice)
    [row] = await notification_skeleton(conn, alice, ALL)
    assert row == Notification(made, "favourite", bob, status_id)
    assert before <= row.created_at <= clock.now()
    assert await notification_skeleton(conn, bob, ALL) == []


async def test_nobody_hears_of_their_own_acts_but_the_end_of_their_poll(conn, alice):
    status_id = await say(conn, alice, "hello")
    assert await notify(conn, alice, "mention", alice, status_id) is None
    assert await notify(conn, alice, "poll", alice, status_id) is not None


async def test_only_members_here_who_may_be_here_are_told(conn, alice, bob):
    elsewhere = (await make_viewer(conn, "carol", domain="elsewhere.test")).account_id
    assert elsewhere is not None
    suspended, disabled = await make_member(conn, "dave"), await make_member(conn, "eve")
    await suspend(conn, suspended, clock.now())
    await change_user(conn, disabled, disabled_at=clock.now())
    unknown = new_account_id()
    told = await notify_many(conn, [elsewhere, suspended, disabled, unknown, bob], "mention", alice)
    assert list(told) == [bob]


async def test_blocks_either_way_and_mutes_with_notifications_silence(conn, alice, bob):
    status_id = await say(conn, alice, "hello")
    others = {
        name: await make_member(conn, name) for name in ("blocker", "blocked", "muter", "hider", "once")
    }
    await block(conn, Viewer(account_id=others["blocker"]), alice)
    await block(conn, Viewer(account_id=alice), others["blocked"])
    await mute(conn, Viewer(account_id=others["muter"]), alice, notifications=True)
    await mute(conn, Viewer(account_id=others["hider"]), alice, notifications=False)
    await mute(conn, Viewer(account_id=others["once"]), alice, notifications=True, duration_seconds=60)
    told = await notify_many(conn, [*others.values(), bob], "status", alice, status_id)
    assert set(told) == {others["hider"], bob}
    with clock.shifted(timedelta(seconds=61)):
        assert await notify(conn, others["once"], "status", alice, status_id) is not None


async def test_a_muted_thread_is_silent_to_its_depth(conn, alice, bob):
    root = await say(conn, alice, "root")
    reply = await say(conn, bob, "@alice reply", root)
    deeper = await say(conn, bob, "@alice deeper", reply)
    await mute_thread(conn, Viewer(account_id=alice), reply, muted=True)
    for status_id in (root, reply, deeper):
        assert await notify(conn, alice, "mention", bob, status_id) is None
    elsewhere = await say(conn, bob, "@alice another")
    assert await notify(conn, alice, "mention", bob, elsewhere) is not None
    await mute_thread(conn, Viewer(account_id=alice), root, muted=False)
    assert await notify(conn, alice, "mention", bob, deeper) is not None


async def test_a_status_deleted_meanwhile_is_not_told_of(conn, alice, bob):
    assert await notify(conn, alice, "mention", bob, StatusId(new_id(bob))) is None


async def test_many_are_told_in_few_statements(conn: CountingConnection, alice):
    members = [await make_member(conn, f"member{number}") for number in range(12)]
    status_id = await say(conn, alice, "hello")
    before = conn.statements
    told = await notify_many(conn, [*members, alice, *members], "status", alice, status_id)
    assert set(told) == set(members)
    # About the status, its recipients, its author, who is a stranger to them; then all rows; then their devices.
    assert conn.statements - before == 5
    for each in members:
        assert [row.id for row in await notification_skeleton(conn, each, ALL)] == [told[each]]


async def test_what_is_undone_is_withdrawn_and_nothing_else(conn, alice, bob):
    one, two = await say(conn, alice, "one"), await say(conn, alice, "two")
    act_id = new_id(bob)
    kept = [
        await notify(conn, alice, "favourite", bob, two),
        await notify(conn, alice, "reblog", bob, one),
        await notify(conn, alice, "follow", bob),
    ]
    await notify(conn, alice, "favourite", bob, one)
    assert await withdraw(conn, alice, "favourite", bob, one, since_id=act_id) == 1
    assert {row.id for row in await notification_skeleton(conn, alice, ALL)} == set(kept)
    assert await withdraw(conn, alice, "follow", bob) == 1
    await withdraw_status(conn, one, [alice, bob])
    assert [row.id for row in await notification_skeleton(conn, alice, ALL)] == kept[:1]
    assert await withdraw_all_from(conn, alice, bob) == 1
    assert await notification_skeleton(conn, alice, ALL) == []


async def rows_at(
    conn, account_id: AccountId, ages_days: list[float], type: str = "follow"
) -> list[NotificationId]:
    """A row for each age, newest first."""
    now = clock.now_milliseconds()
    bucket = bucket_of(account_id)
    made = sorted(
        {
            NotificationId(id_at(now - int(age * 86_400_000), bucket, place))
            for place, age in enumerate(ages_days)
        },
        reverse=True,
    )
    rows = [(account_id, Notification(each, type, AccountId(7), None)) for each in made]
    await queries.insert_notifications(conn, "notifications", rows)
    return made


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_page_is_the_slice_it_should_be(conn, data):
    """Against the plain definition, over half a year of rows with gaps."""
    account_id = new_account_id()
    made = await rows_at(conn, account_id, data.draw(st.lists(st.floats(0, 180), max_size=12)))
    bounds = st.none() | st.sampled_from([*made, 0, 1, 2**62, *(each + 1 for each in made)])
    page = Page(
        limit=data.draw(st.integers(1, 6)),
        max_id=data.draw(bounds),
        since_id=data.draw(bounds),
        min_id=data.draw(bounds),
    )
    inside = [each for each in made if page.above < each < page.below]
    expected = inside[-page.limit :] if page.ascending else inside[: page.limit]
    wanted = data.draw(st.sampled_from([EVERYTHING, Wanted(types=("follow",))]))
    assert [row.id for row in await notification_skeleton(conn, account_id, page, wanted)] == expected


async def test_the_newest_page_is_one_statement(conn: CountingConnection):
    busy, quiet = new_account_id(), new_account_id()
    # Well within a partition, whatever today is.
    _, lowest = partition_of("notifications", clock.now())
    middle = ids.moment_of(lowest) + timedelta(days=14)
    with clock.shifted(middle - clock.now()):
        made = await rows_at(conn, busy, [number / 10 for number in range(30)])
        old = await rows_at(conn, quiet, [1, 40, 100])
        before = conn.statements
        assert [row.id for row in await notification_skeleton(conn, busy, Page(limit=20))] == made[:20]
        assert conn.statements - before == 1
        assert [row.id for row in await notification_skeleton(conn, quiet, Page(limit=20))] == old
        assert conn.statements - before == 3


async def test_what_is_wanted(conn, alice, bob):
    carol = await make_member(conn, "carol")
    status_id = await say(conn, alice, "hello")
    liked = await notify(conn, alice, "favourite", bob, status_id)
    followed = await notify(conn, alice, "follow", carol)
    mentioned = await notify(conn, alice, "mention", carol, status_id)

    async def found(wanted: Wanted) -> list[NotificationId | None]:
        return [row.id for row in await notification_skeleton(conn, alice, ALL, wanted)]

    assert await found(Wanted(types=("favourite", "mention", "unheard"))) == [mentioned, liked]
    assert await found(Wanted(exclude_types=("follow",))) == [mentioned, liked]
    assert await found(Wanted(from_account_id=carol)) == [mentioned, followed]
    assert await found(Wanted(("mention", "follow"), ("follow",), carol)) == [mentioned]
    assert await found(Wanted(types=("unheard",))) == []


async def test_unread_are_those_above_the_marker_from_accounts_not_shut_out(conn, alice, bob):
    carol = await make_member(conn, "carol")
    made = [await notify(conn, alice, "follow", each) for each in (bob, carol, bob)]
    assert await unread_count(conn, alice, 100) == 3
    assert await unread_count(conn, alice, 2) == 2
    assert await unread_count(conn, alice, 100, Wanted(exclude_types=("follow",))) == 0
    await block(conn, Viewer(account_id=alice), carol)
    assert await unread_count(conn, alice, 100) == 2
    assert made[0] is not None
    await set_markers(conn, alice, {"notifications": made[0]})
    assert await unread_count(conn, alice, 100) == 1
    await set_markers(conn, alice, {"home": 2**62})
    assert await unread_count(conn, alice, 100) == 1


async def test_rows_older_than_every_partition_are_none_and_ask_nothing_new(conn):
    account_id = new_account_id()
    [oldest] = await rows_at(
        conn,
        account_id,
        [(clock.now_milliseconds() - milliseconds_of(oldest_kept_id("notifications"))) / 86_400_000 - 0.01],
    )
    assert [row.id for row in await notification_skeleton(conn, account_id, ALL)] == [oldest]
    assert (
        await notification_skeleton(conn, account_id, Page(limit=5, max_id=oldest_kept_id("notifications")))
        == []
    )
