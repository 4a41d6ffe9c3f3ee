"""Direct messages as conversations, through the API: the list, unread, hiding, falling back, strangers' requests."""

from typing import Any

import msgspec
import pytest

from parley.kit.services import Services
from parley.mastodon_api.entities.conversation import Conversation, ConversationCounts
from tests.conftest import forget_caches
from tests.database import counted
from tests.world import Member, join, make_cast, ok, refused, settle

LIST = "/api/v1/conversations"
OURS = "/api/parley/v1/conversations"


@pytest.fixture
async def cast(conn, client):
    made = await make_cast(conn, client)
    await made.alice.follows(made.bob)
    await made.bob.follows(made.alice)
    return made


async def listed(member: Member, path: str = LIST, **query: Any) -> list[Conversation]:
    return msgspec.convert(ok(await member.get(path, **query)), list[Conversation], strict=True)


async def tells(
    services: Services, author: Member, *to: Member, text: str = "psst", **more: Any
) -> dict[str, Any]:
    names = " ".join(f"@{each.name}" for each in to)
    made = await author.says(f"{names} {text}", visibility="direct", **more)
    await settle(services)
    return made


async def counts(member: Member) -> tuple[int, int]:
    found = msgspec.convert(ok(await member.get(f"{OURS}/unread_count")), ConversationCounts)
    return found.count, found.requests


async def mentions(member: Member) -> list[str]:
    """The statuses of which they were told."""
    found = ok(await member.get("/api/v1/notifications", **{"types[]": "mention"}))
    return [each["status"]["id"] for each in found]


def names(conversation: Conversation) -> list[str]:
    return sorted(each.username for each in conversation.accounts)


def words(conversation: Conversation) -> str:
    assert conversation.last_status is not None
    return conversation.last_status.content


async def test_a_conversation_is_one_row_for_each_who_takes_part(cast, services):
    first = await tells(services, cast.alice, cast.bob, text="first")
    [mine], [theirs] = await listed(cast.alice), await listed(cast.bob)
    assert (names(mine), mine.unread, names(theirs), theirs.unread) == (["bob"], False, ["alice"], True)
    assert mine.id != theirs.id
    assert await listed(cast.carol) == []
    assert (await counts(cast.alice), await counts(cast.bob)) == ((0, 0), (1, 0))
    await tells(services, cast.bob, cast.alice, text="second", in_reply_to_id=first["id"])
    [mine], [theirs] = await listed(cast.alice), await listed(cast.bob)
    assert ("second" in words(mine), mine.unread, theirs.unread) == (True, True, False)
    # With one more who listens it is another conversation, which the two have along with theirs.
    await tells(services, cast.alice, cast.bob, cast.carol, text="all", in_reply_to_id=first["id"])
    assert [names(each) for each in await listed(cast.bob)] == [["alice", "carol"], ["alice"]]
    timeline = ok(await cast.alice.get("/api/v1/timelines/direct"))
    assert [each["visibility"] for each in timeline] == ["direct"] * 3


async def test_what_one_has_just_said_stands_in_ones_own_list_at_once(cast):
    await cast.alice.says("note to myself", visibility="direct")
    [alone] = await listed(cast.alice)
    assert names(alone) == ["alice"]
    await cast.alice.says("@bob psst", visibility="direct")
    assert [names(each) for each in await listed(cast.alice)] == [["bob"], ["alice"]]


async def test_reading_and_unreading(cast, services):
    await tells(services, cast.alice, cast.bob)
    [theirs] = await listed(cast.bob)
    path = f"{LIST}/{theirs.id}"
    assert not msgspec.convert(ok(await cast.bob.post(f"{path}/read")), Conversation).unread
    assert (await listed(cast.bob))[0].unread is False
    assert msgspec.convert(ok(await cast.bob.post(f"{path}/unread")), Conversation).unread
    assert await counts(cast.bob) == (1, 0)
    for act in ("read", "unread"):
        refused(await cast.alice.post(f"{path}/{act}"), 404)
    refused(await cast.alice.delete(path), 404)


async def test_hiding_lasts_until_the_next_message(cast, services):
    first = await tells(services, cast.alice, cast.bob)
    [theirs] = await listed(cast.bob)
    assert ok(await cast.bob.delete(f"{LIST}/{theirs.id}")) == {}
    assert await listed(cast.bob) == []
    refused(await cast.bob.delete(f"{LIST}/{theirs.id}"), 404)
    refused(await cast.bob.post(f"{LIST}/{theirs.id}/read"), 404)
    assert len(await listed(cast.alice)) == 1
    await tells(services, cast.alice, cast.bob, text="again", in_reply_to_id=first["id"])
    [back] = await listed(cast.bob)
    assert (back.id, back.unread) == (theirs.id, True)


