"""What processes with open streams are told about conversations once all is committed."""

from collections.abc import Sequence
from itertools import islice

import msgspec

from parley.conversations.models import ConversationId, Placed, State
from parley.kit.db import Connection
from parley.kit.ids import AccountId

LIVE_CONVERSATIONS_TOPIC = "live_conversations"
# Two ids and what stands between them take 42 bytes, a message 2,000.
_TOLD_PER_MESSAGE = 40

Told = list[tuple[AccountId, ConversationId]]


def tell_streams(conn: Connection, placed: Sequence[Placed]) -> None:
    """Of what waits for consent, nobody hears."""
    rest = ((each.owner_id, each.conversation_id) for each in placed if each.state == State.SHOWN)
    while told := list(islice(rest, _TOLD_PER_MESSAGE)):
        conn.publish_after_commit(LIVE_CONVERSATIONS_TOPIC, msgspec.json.encode(told).decode())


def read_told(text: str) -> Told:
    return msgspec.json.decode(text, type=Told)
