"""Payloads of the jobs by which long side effects go on."""

import msgspec

from parley.kit.ids import AccountId, StatusId
from parley.publishing.events import PollClosed, StatusCreated, StatusDeleted


class EraseAccount(msgspec.Struct, frozen=True):
    account_id: AccountId


class FanOutBatch(msgspec.Struct, frozen=True):
    """`after_id`: the follow after which the next slice of followers begins."""

    created: StatusCreated
    after_id: int


class FanOutByTag(msgspec.Struct, frozen=True):
    """`tags`: those not done with; `after_id`: the follow after which the next slice of the first one's begins.

    `edited`: it has stood elsewhere before.
    """

    created: StatusCreated
    tags: tuple[str, ...]
    after_id: int = 0
    edited: bool = False


class FinishDeletion(msgspec.Struct, frozen=True):
    deleted: StatusDeleted


class IndexStatus(msgspec.Struct, frozen=True):
    """The index is to hold a post as it is now. `tagged`: it is new and public, and the use of its hashtags counts."""

    status_id: StatusId
    tagged: StatusCreated | None = None


class TellBells(msgspec.Struct, frozen=True):
    """`after_id`: the follow after which the next slice of followers with a bell begins."""

    created: StatusCreated
    after_id: int = 0


class TellVoters(msgspec.Struct, frozen=True):
    """`after`: the voter after whom the next slice begins."""

    closed: PollClosed
    after: AccountId | None = None
