"""Payloads of the jobs by which long side effects go on."""

import msgspec

from parley.kit.ids import AccountId
from parley.publishing.events import PollClosed, StatusCreated, StatusDeleted


class FanOutBatch(msgspec.Struct, frozen=True):
    """`after_id`: the follow after which the next slice of followers begins."""

    created: StatusCreated
    after_id: int


class FinishDeletion(msgspec.Struct, frozen=True):
    deleted: StatusDeleted


class TellVoters(msgspec.Struct, frozen=True):
    """`after`: the voter after whom the next slice begins."""

    closed: PollClosed
    after: AccountId | None = None
