"""64-bit ids: time-ordered (or random, for accounts), each telling its bucket; and their string form.

Bits, high to low: 41 of milliseconds since 1970, 14 of bucket, 8 of sequence. See docs/architecture.md.
"""

import hashlib
import secrets
import zlib
from datetime import UTC, datetime
from typing import NewType

from parley.kit import clock

AccountId = NewType("AccountId", int)
StatusId = NewType("StatusId", int)
PollId = NewType("PollId", int)
ScheduledStatusId = NewType("ScheduledStatusId", int)
CardId = NewType("CardId", int)
MediaId = NewType("MediaId", int)
ListId = NewType("ListId", int)
NotificationId = NewType("NotificationId", int)
TagId = NewType("TagId", int)
FilterId = NewType("FilterId", int)
KeywordId = NewType("KeywordId", int)
FilterStatusId = NewType("FilterStatusId", int)
AnnouncementId = NewType("AnnouncementId", int)
ApplicationId = NewType("ApplicationId", int)
TokenId = NewType("TokenId", int)

BUCKETS = 16384
ID_MAX = 2**63 - 1
_SEQUENCE_BITS = 8
_TIME_SHIFT = 22

_last_millisecond = 0
_sequence = 0
_sequence_left = 0


def bucket_of(any_id: int) -> int:
    return (any_id >> _SEQUENCE_BITS) & (BUCKETS - 1)


def bucket_of_text(text: str) -> int:
    """The bucket of a thing keyed by a word, such as a hashtag; stable across processes and releases."""
    return zlib.crc32(text.encode()) & (BUCKETS - 1)


def id_of_text(text: str) -> int:
    """The id of a thing keyed by a word: always the same, in the word's bucket, and hardly ever another word's."""
    free = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
    # In place of the time, 41 bits of it.
    return (free >> 23 << _TIME_SHIFT) | (bucket_of_text(text) << _SEQUENCE_BITS) | (free & 0xFF)


def new_id(owner_id: int) -> int:
    """An id of now in the bucket of `owner_id`; unique within this process, and ascending while time moves.

    Two processes may draw the same id in the same millisecond and bucket (1 in 256): the unique
    constraint then refuses it and the caller draws again.
    """
    return new_id_in_bucket(bucket_of(owner_id))


def new_id_in_bucket(bucket: int) -> int:
    global _last_millisecond, _sequence, _sequence_left  # noqa: PLW0603 - one sequence a process
    millisecond = clock.now_milliseconds()
    if millisecond > _last_millisecond or millisecond < _last_millisecond - 1000:
        _last_millisecond = millisecond
        # A low start leaves room to ascend within the millisecond.
        _sequence = secrets.randbelow(128)
        _sequence_left = 256 - _sequence
    if _sequence_left == 0:
        _last_millisecond += 1
        _sequence = secrets.randbelow(128)
        _sequence_left = 256 - _sequence
    made = (_last_millisecond << _TIME_SHIFT) | (bucket << _SEQUENCE_BITS) | _sequence
    _sequence += 1
    _sequence_left -= 1
    return made


def id_at(milliseconds: int, bucket: int = 0, sequence: int = 0) -> int:
    """The id for a given moment; with the defaults, the lowest of that millisecond (a bound for ranges)."""
    return (milliseconds << _TIME_SHIFT) | (bucket << _SEQUENCE_BITS) | sequence


def milliseconds_of(time_ordered_id: int) -> int:
    return time_ordered_id >> _TIME_SHIFT


def moment_of(time_ordered_id: int) -> datetime:
    return datetime.fromtimestamp(milliseconds_of(time_ordered_id) / 1000, UTC)


def new_account_id() -> AccountId:
    """Random in all 63 bits, so that accounts can't be walked nor dated."""
    return AccountId(secrets.randbits(62) | (1 << 62))


def new_random_id_beside(owner_id: int) -> int:
    """In the bucket of `owner_id`, and random in all other bits: it can't be walked nor dated."""
    free = secrets.randbits(62) & ~((BUCKETS - 1) << _SEQUENCE_BITS)
    return (1 << 62) | free | (bucket_of(owner_id) << _SEQUENCE_BITS)


def new_random_id() -> int:
    return secrets.randbits(62) | (1 << 62)


def parse_id(text: str) -> int | None:
    """A decimal string to an id, or None when it can't be one."""
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    value = int(text)
    return value if 0 < value <= ID_MAX else None
