"""now() in UTC: the only source of time, so that tests can set it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset_seconds = 0.0


def now() -> datetime:
    return datetime.fromtimestamp(now_seconds(), UTC)


def now_seconds() -> float:
    return time.time() + _offset_seconds


def now_milliseconds() -> int:
    return int(now_seconds() * 1000)


def today_start() -> datetime:
    return now().replace(hour=0, minute=0, second=0, microsecond=0)


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Within the block, now() is `by` later (earlier if negative)."""
    global _offset_seconds  # noqa: PLW0603 - the one clock of the process
    before = _offset_seconds
    _offset_seconds += by.total_seconds()
    try:
        yield
    finally:
        _offset_seconds = before
