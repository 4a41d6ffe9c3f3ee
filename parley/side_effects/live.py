"""What open streams are told after an act: one message for each, whoever it reaches (see timelines/live.py)."""

from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.publishing.events import CardAttached, StatusCreated, StatusDeleted, StatusEdited
from parley.publishing.models import Visibility
from parley.timelines.live import StatusChanged, StatusDelivered, gone, tell_streams


def tell_of_new(
    conn: Connection, event: StatusCreated, *, famous: bool = False, first: bool = True, last: bool = True
) -> None:
    """Once a slice of followers has it; a celebrity's answers to others are in nobody's outbox."""
    everybody = event.visibility == Visibility.PUBLIC and event.reblog_of_id is None
    news = StatusDelivered(
        event.status_id,
        event.account_id,
        everybody=everybody,
        famous=famous and event.reply_to_id is None,
        first=first,
        last=last,
    )
    tell_streams(conn, news)


def tell_of_edit(conn: Connection, event: StatusEdited) -> None:
    tell_streams(conn, StatusChanged(event.status_id))


def tell_of_card(conn: Connection, event: CardAttached) -> None:
    tell_streams(conn, StatusChanged(event.status_id))


def tell_of_change(conn: Connection, status_id: StatusId) -> None:
    """What it quoted is no longer to be shown: no edit, but open apps show it anew."""
    tell_streams(conn, StatusChanged(status_id))


def tell_of_deletion(conn: Connection, event: StatusDeleted) -> None:
    tell_streams(conn, gone(event.status_id, everybody=event.everybody, tags=event.tags))
