"""Use, Tag with its days, FeaturedTag, Trend, Decision, Suggestion; kinds of what is used, ranked and decided upon."""

from datetime import UTC, date, datetime
from enum import IntEnum

import msgspec

from parley.kit.ids import AccountId, TagId, moment_of

# So many who use one thing at once need not wait for each other.
_SHARDS = 16


class Kind(IntEnum):
    """What is used and ranked; as numbers in the tables."""

    TAG = 1
    LINK = 2
    ACCOUNT = 3
    STATUS = 4


class Decided(IntEnum):
    """What staff decide upon; as numbers in the tables."""

    TAG = 1
    LINK = 2
    AUTHOR = 3
    STATUS = 4
    PUBLISHER = 5


class DayOfUse(msgspec.Struct, frozen=True):
    """How often something was used on a day, and by how many people."""

    day: date
    times: int
    accounts: int

    @property
    def began_at(self) -> int:
        """Its first second since 1970, in UTC."""
        return int(datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC).timestamp())


class Use(msgspec.Struct, frozen=True):
    """Somebody used something; `act_id`, of the post or of the follow, tells when."""

    subject_id: int
    account_id: AccountId
    act_id: int
    language: str | None = None

    @property
    def at(self) -> datetime:
        return moment_of(self.act_id)

    @property
    def shard(self) -> int:
        """Random bits of the account's id."""
        return (self.account_id >> 22) % _SHARDS


class Tag(msgspec.Struct, frozen=True):
    """`name` in normal form, `display_name` as it was first written; `history` from today back, a week."""

    id: TagId
    name: str
    display_name: str
    history: tuple[DayOfUse, ...]


class TagView(msgspec.Struct, frozen=True):
    """A tag with what its viewer has to do with it; None for who is no member."""

    tag: Tag
    following: bool | None
    featuring: bool | None


class FeaturedTag(msgspec.Struct, frozen=True):
    """A tag on its owner's profile; the counts are of their public posts with it."""

    tag: str
    id: int
    display_name: str
    statuses_count: int
    last_status_on: date | None


class Voice(msgspec.Struct, frozen=True):
    """Somebody who used, shared, liked or followed something; once a person in each ranking."""

    subject_id: int
    account_id: AccountId
    language: str | None
    at: datetime


class Trend(msgspec.Struct, frozen=True):
    """A place in a ranking. `group_id`: the author of a status, the publisher of a link."""

    subject_id: int
    score: float
    language: str | None = None
    group_id: int | None = None
    allowed: bool | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """Somebody to follow. `people`: how many of those that the member follows follow them."""

    account_id: AccountId
    sources: tuple[str, ...]
    people: int = 0


class SuggestionList(msgspec.Struct, frozen=True):
    """What was worked out for a member: `people` runs beside `account_ids`."""

    account_ids: tuple[AccountId, ...]
    people: tuple[int, ...]
    computed_at: datetime
