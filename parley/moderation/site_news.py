"""Tells all processes that rules or texts of the site changed, since each keeps the documents that hold them."""

from collections.abc import Callable

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import defer
from parley.kit.pubsub import PubSub

_TOPIC = "site_changed"
_forgetful: list[Callable[[], None]] = []


class TellOfSite(msgspec.Struct, frozen=True):
    """By a job, since the operator's command has no way to other processes."""


def on_site_changed(forget: Callable[[], None]) -> None:
    """For whoever keeps something made of rules and texts: `forget` is called when they change."""
    _forgetful.append(forget)


def listen(pubsub: PubSub) -> None:
    pubsub.subscribe(_TOPIC, lambda _text: _forget())
    pubsub.on_reconnect(_forget)


async def note_site_changed(conn: Connection, staff_id: AccountId | None) -> None:
    """`staff_id` is None for the operator at the command line."""
    announce_site_changed(conn)
    if staff_id is None:
        await defer(conn, TellOfSite())


def announce_site_changed(conn: Connection) -> None:
    conn.after_commit(_forget)
    conn.publish_after_commit(_TOPIC, "")


def _forget() -> None:
    for forget in _forgetful:
        forget()
