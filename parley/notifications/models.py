"""Notification: one thing that happened to a member; which types there are; which ones a reader wants; its group."""

from datetime import datetime

import msgspec

from parley.kit.ids import (
    AccountId,
    AnnouncementId,
    NotificationId,
    StatusId,
    id_at,
    milliseconds_of,
    moment_of,
)

TYPES = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote",
    "quoted_update", "admin.sign_up", "admin.report", "severed_relationships", "moderation_warning",
)  # fmt: skip
# Told to whom they happened, though nobody else did them.
OWN_TYPES = frozenset({"poll", "severed_relationships", "moderation_warning"})
# Those about the same status, on the same day, stand as one.
GROUPABLE_TYPES = ("favourite", "reblog", "follow", "admin.sign_up")

DAY_MILLISECONDS = 86_400_000


class Group(msgspec.Struct, frozen=True):
    """Notifications of one type about the same thing on one day (in UTC), which its members' ids tell.

    So nothing is written or looked up to group them (decision 10).
    """

    type: str
    status_id: StatusId | None
    day: int

    @property
    def key(self) -> str:
        if self.status_id is None:
            return f"{self.type}-{self.day}"
        return f"{self.type}-{self.status_id}-{self.day}"

    @property
    def lowest_id(self) -> int:
        return id_at(self.day * DAY_MILLISECONDS)

    @property
    def end_id(self) -> int:
        """Above any of its members."""
        return id_at((self.day + 1) * DAY_MILLISECONDS)


def group_of(notification_id: NotificationId, type: str, status_id: StatusId | None) -> Group | None:
    if type not in GROUPABLE_TYPES:
        return None
    return Group(type, status_id, milliseconds_of(notification_id) // DAY_MILLISECONDS)


class Notification(msgspec.Struct, frozen=True):
    """The columns of `notifications` that reading needs, in order. The id tells when.

    `about_id`: a report, a warning or an event that ended follows, by the type.
    """

    id: NotificationId
    type: str
    from_account_id: AccountId
    status_id: StatusId | None
    about_id: int | None = None

    @property
    def created_at(self) -> datetime:
        return moment_of(self.id)

    @property
    def group(self) -> Group | None:
        return group_of(self.id, self.type, self.status_id)


class GroupMembers(msgspec.Struct, frozen=True):
    """What a list shows of a group: how many, the first and last of those in the page, who came last."""

    type: str
    status_id: StatusId | None
    day: int
    count: int
    newest_id: NotificationId
    page_min_id: NotificationId | None
    account_ids: list[AccountId]

    @property
    def group(self) -> Group:
        return Group(self.type, self.status_id, self.day)


class Wanted(msgspec.Struct, frozen=True):
    """What a reader asks for; everything by default. An unknown type matches nothing.

    `filtered`: also what is held back by the reader's policy.
    """

    types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    from_account_id: AccountId | None = None
    filtered: bool = False


EVERYTHING = Wanted()


class Event(msgspec.Struct, frozen=True):
    """What is told: what somebody did, and to which status or other thing. `direct`: the status is a direct one.

    `known_to`: who knows the sender well enough for that.
    """

    type: str
    from_account_id: AccountId
    status_id: StatusId | None = None
    about_id: int | None = None
    thread_id: StatusId | None = None
    direct: bool = False
    known_to: frozenset[AccountId] = frozenset()


class StatusFacts(msgspec.Struct, frozen=True):
    thread_id: StatusId
    visibility: int


# What becomes of a notification. The strictest choice that fits it counts.
CHOICES = ("accept", "filter", "drop")


class Policy(msgspec.Struct, frozen=True):
    """What a member does with notifications from whom they don't know: one of CHOICES for each kind of stranger."""

    for_not_following: str = "accept"
    for_not_followers: str = "accept"
    for_new_accounts: str = "accept"
    for_private_mentions: str = "filter"
    for_limited_accounts: str = "filter"


DEFAULT_POLICY = Policy()


class Recipient(msgspec.Struct, frozen=True):
    """A member who may be told of an event, and what they have to do with its sender. Without a policy: the defaults."""

    account_id: AccountId
    follow_id: int | None
    followed_by_id: int | None
    permitted: bool
    for_not_following: str | None
    for_not_followers: str | None
    for_new_accounts: str | None
    for_private_mentions: str | None
    for_limited_accounts: str | None

    @property
    def policy(self) -> Policy:
        if self.for_not_following is None:
            return DEFAULT_POLICY
        return Policy(
            self.for_not_following,
            self.for_not_followers or "accept",
            self.for_new_accounts or "accept",
            self.for_private_mentions or "accept",
            self.for_limited_accounts or "accept",
        )


class Sender(msgspec.Struct, frozen=True):
    """What recipients' policies ask of whoever caused a notification."""

    created_at: datetime
    limited: bool
    staff: bool


class PolicySummary(msgspec.Struct, frozen=True):
    """How many wait to be let through, and how many of their notifications; neither is counted beyond 100 and 10,000."""

    requests: int
    notifications: int


class Request(msgspec.Struct, frozen=True):
    """Somebody whose notifications are held back; `count` of them, up to 100. The id tells since when."""

    id: int
    from_account_id: AccountId
    updated_at: datetime
    count: int
    last_status_id: StatusId | None

    @property
    def created_at(self) -> datetime:
        return moment_of(self.id)


class Announcement(msgspec.Struct, frozen=True):
    """The columns of `announcements`, in order: as typed, and as HTML; what it names stands in the last three."""

    id: AnnouncementId
    text: str
    content: str
    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    published_at: datetime
    updated_at: datetime
    mention_ids: tuple[AccountId, ...] = ()
    status_ids: tuple[StatusId, ...] = ()
    tags: tuple[str, ...] = ()

    def is_shown_at(self, now: datetime) -> bool:
        return self.published_at <= now and (self.ends_at is None or self.ends_at > now)


class ReactionCount(msgspec.Struct, frozen=True):
    announcement_id: AnnouncementId
    name: str
    count: int