async def test_deleting_falls_back_to_the_message_before(cast, services):
    first = await tells(services, cast.alice, cast.bob, text="first")
    second = await tells(services, cast.alice, cast.bob, text="second", in_reply_to_id=first["id"])
    [theirs] = await listed(cast.bob)
    ok(await cast.bob.post(f"{LIST}/{theirs.id}/read"))
    ok(await cast.alice.delete(f"/api/v1/statuses/{second['id']}"))
    # Also before its job has run, nobody sees what is gone.
    assert await listed(cast.bob) == []
    await settle(services)
    [theirs] = await listed(cast.bob)
    assert ("first" in words(theirs), theirs.unread) == (True, False)
    ok(await cast.alice.delete(f"/api/v1/statuses/{first['id']}"))
    await settle(services)
    assert (await listed(cast.alice), await listed(cast.bob)) == ([], [])
    assert await counts(cast.bob) == (0, 0)


async def test_an_edit_may_change_whom_it_is_for(cast, services):
    first = await tells(services, cast.alice, cast.bob, cast.carol)
    ok(await cast.alice.put(f"/api/v1/statuses/{first['id']}", {"status": "@bob only you"}))
    await settle(services)
    assert [names(each) for each in await listed(cast.alice)] == [["bob"]]
    assert [names(each) for each in await listed(cast.bob)] == [["alice"]]
    assert await listed(cast.carol) == await listed(cast.carol, f"{OURS}/requests") == []


async def test_paging_goes_by_the_last_message(cast, services):
    for number in range(3):
        await tells(services, cast.alice, cast.bob, text=f"thread {number}")
    answer = await cast.bob.get(LIST, limit=2)
    newest = msgspec.convert(ok(answer), list[Conversation])
    assert ["thread 2" in words(newest[0]), "thread 1" in words(newest[1])] == [True, True]
    following = await cast.bob.client.get(answer.links["next"]["url"], headers=cast.bob.headers)
    assert "thread 0" in words(msgspec.convert(ok(following), list[Conversation])[0])
    back = await cast.bob.client.get(following.links["prev"]["url"], headers=cast.bob.headers)
    assert [each["id"] for each in ok(back)] == [each.id for each in newest]


async def test_whom_one_blocked_or_muted_does_not_show(cast, services):
    await tells(services, cast.alice, cast.bob)
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/mute"))
    assert await listed(cast.bob) == []
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/unmute"))
    assert len(await listed(cast.bob)) == 1
    ok(await cast.bob.post(f"/api/v1/accounts/{cast.alice.id}/block"))
    await tells(services, cast.alice, cast.bob, text="hey")
    assert await listed(cast.bob) == await listed(cast.bob, f"{OURS}/requests") == []


# Strangers


async def test_what_a_stranger_begins_waits_for_consent(cast, services):
    first = await tells(services, cast.carol, cast.alice, text="hello stranger")
    assert await listed(cast.alice) == []
    assert ok(await cast.alice.get("/api/v1/timelines/direct")) == []
    assert await counts(cast.alice) == (0, 1)
    assert await mentions(cast.alice) == []
    [waiting] = await listed(cast.alice, f"{OURS}/requests")
    assert (names(waiting), waiting.unread) == (["carol"], False)
    assert len(await listed(cast.carol)) == 1
    for act in ("read", "unread"):
        refused(await cast.alice.post(f"{LIST}/{waiting.id}/{act}"), 404)
    refused(await cast.bob.post(f"{OURS}/requests/{waiting.id}/accept"), 404)
    accepted = msgspec.convert(
        ok(await cast.alice.post(f"{OURS}/requests/{waiting.id}/accept")), Conversation
    )
    assert (accepted.id, accepted.unread) == (waiting.id, True)
    refused(await cast.alice.post(f"{OURS}/requests/{waiting.id}/accept"), 404)
    await settle(services)
    # Accepted once, accepted for all doors: the notification comes, and the next conversation needs no consent.
    assert await mentions(cast.alice) == [first["id"]]
    assert ok(await cast.alice.get("/api/v1/notifications/requests")) == []
    await tells(services, cast.carol, cast.alice, text="another thread")
    assert len(await listed(cast.alice)) == 2
    assert len(await mentions(cast.alice)) == 2


