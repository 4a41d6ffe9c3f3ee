"""What a poll may be; votes counted once under any order and at once; closing tells exactly once."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection, Database
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId, PollId, StatusId, bucket_of, new_account_id, new_id
from parley.kit.owners_keys import OwnersKey, lasting_key
from parley.kit.sealing import new_key
from parley.publishing import poll_queries
from parley.publishing.create import StatusDraft, create_status
from parley.publishing.errors import AlreadyVoted, PollExpired, UnknownChoice, WrongPoll
from parley.publishing.models import Poll
from parley.publishing.poll import (
    EXPIRES_IN_SECONDS_MAX,
    EXPIRES_IN_SECONDS_MIN,
    OPTION_LENGTH_MAX,
    ClosePoll,
    PollDraft,
    close_poll,
    create_poll,
    delete_poll,
    options_of,
    polls_for_viewer,
    vote,
    voters_of,
)
from tests.identity.world import make_member

SETTINGS = Settings(url="https://parley.test")
DAY = 86_400


async def make_poll(conn: Connection, author: AccountId, draft: PollDraft) -> PollId:
    draft_with_poll = StatusDraft(text="which?", poll=draft)
    status_id = (await create_status(conn, Viewer(account_id=author), SETTINGS, draft_with_poll)).status_id
    poll_id: PollId = await conn.fetch_value(
        "select poll_id from statuses where bucket = $1 and id = $2", bucket_of(status_id), status_id
    )
    return poll_id


async def poll_of(conn: Connection, poll_id: PollId) -> Poll:
    found = await poll_queries.find_poll(conn, poll_id)
    assert found is not None
    return found


async def closing_jobs(conn: Connection) -> list[bytes]:
    return await conn.fetch_column("select payload from jobs where kind = 'close_poll'")


async def emitted(conn: Connection) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from jobs where lane = 'events' and convert_from(payload, 'utf8') like '%PollClosed%'"
    )
    return count


@pytest.mark.parametrize(
    "draft",
    [
        PollDraft(["yes"], DAY),
        PollDraft([], DAY),
        PollDraft(["1", "2", "3", "4", "5"], DAY),
        PollDraft(["yes", " "], DAY),
        PollDraft(["yes", "yes "], DAY),
        PollDraft(["yes", "n" * (OPTION_LENGTH_MAX + 1)], DAY),
        PollDraft(["yes", "no"]),
        PollDraft(["yes", "no"], EXPIRES_IN_SECONDS_MIN - 1),
        PollDraft(["yes", "no"], EXPIRES_IN_SECONDS_MAX + 1),
        PollDraft(["yes", "no"], -5),
    ],
)
async def test_polls_that_are_none(conn: Connection, draft: PollDraft):
    author = new_account_id()
    poll_id, key = PollId(new_id(author)), await lasting_key(conn, author)
    with pytest.raises(WrongPoll):
        await create_poll(conn, SETTINGS, author, StatusId(new_id(author)), poll_id, draft, key)
    assert await options_of(conn, poll_id) is None
    assert await closing_jobs(conn) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    options=st.lists(st.text(max_size=60), max_size=6),
    expires_in=st.none() | st.integers(-(2**31), 2**31 - 1),
)
async def test_any_draft_is_stored_within_the_limits_or_refused(conn: Connection, options, expires_in):
    author = new_account_id()
    poll_id, key = PollId(new_id(author)), await lasting_key(conn, author)
    draft = PollDraft(options, expires_in)
    try:
        await create_poll(conn, SETTINGS, author, StatusId(new_id(author)), poll_id, draft, key)
    except Invalid:
        return
    stored = await options_of(conn, poll_id)
    assert stored is not None
    assert 2 <= len(stored) <= 4
    assert len(set(stored)) == len(stored)
    assert all(option.strip() == option != "" for option in stored)


async def test_limits_themselves_are_allowed(conn: Connection):
    author = await make_member(conn, "alice")
    longest = PollDraft(
        ["a" * OPTION_LENGTH_MAX, "👩‍👩‍👧" * OPTION_LENGTH_MAX, "c", "d"], EXPIRES_IN_SECONDS_MAX
    )
    poll = await poll_of(conn, await make_poll(conn, author, longest))
    assert poll.votes_counts == (0, 0, 0, 0)
    assert poll.expires_at is not None
    assert poll.expires_at - clock.now() > timedelta(seconds=EXPIRES_IN_SECONDS_MAX - 60)
    assert len(await closing_jobs(conn)) == 1


async def test_votes_are_counted_by_option_and_voter(conn: Connection):
    author = await make_member(conn, "alice")
    draft = PollDraft(["a", "b", "c"], DAY, multiple=True)
    poll_id = await make_poll(conn, author, draft)
    voters = [Viewer(account_id=await make_member(conn, name)) for name in ("bob", "carol", "dave")]
    for viewer, chosen in zip(voters, ([0, 2], [2], [2, 2, 1]), strict=True):
        await vote(conn, viewer, poll_id, chosen)
    poll = await poll_of(conn, poll_id)
    assert (poll.votes_counts, poll.voters_count) == ((1, 1, 3), 3)
    [seen] = await polls_for_viewer(conn, voters[0], [poll_id])
    assert (seen.poll.options, seen.poll.votes_counts, seen.choices) == (("a", "b", "c"), (1, 1, 3), (0, 2))
    assert sorted(await voters_of(conn, poll_id)) == sorted(viewer.account_id or 0 for viewer in voters)


async def test_voters_come_in_steps(conn: Connection):
    author = await make_member(conn, "alice")
    poll_id = await make_poll(conn, author, PollDraft(["a", "b"], DAY))
    everybody = [await make_member(conn, f"member{number}") for number in range(5)]
    for account_id in everybody:
        await vote(conn, Viewer(account_id=account_id), poll_id, [1])
    first = await voters_of(conn, poll_id, limit=3)
    rest = await voters_of(conn, poll_id, after=first[-1], limit=3)
    assert first + rest == sorted(everybody)


async def test_who_votes_twice_is_counted_once(conn: Connection):
    author, voter = await make_member(conn, "alice"), Viewer(account_id=await make_member(conn, "bob"))
    poll_id = await make_poll(conn, author, PollDraft(["a", "b"], DAY))
    await vote(conn, voter, poll_id, [0])
    with pytest.raises(AlreadyVoted):
        await vote(conn, voter, poll_id, [1])
    assert (await poll_of(conn, poll_id)).votes_counts == (1, 0)


@pytest.mark.parametrize("choices", [[], [2], [-1], [0, 1], [0, 7]])
async def test_choices_that_are_none(conn: Connection, choices):
    author, voter = await make_member(conn, "alice"), Viewer(account_id=await make_member(conn, "bob"))
    poll_id = await make_poll(conn, author, PollDraft(["a", "b"], DAY))
    with pytest.raises(UnknownChoice):
        await vote(conn, voter, poll_id, choices)
    assert (await poll_of(conn, poll_id)).voters_count == 0


async def test_a_poll_closes_once_when_its_time_has_come(conn: Connection):
    author, voter = await make_member(conn, "alice"), Viewer(account_id=await make_member(conn, "bob"))
    poll_id = await make_poll(conn, author, PollDraft(["a", "b"], EXPIRES_IN_SECONDS_MIN))
    assert await closing_jobs(conn) == [b'{"poll_id":%d}' % poll_id]
    await close_poll(conn, ClosePoll(poll_id).poll_id)
    assert await emitted(conn) == 0
    with clock.shifted(timedelta(seconds=EXPIRES_IN_SECONDS_MIN)):
        with pytest.raises(PollExpired):
            await vote(conn, voter, poll_id, [0])
        await close_poll(conn, poll_id)
        await close_poll(conn, poll_id)
    assert await emitted(conn) == 1
    with pytest.raises(PollExpired):
        await vote(conn, voter, poll_id, [0])


async def test_a_vote_that_loses_against_closing_is_refused(conn: Connection):
    """The statement itself looks again, so that no vote slips in between looking and counting."""
    author = await make_member(conn, "alice")
    poll_id = await make_poll(conn, author, PollDraft(["a", "b"], EXPIRES_IN_SECONDS_MIN))
    late = clock.now() + timedelta(seconds=EXPIRES_IN_SECONDS_MIN)
    assert not await poll_queries.count_vote(conn, poll_id, [1, 0], late)
    await poll_queries.mark_closed(conn, poll_id, late)
    assert not await poll_queries.count_vote(conn, poll_id, [1, 0], clock.now())
    assert await poll_queries.count_vote(conn, PollId(1), [1, 0], clock.now()) is False


async def test_a_deleted_poll_leaves_nothing(conn: Connection):
    author, voter = await make_member(conn, "alice"), Viewer(account_id=await make_member(conn, "bob"))
    poll_id = await make_poll(conn, author, PollDraft(["a", "b"], EXPIRES_IN_SECONDS_MIN))
    await vote(conn, voter, poll_id, [0])
    await delete_poll(conn, poll_id)
    assert await options_of(conn, poll_id) is None
    assert await voters_of(conn, poll_id) == []
    with clock.shifted(timedelta(seconds=EXPIRES_IN_SECONDS_MIN)):
        await close_poll(conn, poll_id)
    assert await emitted(conn) == 0


async def test_votes_at_once_over_real_connections_are_all_counted(database_dsn: str):
    database = Database(database_dsn, size=5)
    author = new_account_id()
    async with database.transaction() as conn:
        poll_id = PollId(new_id(author))
        key, draft = OwnersKey((author,), new_key()), PollDraft(["a", "b"], DAY)
        await create_poll(conn, SETTINGS, author, StatusId(new_id(author)), poll_id, draft, key)
    voters = [new_account_id() for _ in range(10)]

    async def cast(account_id: AccountId, choice: int) -> bool:
        async with database.transaction() as conn:
            if not await poll_queries.insert_vote(conn, poll_id, account_id, [choice], clock.now()):
                return False
            added = [int(choice == place) for place in range(2)]
            return await poll_queries.count_vote(conn, poll_id, added, clock.now())

    try:
        results = await asyncio.gather(*(cast(each, number % 2) for number, each in enumerate(voters * 2)))
        async with database.reading() as conn:
            poll = await poll_of(conn, poll_id)
    finally:
        async with database.transaction() as conn:
            await delete_poll(conn, poll_id)
            await conn.execute("delete from jobs where kind = 'close_poll'")
        await database.stop()
    assert sum(results) == poll.voters_count == 10
    assert sum(poll.votes_counts) == 10
