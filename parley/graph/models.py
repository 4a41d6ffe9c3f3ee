"""Relationship: everything between an account and another, one row; List and its members; rows for fan-out."""

from datetime import datetime

import msgspec

from parley.kit.ids import AccountId, ListId

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
    note: str = ""

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


class FollowedTag(msgspec.Struct, frozen=True):
    """`id` of the act, by which the list is ordered and paged; `tag` in normal form."""

    tag: str
    id: int


class TagFollower(msgspec.Struct, frozen=True):
    account_id: AccountId
    id: int
