"""Mastodon.py: direct messages as conversations, and the stream of them."""

import pytest
from mastodon import MastodonNotFoundError
from mastodon.return_types import Conversation

from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.test_mastodon_py_streams import listening
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


def test_messages_come_as_conversations(alice: StrictMastodon, bob: StrictMastodon) -> None:
    bob.account_follow(alice.me())
    with listening(bob.stream_direct) as listener:
        said = alice.status_post(f"@{bob.me().acct} only you", visibility="direct")
        name, heard = listener.next()
    assert (name, type(heard), heard.unread) == ("conversation", Conversation, True)
    assert (heard.last_status.id, [each.id for each in heard.accounts]) == (said.id, [alice.me().id])
    [found] = bob.conversations()
    assert (found.id, found.last_status.content, found.unread) == (heard.id, said.content, True)
    bob.conversations_read(found)
    assert bob.conversations()[0].unread is False
    assert [each.id for each in alice.conversations()] != [found.id]
    assert [each.id for each in bob.timeline("direct")] == [said.id]
    alice.status_post(f"@{bob.me().acct} and again", visibility="direct", in_reply_to_id=said)
    eventually(lambda: "again" in bob.conversations()[0].last_status.content)


def test_what_strangers_write_waits(alice: StrictMastodon, bob: StrictMastodon) -> None:
    alice.status_post(f"@{bob.me().acct} who are you?", visibility="direct")
    eventually(lambda: len(bob.notification_requests()) == 1)
    assert bob.conversations() == []
    [request] = bob.notification_requests()
    bob.accept_notification_request(request)
    eventually(lambda: len(bob.conversations()) == 1)
    with pytest.raises(MastodonNotFoundError):
        alice.conversations_read(bob.conversations()[0])
