"""check: what lies in the store against what is referred to, both ways, a sixteenth of all names at a time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath

import msgspec

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import MediaId
from parley.kit.jobs import defer
from parley.kit.storage import Store, StoredFile
from parley.media import queries
from parley.media.addresses import stored_name
from parley.media.models import MediaFile
from parley.media.payloads import ProcessMedia
from parley.media.upload import INCOMING

_DIGITS = "0123456789abcdef"
# The folders of names as they are drawn; whatever else lies in the store is not ours.
_PARTS = (*(tuple(first + second for second in _DIGITS) for first in _DIGITS), (INCOMING,))
PARTS = len(_PARTS)
_AT_ONCE = 1000
# A file is put into the store before its row is written.
_ORPHAN_AFTER = timedelta(hours=1)
# A file that the workshop takes as long for as it may, after a long queue.
_STUCK_AFTER = timedelta(hours=3)
_NAMED_MAX = 100


class StoreReport(msgspec.Struct):
    """How many files are as they should be, and the names of some that are not.

    `stuck` wait for the workshop as they should not any more: their job failed too often, or is lost.
    """

    good: int = 0
    missing: list[str] = msgspec.field(default_factory=list)
    damaged: list[str] = msgspec.field(default_factory=list)
    stuck: list[MediaId] = msgspec.field(default_factory=list)
    orphans: int = 0
    orphan_bytes: int = 0


class _Referred(msgspec.Struct, frozen=True):
    """`size_bytes` is None for what waits: it lies there sealed, which adds to it."""

    media_id: MediaId
    size_bytes: int | None
    sent_at: datetime


async def check_store(conn: Connection, store: Store, *, heal: bool) -> StoreReport:
    """`heal`: orphans are deleted, what is stuck is begun anew. Bytes that are missing are told. Raises StoreDown."""
    report = StoreReport()
    for part in range(PARTS):
        await check_part(conn, store, report, part, heal=heal)
    return report


async def check_part(conn: Connection, store: Store, report: StoreReport, part: int, *, heal: bool) -> None:
    """As check_store, of one part, into `report`; with the last, what waits and what is half written too."""
    folders = _PARTS[part]
    # In this order: what is stored meanwhile is too young for an orphan, what went is asked about again.
    left = await _referred(conn, folders)
    orphans: list[str] = []
    for folder in folders:
        async for batch in store.all_files(folder):
            orphans += _compared(report, left, batch, clock.now() - _ORPHAN_AFTER)
    for name, referred in left.items():
        if len(report.missing) < _NAMED_MAX and await _is_missing(conn, store, name, referred):
            report.missing.append(name)
    if heal:
        await store.delete(orphans)
    if part == PARTS - 1:
        _look_for_halves(report, store, heal=heal)
        for media_id in report.stuck if heal else ():
            # For a given moment: a command has no way to wake the worker, which looks by itself soon.
            await defer(conn, ProcessMedia(media_id), run_at=clock.now())


def _look_for_halves(report: StoreReport, store: Store, *, heal: bool) -> None:
    for path in store.half_written(clock.now() - _ORPHAN_AFTER):
        report.orphans += 1
        report.orphan_bytes += path.stat().st_size
        if heal:
            path.unlink(missing_ok=True)


def _compared(
    report: StoreReport, left: dict[str, _Referred], batch: list[StoredFile], latest: datetime
) -> list[str]:
    """Takes what it finds out of `left`; returns the orphans."""
    orphans = []
    for each in batch:
        referred = left.pop(each.name, None)
        if referred is None:
            if each.changed_at < latest:
                orphans.append(each.name)
                report.orphans += 1
                report.orphan_bytes += each.size_bytes
        elif referred.size_bytes is None and referred.sent_at < clock.now() - _STUCK_AFTER:
            report.stuck.append(referred.media_id)
        elif referred.size_bytes in (None, each.size_bytes):
            report.good += 1
        elif len(report.damaged) < _NAMED_MAX:
            report.damaged.append(each.name)
    return orphans


async def _referred(conn: Connection, folders: tuple[str, ...]) -> dict[str, _Referred]:
    found: dict[str, _Referred] = {}
    above = 0
    while some := await queries.media_above(conn, above, _AT_ONCE):
        for media in some:
            for name, size_bytes in _names_of(media):
                if PurePosixPath(name).parts[0] in folders:
                    found[name] = _Referred(media.id, size_bytes, media.created_at)
        above = some[-1].id
    return found


def _names_of(media: MediaFile) -> Iterator[tuple[str, int | None]]:
    for variant in media.variants:
        yield stored_name(variant.file), variant.size_bytes
    if media.incoming is not None:
        yield media.incoming, None


async def _is_missing(conn: Connection, store: Store, name: str, referred: _Referred) -> bool:
    """Whether that is still so: files come and go while others are looked at."""
    media = await queries.find_media(conn, referred.media_id)
    if media is None or name not in dict(_names_of(media)):
        return False
    return await store.find(name) is None
