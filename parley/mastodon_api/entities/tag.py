"""Tag with its history, FeaturedTag, and Tag as staff see it.

https://docs.joinmastodon.org/entities/Tag/, https://docs.joinmastodon.org/entities/FeaturedTag/
"""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from parley.discovery import models
from parley.discovery.models import DayOfUse, TagView
from parley.identity.addresses import account_url, tag_url
from parley.identity.models import Account


class TagHistory(msgspec.Struct, frozen=True):
    """A day of use; numbers are texts here. `day` is its first second."""

    day: str
    accounts: str
    uses: str


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """What the viewer has to do with it is there for members only."""

    id: str
    name: str
    url: str
    history: tuple[TagHistory, ...]
    following: bool | UnsetType = UNSET
    featuring: bool | UnsetType = UNSET


class AdminTag(Tag, frozen=True, kw_only=True):
    """`trendable`: whether it may be shown as a trend; `requires_review`: whether nobody has decided that yet."""

    trendable: bool
    usable: bool = True
    listable: bool = True
    requires_review: bool


class FeaturedTag(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    url: str
    statuses_count: str
    last_status_at: str | None


def to_history(days: Sequence[DayOfUse]) -> tuple[TagHistory, ...]:
    return tuple(TagHistory(str(each.began_at), str(each.accounts), str(each.times)) for each in days)


def to_tag(view: TagView, base_url: str) -> Tag:
    tag = view.tag
    return Tag(
        id=str(tag.id),
        name=tag.display_name,
        url=tag_url(base_url, tag.name),
        history=to_history(tag.history),
        following=UNSET if view.following is None else view.following,
        featuring=UNSET if view.featuring is None else view.featuring,
    )


def to_admin_tag(tag: models.Tag, base_url: str, *, allowed: bool | None, shown: bool) -> AdminTag:
    return AdminTag(
        id=str(tag.id),
        name=tag.display_name,
        url=tag_url(base_url, tag.name),
        history=to_history(tag.history),
        trendable=shown,
        requires_review=allowed is None,
    )


def to_featured_tag(featured: models.FeaturedTag, account: Account, base_url: str) -> FeaturedTag:
    return FeaturedTag(
        id=str(featured.id),
        name=featured.display_name,
        url=f"{account_url(base_url, account)}/tagged/{quote(featured.tag)}",
        statuses_count=str(featured.statuses_count),
        last_status_at=None if featured.last_status_on is None else featured.last_status_on.isoformat(),
    )
