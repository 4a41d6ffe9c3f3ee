"""Trends::Link, links and their publishers as staff see them, and Suggestion.

https://docs.joinmastodon.org/entities/PreviewCard/#trends-link, https://docs.joinmastodon.org/entities/Suggestion/
"""

from typing import Literal

import msgspec

from parley.discovery.models import Suggestion as SuggestedAccount
from parley.hydration.trends import LinkView
from parley.identity.models import AccountView
from parley.mastodon_api.entities.account import Account, account_json, spliced
from parley.mastodon_api.entities.card import PreviewCard, card_json
from parley.mastodon_api.entities.status import Status
from parley.mastodon_api.entities.tag import TagHistory, to_history

# What sources were called before there could be several.
_OLD_SOURCES = {"featured": "staff", "friends_of_friends": "past_interactions", "most_followed": "global"}


class TrendsLink(PreviewCard, frozen=True, kw_only=True):
    history: tuple[TagHistory, ...]


class AdminTrendsLink(TrendsLink, frozen=True, kw_only=True):
    """`requires_review`: whether nobody has decided yet whether it may be shown."""

    id: str
    requires_review: bool


class AdminTrendsStatus(Status, frozen=True, kw_only=True):
    requires_review: bool


class AdminPublisher(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    domain: str
    trendable: bool
    requires_review: bool
    reviewed_at: str | None = None
    requested_review_at: str | None = None


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    source: Literal["staff", "past_interactions", "global"]
    sources: tuple[Literal["featured", "friends_of_friends", "most_followed"], ...]
    account: Account


def link_json(view: LinkView, base_url: str) -> bytes:
    return spliced(card_json(view.card, base_url), {"history": to_history(view.history)})


def admin_link_json(view: LinkView, base_url: str, *, requires_review: bool) -> bytes:
    more = {"id": str(view.card.card.id), "requires_review": requires_review}
    return spliced(link_json(view, base_url), more)


def suggestion_json(suggestion: SuggestedAccount, account: AccountView, base_url: str) -> bytes:
    sources = msgspec.json.encode(suggestion.sources)
    return b'{"source":"%b","sources":%b,"account":%b}' % (
        _OLD_SOURCES[suggestion.sources[0]].encode(),
        sources,
        account_json(account, base_url),
    )
