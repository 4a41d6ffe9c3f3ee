"""Relationship: everything between an account and another, one row; List and its members; rows for fan-out."""

from datetime import datetime

import msgspec

from parley.kit.ids import AccountId, FilterId, FilterStatusId, KeywordId, ListId, StatusId

REPLIES_POLICIES = ("followed", "list", "none")


class Relationship(msgspec.Struct, frozen=True):
    """The columns of `relationships` from `other_id` on, in their order; ids of acts are None where there is none.

    What `followed_by_...` says is what the other side chose for their follow: fan-out reads it from here.
    """

    other_id: AccountId
    follow_id: int | None = None
    show_reblogs: bool = True
    notify: bool = False
    languages: tuple[str, ...] | None = None
    requested_id: int | None = None
    followed_by_id: int | None = None
    followed_by_shows_reblogs: bool = True
    followed_by_notify: bool = False
    followed_by_languages: tuple[str, ...] | None = None
    requested_by_id: int | None = None
    block_id: int | None = None
    blocked_by_id: int | None = None
    mute_id: int | None = None
    mute_notifications: bool = False
    mute_expires_at: datetime | None = None
    endorsement_id: int | None = None
    # Lies sealed; in the open in rows from before, and where a relation is shown (private_words.py).
    note: str = ""
    sealed_note: bytes | None = None

    @property
    def blocked_either_way(self) -> bool:
        return self.block_id is not None or self.blocked_by_id is not None


class Related(msgspec.Struct, frozen=True):
    """An entry of a list of relations: who, and the id of the act, by which the list is ordered and paged."""

    account_id: AccountId
    act_id: int
    mute_expires_at: datetime | None = None


class RelatedPage(msgspec.Struct, frozen=True):
    """`entries` are what the viewer may see of a page; its bounds are those of all its rows, hidden ones too."""

    entries: tuple[Related, ...] = ()
    oldest_id: int | None = None
    newest_id: int | None = None
    full: bool = False


class Follower(msgspec.Struct, frozen=True):
    """A follower as fan-out needs them: the options are theirs."""

    account_id: AccountId
    followed_by_id: int
    shows_reblogs: bool
    notify: bool
    languages: tuple[str, ...] | None


class List(msgspec.Struct, frozen=True):
    """`replies_policy`: followed, list or none, as in the API."""

    id: ListId
    account_id: AccountId
    title: str
    replies_policy: str
    exclusive: bool
    created_at: datetime
    # In the table, in place of the title.
    sealed: bytes | None = None


class FollowedTag(msgspec.Struct, frozen=True):
    """`id` of the act, by which the list is ordered and paged; `tag` in normal form."""

    tag: str
    id: int


class TagFollower(msgspec.Struct, frozen=True):
    account_id: AccountId
    id: int


# Filters: what a member doesn't wish to read

FILTER_CONTEXTS = ("home", "notifications", "public", "thread", "account")
FILTER_ACTIONS = ("warn", "hide", "blur")


class Filter(msgspec.Struct, frozen=True):
    """The columns of `filters`, in order. It matches if one of its keywords does, or one of its statuses."""

    id: FilterId
    account_id: AccountId
    title: str
    contexts: tuple[str, ...]
    action: str
    expires_at: datetime | None
    created_at: datetime
    # In the table, in place of the title.
    sealed: bytes | None = None


class FilterKeyword(msgspec.Struct, frozen=True):
    id: KeywordId
    filter_id: FilterId
    account_id: AccountId
    keyword: str
    whole_word: bool
    # In the table, in place of the keyword.
    sealed: bytes | None = None


class FilterStatus(msgspec.Struct, frozen=True):
    """A status that the filter matches by itself, whatever its words."""

    id: FilterStatusId
    filter_id: FilterId
    account_id: AccountId
    status_id: StatusId


class WholeFilter(msgspec.Struct, frozen=True):
    filter: Filter
    keywords: tuple[FilterKeyword, ...] = ()
    statuses: tuple[FilterStatus, ...] = ()


class DomainBlock(msgspec.Struct, frozen=True):
    """`id` is that of the act: the list is paged by it."""

    id: int
    domain: str