async def test_accepting_the_notifications_accepts_the_messages(cast, services):
    await tells(services, cast.carol, cast.alice)
    [request] = ok(await cast.alice.get("/api/v1/notifications/requests"))
    ok(await cast.alice.post(f"/api/v1/notifications/requests/{request['id']}/accept"))
    await settle(services)
    assert [names(each) for each in await listed(cast.alice)] == [["carol"]]
    assert await counts(cast.alice) == (1, 0)


async def test_an_answer_accepts(cast, services):
    first = await tells(services, cast.carol, cast.alice)
    await tells(services, cast.alice, cast.carol, text="well", in_reply_to_id=first["id"])
    [mine] = await listed(cast.alice)
    assert "well" in words(mine)
    assert await counts(cast.alice) == (0, 0)
    assert await mentions(cast.alice) == [first["id"]]
    await tells(services, cast.carol, cast.alice, text="fine", in_reply_to_id=first["id"])
    assert await counts(cast.alice) == (1, 0)


async def test_whom_one_wrote_to_is_no_stranger(cast, services):
    await tells(services, cast.alice, cast.carol)
    assert await counts(cast.carol) == (0, 1)
    await tells(services, cast.carol, cast.alice, text="a thread of my own")
    assert [names(each) for each in await listed(cast.alice)] == [["carol"], ["carol"]]
    assert len(await mentions(cast.alice)) == 1


@pytest.mark.parametrize("how", ["decline", "delete"])
async def test_what_is_declined_stays_out(cast, services, how):
    first = await tells(services, cast.carol, cast.alice)
    [waiting] = await listed(cast.alice, f"{OURS}/requests")
    if how == "decline":
        ok(await cast.alice.post(f"{OURS}/requests/{waiting.id}/decline"))
    else:
        ok(await cast.alice.delete(f"{OURS}/requests/{waiting.id}"))
    await tells(services, cast.carol, cast.alice, text="but", in_reply_to_id=first["id"])
    assert await listed(cast.alice) == await listed(cast.alice, f"{OURS}/requests") == []
    assert await counts(cast.alice) == (0, 0)
    refused(await cast.alice.post(f"{OURS}/requests/{waiting.id}/accept"), 404)
    refused(await cast.alice.post(f"{LIST}/{waiting.id}/read"), 404)


async def test_who_lets_anybody_write_need_not_consent(cast, services):
    ok(
        await cast.alice.client.patch(
            "/api/v2/notifications/policy",
            json={"for_private_mentions": "accept"},
            headers=cast.alice.headers,
        )
    )
    await tells(services, cast.carol, cast.alice)
    assert [names(each) for each in await listed(cast.alice)] == [["carol"]]


async def test_a_block_takes_consent_back(cast, services):
    await tells(services, cast.alice, cast.carol)
    for act in ("block", "unblock"):
        ok(await cast.alice.post(f"/api/v1/accounts/{cast.carol.id}/{act}"))
        await settle(services)
    await tells(services, cast.carol, cast.alice)
    assert await counts(cast.alice) == (0, 1)


# The most that a full page asks: of a process that knows nothing, and of one that has just been asked the same.
COSTS = {LIST: (8, 1), "/api/v1/timelines/direct": (8, 1), f"{OURS}/requests": (8, 1)}


async def test_what_reading_costs_does_not_grow(cast, services, conn, client):
    async def grow(first: int, last: int) -> None:
        for number in range(first, last):
            other = await join(conn, client, f"person{number}")
            # Every other one is a stranger to alice.
            if number % 2:
                await cast.alice.follows(other)
            await other.says("@alice psst", visibility="direct")
        await settle(services)

    async def cost(path: str) -> tuple[int, int, int]:
        forget_caches()
        with counted(conn) as cold:
            items = ok(await cast.alice.get(path, limit=20))
        with counted(conn) as warm:
            assert ok(await cast.alice.get(path, limit=20)) == items
        return cold.statements, warm.statements, len(items)

    await grow(0, 4)
    few = {path: await cost(path) for path in COSTS}
    await grow(4, 42)
    for path, (cold, warm) in COSTS.items():
        assert (few[path][2], (await cost(path))[2]) == (2, 20), path
        many = await cost(path)
        assert many[:2] <= few[path][:2], path
        assert (many[0] <= cold, many[1] <= warm) == (True, True), (path, many)
