"""Relationship and FamiliarFollowers.

https://docs.joinmastodon.org/entities/Relationship/
"""

from collections.abc import Sequence

import msgspec

from parley.graph import models
from parley.identity.models import AccountView
from parley.kit.ids import AccountId
from parley.mastodon_api.entities.account import Account, account_json, wire_time


class Relationship(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a follow are told for a request too: they are what it asks for."""

    id: str
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: tuple[str, ...] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: str | None
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


class FamiliarFollowers(msgspec.Struct, frozen=True):
    id: str
    accounts: tuple[Account, ...]


def to_relationship(row: models.Relationship, *, domain_blocking: bool) -> Relationship:
    """`domain_blocking`: whether the viewer blocks the whole domain of the account."""
    following, requested = row.follow_id is not None, row.requested_id is not None
    return Relationship(
        id=str(row.other_id),
        following=following,
        showing_reblogs=(following or requested) and row.show_reblogs,
        notifying=(following or requested) and row.notify,
        languages=row.languages,
        followed_by=row.followed_by_id is not None,
        blocking=row.block_id is not None,
        blocked_by=row.blocked_by_id is not None,
        muting=row.mute_id is not None,
        muting_notifications=row.mute_notifications,
        muting_expires_at=wire_time(row.mute_expires_at),
        requested=requested,
        requested_by=row.requested_by_id is not None,
        domain_blocking=domain_blocking,
        endorsed=row.endorsement_id is not None,
        note=row.note,
    )


def familiar_followers_json(account_id: AccountId, views: Sequence[AccountView], base_url: str) -> bytes:
    accounts = b",".join(account_json(each, base_url) for each in views)
    return b'{"id":"%d","accounts":[%b]}' % (account_id, accounts)
