"""Conversation, as a struct, and as JSON around the fragments of its accounts and its last status.

https://docs.joinmastodon.org/entities/Conversation/
"""

from collections.abc import Sequence

import msgspec

from parley.hydration.models import ConversationView
from parley.identity.viewer import Viewer
from parley.mastodon_api.entities.account import Account, account_json
from parley.mastodon_api.entities.status import Status, status_json


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    unread: bool
    accounts: list[Account]
    last_status: Status | None


class ConversationCounts(msgspec.Struct, frozen=True):
    """Conversations with something unread, and those that wait for consent, up to a hundred of each."""

    count: int
    requests: int


def conversation_json(view: ConversationView, base_url: str, viewer: Viewer) -> bytes:
    return b'{"id":"%d","unread":%b,"accounts":[%b],"last_status":%b}' % (
        view.id,
        b"true" if view.unread else b"false",
        b",".join([account_json(each, base_url) for each in view.accounts]),
        status_json(view.last_status, base_url, viewer),
    )


def conversations_json(views: Sequence[ConversationView], base_url: str, viewer: Viewer) -> bytes:
    return b"[" + b",".join([conversation_json(each, base_url, viewer) for each in views]) + b"]"
