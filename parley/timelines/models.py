"""TimelineEntry: one line of somebody's timeline, as it is stored. Marker: how far somebody has read."""

from datetime import datetime

import msgspec

from parley.kit.ids import AccountId, StatusId


class TimelineEntry(msgspec.Struct, frozen=True):
    """`account_id` put it there: the author, or whoever boosted `reblog_of_id`."""

    status_id: StatusId
    account_id: AccountId
    reblog_of_id: StatusId | None


class Marker(msgspec.Struct, frozen=True):
    """`timeline` is home or notifications; `version` rises with every change."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime
