"""TimelineEntry: one line of somebody's timeline, as it is stored."""

import msgspec

from parley.kit.ids import AccountId, StatusId


class TimelineEntry(msgspec.Struct, frozen=True):
    """`account_id` put it there: the author, or whoever boosted `reblog_of_id`."""

    status_id: StatusId
    account_id: AccountId
    reblog_of_id: StatusId | None
