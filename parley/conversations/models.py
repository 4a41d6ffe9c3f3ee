"""Conversation: what one member has with certain others in one thread; its states; what is placed in it."""

from enum import IntEnum
from typing import NewType

import msgspec

from parley.kit.ids import AccountId, StatusId

ConversationId = NewType("ConversationId", int)


class State(IntEnum):
    """WAITING for the owner's consent; HIDDEN until the next message; DECLINED for good."""

    SHOWN = 0
    WAITING = 1
    HIDDEN = 2
    DECLINED = 3


class Conversation(msgspec.Struct, frozen=True):
    """The columns that reading needs, in order. `read_id`: the newest status that the owner has read."""

    id: ConversationId
    participant_ids: list[AccountId]
    last_status_id: StatusId
    read_id: StatusId
    state: int
    requested_by_id: AccountId | None = None

    @property
    def unread(self) -> bool:
        return self.state == State.SHOWN and self.last_status_id > self.read_id


class Message(msgspec.Struct, frozen=True):
    """A direct status, as far as conversations must know it."""

    status_id: StatusId
    account_id: AccountId
    thread_id: StatusId
    mention_ids: tuple[AccountId, ...]

    @property
    def participant_ids(self) -> list[AccountId]:
        return sorted({self.account_id, *self.mention_ids})


class Placed(msgspec.Struct, frozen=True):
    """Where a message came to stand for one owner."""

    owner_id: AccountId
    conversation_id: ConversationId
    state: int


class Counts(msgspec.Struct, frozen=True):
    """How many conversations are unread, and how many wait, each up to a limit."""

    unread: int
    requests: int
