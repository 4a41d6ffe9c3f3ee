"""Search: what was found, by kind.

https://docs.joinmastodon.org/entities/Search/
"""

from collections.abc import Sequence

import msgspec

from parley.discovery.models import TagView
from parley.mastodon_api.entities.account import Account
from parley.mastodon_api.entities.status import Status
from parley.mastodon_api.entities.tag import Tag, to_tag


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """All three are always there."""

    accounts: tuple[Account, ...]
    statuses: tuple[Status, ...]
    hashtags: tuple[Tag, ...]


def search_json(accounts_json: bytes, statuses_json: bytes, tags: Sequence[TagView], base_url: str) -> bytes:
    tags_json = msgspec.json.encode([to_tag(each, base_url) for each in tags])
    return b'{"accounts":%b,"statuses":%b,"hashtags":%b}' % (accounts_json, statuses_json, tags_json)
