"""Status (without its source text), StatusCounts, StatusFlags, StatusEdit, Poll; visibilities and policies."""

from datetime import datetime
from enum import IntEnum

import msgspec

from parley.kit.ids import AccountId, ApplicationId, CardId, MediaId, PollId, ScheduledStatusId, StatusId


class Visibility(IntEnum):
    PUBLIC = 0
    UNLISTED = 1
    PRIVATE = 2
    DIRECT = 3

    @property
    def wire(self) -> str:
        return self.name.lower()


class QuotePolicy(IntEnum):
    """Who may quote a status without asking. Its author always may."""

    PUBLIC = 0
    FOLLOWERS = 1
    NOBODY = 2

    @property
    def wire(self) -> str:
        return self.name.lower()


class ReplyPolicy(IntEnum):
    """Who may reply to a status, besides its author; followers and whom it mentions, then whom it mentions alone."""

    EVERYBODY = 0
    FOLLOWERS = 1
    MENTIONED = 2
    NOBODY = 3

    @property
    def wire(self) -> str:
        return self.name.lower()


class QuoteState(IntEnum):
    """How it stands with a quote; the last four are one viewer's own, and stand in no table."""

    PENDING = 0
    ACCEPTED = 1
    REJECTED = 2
    REVOKED = 3
    DELETED = 4
    UNAUTHORIZED = 5
    BLOCKED_ACCOUNT = 6
    BLOCKED_DOMAIN = 7
    MUTED_ACCOUNT = 8

    @property
    def wire(self) -> str:
        return self.name.lower()


# What everybody sees of an account or a status must not tell of words that are not for them.
COUNTED_AS_STATUS = frozenset({Visibility.PUBLIC, Visibility.UNLISTED, Visibility.PRIVATE})
COUNTED_AS_REPLY = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})
COUNTED_AS_QUOTE = COUNTED_AS_REPLY
COUNTED_AS_REBLOG = COUNTED_AS_REPLY


class Status(msgspec.Struct, frozen=True):
    """The columns of `statuses` that presenting needs, in order. `version` comes from its counts row.

    The source text is left out: only its author, editing, ever needs it. `sealed`: the words of a direct status as they
    lie in the database, where the columns for plain ones are empty (see sealing.py).
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
    sealed: bytes | None = None
    quote_of_id: StatusId | None = None
    quote_of_account_id: AccountId | None = None
    quote_state: int | None = None
    quote_policy: int = 0
    reply_policy: int = 0
    card_id: CardId | None = None
    media_ids: tuple[MediaId, ...] = ()


class StatusCounts(msgspec.Struct, frozen=True):
    version: int
    replies_count: int
    reblogs_count: int
    favourites_count: int
    quotes_count: int = 0


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
    sealed: bytes | None = None


class EditMedia(msgspec.Struct, frozen=True):
    """A file that a state bore, as it was described then."""

    id: MediaId
    description: str


class StatusEdit(msgspec.Struct, frozen=True):
    """One earlier (or the present) state; versions rise from the original's 1, not by ones."""

    version: int
    content: str
    spoiler_text: str
    sensitive: bool
    poll_options: tuple[str, ...] | None
    created_at: datetime
    sealed: bytes | None = None
    quote_of_id: StatusId | None = None
    media: tuple[EditMedia, ...] = ()


class ScheduledStatus(msgspec.Struct, frozen=True):
    """The columns of `scheduled_statuses`, in order. `draft`: a StatusDraft as MessagePack, encrypted when `sealed`."""

    id: ScheduledStatusId
    account_id: AccountId
    scheduled_at: datetime
    draft: bytes
    sealed: bool
    application_id: ApplicationId | None
    application_name: str | None
    application_website: str | None
    failure: str | None = None


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
    sealed: bytes | None = None
