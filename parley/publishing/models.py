"""Status (without its source text), StatusCounts, StatusFlags, StatusEdit, Poll; visibilities."""

from datetime import datetime
from enum import IntEnum

import msgspec

from parley.kit.ids import AccountId, PollId, StatusId


class Visibility(IntEnum):
    PUBLIC = 0
    UNLISTED = 1
    PRIVATE = 2
    DIRECT = 3

    @property
    def wire(self) -> str:
        return self.name.lower()


# What everybody sees of an account or a status must not tell of words that are not for them.
COUNTED_AS_STATUS = frozenset({Visibility.PUBLIC, Visibility.UNLISTED, Visibility.PRIVATE})
COUNTED_AS_REPLY = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})


class Status(msgspec.Struct, frozen=True):
    """The columns of `statuses` that presenting needs, in order. `version` comes from its counts row.

    The source text is left out: only its author, editing, ever needs it.
    """

    id: StatusId
    account_id: AccountId
    visibility: int
    content: str
    spoiler_text: str
    sensitive: bool
    language: str | None
    in_reply_to_id: StatusId | None
    in_reply_to_account_id: AccountId | None
    thread_id: StatusId
    reblog_of_id: StatusId | None
    mention_ids: tuple[AccountId, ...]
    tags: tuple[str, ...]
    poll_id: PollId | None
    application_name: str | None
    application_website: str | None
    uri: str | None
    url: str | None
    created_at: datetime
    edited_at: datetime | None
    version: int


class StatusCounts(msgspec.Struct, frozen=True):
    version: int
    replies_count: int
    reblogs_count: int
    favourites_count: int


class StatusFlags(msgspec.Struct, frozen=True):
    """What the viewer did with a status."""

    favourited: bool = False
    reblogged: bool = False
    bookmarked: bool = False
    pinned: bool = False
    muted: bool = False


NO_FLAGS = StatusFlags()


class StatusSource(msgspec.Struct, frozen=True):
    id: StatusId
    text: str
    spoiler_text: str


class StatusEdit(msgspec.Struct, frozen=True):
    """One earlier (or the present) state; versions rise from the original's 1, not by ones."""

    version: int
    content: str
    spoiler_text: str
    sensitive: bool
    poll_options: tuple[str, ...] | None
    created_at: datetime


class Poll(msgspec.Struct, frozen=True):
    """The columns of `polls`, in order; `votes_counts` runs beside `options`."""

    id: PollId
    status_id: StatusId
    account_id: AccountId
    options: tuple[str, ...]
    multiple: bool
    hide_totals: bool
    expires_at: datetime | None
    closed_at: datetime | None
    votes_counts: tuple[int, ...]
    voters_count: int
