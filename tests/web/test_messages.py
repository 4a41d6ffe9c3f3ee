"""Messages on pages: writing from a profile, answering, unread marks, requests of strangers."""

from parley.kit.services import Services
from tests.mastodon_api.test_media import jpeg
from tests.web.test_files import addresses_of, sent
from tests.web.visitor import Visitor, form_on, text_of
from tests.world import settle


async def befriend(alice: Visitor, bob: Visitor) -> None:
    for who, other in ((alice, bob), (bob, alice)):
        await who.open(f"/@{other.name}")
        await who.does(f"/accounts/{other.id}/follow")


def path_of(visitor: Visitor) -> str:
    return str(visitor.page.url.path)


async def test_two_write_to_each_other(alice: Visitor, bob: Visitor, services: Services) -> None:
    await befriend(alice, bob)
    assert "No messages yet" in text_of(await alice.open("/messages"))
    assert "/messages/new?to=bob" in await alice.open("/@bob")
    await alice.open("/messages/new?to=bob")
    page = await alice.does("/messages", text="Are you there?")
    # One's own words stand there before any job has run.
    assert "Are you there?" in text_of(page)
    path = path_of(alice)
    assert "You: @bob Are you there?" in text_of(await alice.open("/messages"))
    await settle(services)
    page = await bob.open("/messages")
    assert ("unread" in text_of(page), "@alice" in text_of(page)) == (True, False)
    assert 'Messages</span><b class="count">1' in page
    [theirs] = {
        part.split("#")[0] for part in page.split('"') if part.startswith("/messages/") and "#" in part
    }
    assert "Are you there?" in text_of(await bob.open(theirs))
    assert "unread" not in text_of(await bob.open("/messages"))
    await bob.open(theirs)
    assert "I am" in text_of(await bob.does(theirs, text="I am"))
    await settle(services)
    # From the profile, the conversation goes on.
    await alice.open("/messages/new?to=bob")
    assert path_of(alice) == path
    assert text_of(alice.page.text).index("Are you there?") < text_of(alice.page.text).index("I am")
    await alice.open(path)
    await alice.does(f"{path}/unread")
    assert "unread" in text_of(alice.page.text)
    await alice.open(path)
    await alice.does(f"{path}/hide")
    assert "No messages yet" in text_of(alice.page.text)
    await alice.open(path, 404)


async def test_what_can_not_be_sent_stays_in_the_box(
    alice: Visitor, bob: Visitor, services: Services
) -> None:
    await alice.open("/messages/new?to=bob")
    long = "much " * services.settings.status_length_max
    refused = await alice.send("/messages", text=long)
    assert (refused.status_code, long in refused.text) == (422, True)
    assert (await alice.send("/messages", text=" ")).status_code == 422
    await alice.does("/messages", text="short")
    path = path_of(alice)
    refused = await alice.send(path, text=long)
    assert (refused.status_code, long in refused.text, "short" in refused.text) == (422, True, True)
    await bob.open(path, 404)
    await alice.open("/messages/new?to=nobody", 404)


async def test_sent_twice_it_is_said_once(alice: Visitor, bob: Visitor, services: Services) -> None:
    await alice.open("/messages/new?to=bob")
    for _ in range(2):
        assert (await alice.send("/messages", text="once")).status_code == 303
    await alice.open("/messages/new?to=bob")
    assert text_of(alice.page.text).count("once") == 1


async def test_a_strangers_message_waits(alice: Visitor, bob: Visitor, services: Services) -> None:
    for text in ("psst", "hm"):
        await bob.open("/compose")
        await bob.does("/compose", text=f"@alice {text}", visibility="direct")
    await settle(services)
    page = await alice.open("/messages")
    assert "No messages yet" in text_of(page)
    assert 'Messages</span><b class="count">' not in page
    page = await alice.open("/messages/requests")
    assert "2 waiting" in text_of(page)
    first, second = dict.fromkeys(
        part.split("#")[0] for part in page.split('"') if part.startswith("/messages/") and "#" in part
    )
    page = await alice.open(first)
    assert "@bob asks to write to you" in text_of(page)
    await alice.does(f"{first}/decline")
    await alice.open(first, 404)
    assert "1 waiting" in text_of(await alice.open("/messages/requests"))
    await alice.open(second)
    assert "The request is accepted" in text_of(await alice.does(f"{second}/accept"))
    assert "Nobody waits" in text_of(await alice.open("/messages/requests"))
    assert "psst" in text_of(await alice.open("/messages"))
    answer = await alice.client.post(f"{second}/nonsense", data={})
    assert answer.status_code in {403, 404}


async def test_a_longer_conversation_turns_its_pages(
    alice: Visitor, bob: Visitor, services: Services
) -> None:
    await alice.open("/messages/new?to=alice")
    await alice.does("/messages", text="number 0 ends")
    path = path_of(alice)
    for number in range(1, 22):
        await alice.open(path)
        await alice.does(path, text=f"number {number} ends")
    assert "Notes to yourself" in text_of(alice.page.text)
    assert "number 1 ends" not in text_of(alice.page.text)
    older = next(part for part in alice.page.text.split('"') if "max_id" in part)
    assert "number 0 ends" in text_of(await alice.open(older.replace("&amp;", "&")))


async def test_a_message_bears_files_for_those_who_take_part(
    alice: Visitor, bob: Visitor, anyone: Visitor, services: Services
) -> None:
    await befriend(alice, bob)
    await alice.open("/messages/new?to=bob")
    alice.page = await alice.send("/messages", text="Look", describe="1", files=sent(jpeg()))
    fields = form_on(alice.page.text, "/messages").fields
    assert fields["text"] == "Look"
    words = {f"description_{fields['media_id']}": "the very key"}
    page = await alice.does("/messages", text="", **words)
    assert 'alt="the very key"' in page
    [address] = addresses_of(page)
    assert "seal=" in address
    await settle(services)
    answer = await newest_conversation(bob)
    [address] = addresses_of(await bob.open(answer))
    assert (await bob.get(address)).status_code == 200
    assert (await anyone.get(address.partition("?")[0])).status_code == 404
    assert len(addresses_of(await bob.does(answer, text="", files=sent(jpeg((40, 40)))))) == 2


async def newest_conversation(visitor: Visitor) -> str:
    page = await visitor.open("/messages")
    return next(
        part.split("#")[0] for part in page.split('"') if part.startswith("/messages/") and "#" in part
    )
