"""Relationship: everything between an account and another, one row; List and its members."""

from datetime import datetime

import msgspec

from parley.kit.ids import AccountId, ListId


class Relationship(msgspec.Struct, frozen=True):
    """The columns of `relationships` from `other_id` on, in their order; ids of acts are None where there is none."""

    other_id: AccountId
    follow_id: int | None = None
    show_reblogs: bool = True
    notify: bool = False
    languages: tuple[str, ...] | None = None
    requested_id: int | None = None
    followed_by_id: int | None = None
    requested_by_id: int | None = None
    block_id: int | None = None
    blocked_by_id: int | None = None
    mute_id: int | None = None
    mute_notifications: bool = False
    mute_expires_at: datetime | None = None
    endorsement_id: int | None = None
    note: str = ""


class List(msgspec.Struct, frozen=True):
    """`replies_policy`: followed, list or none, as in the API."""

    id: ListId
    account_id: AccountId
    title: str
    replies_policy: str
    exclusive: bool
    created_at: datetime
