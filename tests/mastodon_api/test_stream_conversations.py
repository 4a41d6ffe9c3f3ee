"""The `direct` stream: a message comes to all who take part, as each has it; what waits for consent comes to nobody."""

import msgspec

from parley.conversations.models import ConversationId
from parley.kit.ids import AccountId
from parley.mastodon_api.entities.conversation import Conversation
from parley.mastodon_api.live_conversations import send_conversations
from tests.database import counted
from tests.mastodon_api.stream_readers import socket
from tests.mastodon_api.streaming_world import app, befriend, cast, hub, says, services
from tests.world import ok

__all__ = ["app", "cast", "hub", "services"]


async def test_a_message_comes_to_all_who_take_part(services, app, cast):
    await befriend(services, (cast.bob, cast.alice))
    async with (
        socket(app, cast.alice.headers, stream="direct") as alice,
        socket(app, cast.bob.headers, stream="direct") as bob,
        socket(app, cast.carol.headers, stream="direct") as carol,
    ):
        said = await says(services, cast.alice, "@bob @carol psst", visibility="direct")
        for reader, member, unread in ((alice, cast.alice, False), (bob, cast.bob, True)):
            stream, event, payload = await reader.event()
            assert (stream, event) == (["direct"], "conversation")
            found = msgspec.convert(payload, Conversation)
            assert (found.unread, found.last_status and found.last_status.id) == (unread, said["id"])
            assert member.wire_id not in {each.id for each in found.accounts}
            [listed] = ok(await member.get("/api/v1/conversations"))
            assert payload == listed
        # Carol knows nobody of them: hers waits, and the next that she hears of is one that does not.
        own = await says(services, cast.carol, "@alice well", visibility="direct")
        assert (await carol.event())[2]["last_status"]["id"] == own["id"]


async def test_it_costs_the_same_however_many_read(services, app, cast, conn, hub):
    await befriend(services, (cast.bob, cast.alice))
    await says(services, cast.alice, "@bob psst", visibility="direct")
    told = [
        (AccountId(owner_id), ConversationId(conversation_id))
        for owner_id, conversation_id in await conn.fetch_rows("select owner_id, id from conversations")
    ]

    async def cost() -> int:
        with counted(conn) as count:
            await send_conversations(conn, hub.places, services.settings.base_url, told)
        return count.statements

    assert (len(told), await cost()) == (2, 0)
    async with socket(app, cast.bob.headers, stream="direct") as one:
        await cost()
        few = await cost()
        assert few > 0
        async with (
            socket(app, cast.bob.headers, stream="direct") as two,
            socket(app, cast.alice.headers, stream="direct") as three,
        ):
            await cost()
            assert await cost() <= few
            for each in (one, two, three):
                assert (await each.event())[1] == "conversation"
