"""What processes with open streams are told about statuses once all is committed: one message, whoever it reaches."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, moment_of
from parley.kit.partitions import oldest_kept_id, partition_of
from parley.kit.pubsub import MESSAGE_BYTES_MAX
from parley.timelines import queries

LIVE_STATUSES_TOPIC = "live_statuses"
_TAGS_BYTES_MAX = MESSAGE_BYTES_MAX - 200


class StatusDelivered(msgspec.Struct, frozen=True, array_like=True, tag="new"):
    """It stands in the timelines of a slice of its readers; in those of all once the `last` slice is done.

    `everybody`: public lists may show it, too. `famous`: nothing was written, its author's outbox is read instead.
    """

    status_id: StatusId
    account_id: AccountId
    everybody: bool
    famous: bool = False
    first: bool = True
    last: bool = True


class StatusChanged(msgspec.Struct, frozen=True, array_like=True, tag="edited"):
    status_id: StatusId


class StatusGone(msgspec.Struct, frozen=True, array_like=True, tag="gone"):
    """Nobody can look it up any more: `tags` tell where it was to be seen, if everybody could."""

    status_id: StatusId
    everybody: bool
    tags: tuple[str, ...] = ()


StatusNews: TypeAlias = StatusDelivered | StatusChanged | StatusGone


def tell_streams(conn: Connection, news: StatusNews) -> None:
    conn.publish_after_commit(LIVE_STATUSES_TOPIC, msgspec.json.encode(news).decode())


def read_news(text: str) -> StatusNews:
    news: StatusNews = msgspec.json.decode(text, type=StatusNews)
    return news


def gone(status_id: StatusId, *, everybody: bool, tags: Sequence[str]) -> StatusGone:
    """With as many of the tags as a message takes; hardly any status has more."""
    size, told = 0, []
    for tag in tags if everybody else ():
        size += len(msgspec.json.encode(tag)) + 1
        if size > _TAGS_BYTES_MAX:
            break
        told.append(tag)
    return StatusGone(status_id, everybody, tuple(told))


async def holders_among(conn: Connection, owner_ids: Sequence[int], status_id: StatusId) -> list[int]:
    """Those of these homes and lists in which the status stands. One statement, whatever their number."""
    if not owner_ids or status_id < oldest_kept_id("home_entries"):
        return []
    partition, _ = partition_of("home_entries", moment_of(status_id))
    return await queries.owners_holding(conn, partition, owner_ids, status_id)
