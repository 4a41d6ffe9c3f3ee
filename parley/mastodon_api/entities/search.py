"""Search: what was found, by kind.

https://docs.joinmastodon.org/entities/Search/
"""

import msgspec

from parley.mastodon_api.entities.account import Account
from parley.mastodon_api.entities.status import Status


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """All three are always there."""

    accounts: tuple[Account, ...]
    statuses: tuple[Status, ...]
    # Tags have no search of their own yet.
    hashtags: tuple[()] = ()


def search_json(accounts_json: bytes, statuses_json: bytes) -> bytes:
    return b'{"accounts":%b,"statuses":%b,"hashtags":[]}' % (accounts_json, statuses_json)
