"""What the server keeps: what was deleted is gone, what is old is gone, what must be sealed is, keys lie apart."""

import secrets
from datetime import timedelta

from parley.cli import audit_queries as queries
from parley.cli.keys import used_master_keys
from parley.cli.leaks.outcome import Ground, Outcome, judged, skipped
from parley.kit import clock
from parley.kit.ledger import Kind, deleted_among
from parley.kit.master_keys import key_file, parse_key, read_key_file
from parley.kit.storage import StoreDown
from parley.media.check import check_store

_DIRECT = 3
_POSTS_LOOKED_AT = 5000
_LOOKED_AT = 20_000
_SLICE = 2000
_COMPARED_MAX = 20_000
# Schedules run every few hours, at the latest once a day.
_LATE = timedelta(hours=30)
_FILES_LATE = timedelta(minutes=10)
_LINKS_KEPT, _MAILS_KEPT = timedelta(days=7), timedelta(days=7)
_WINDOWS_KEPT = timedelta(hours=4)
_NAMES = {
    "addresses": "network addresses of sign-ins older than keep_addresses_days",
    "mails": "sent mails older than a week",
    "words": "sent mails that still hold their words",
    "files": "files of what was deleted, still in the store",
    "windows": "counts of requests older than four hours",
    "links": "links of mails older than a week",
}


async def ledger(ground: Ground) -> Outcome:
    """Newest posts, and a stretch of all others; files and members likewise."""
    conn, start = ground.conn, secrets.randbits(62)
    newest = await queries.newest_status_ids(conn, _LOOKED_AT)
    found: dict[Kind, list[int]] = {
        "status": [*newest, *await queries.status_ids_from(conn, start, _LOOKED_AT)],
        "media": [*await queries.media_ids_from(conn, 0, _SLICE), *await queries.media_ids_from(conn, start, _LOOKED_AT)],
        "account": [*await queries.member_ids_from(conn, 0, _SLICE), *await queries.member_ids_from(conn, start, _LOOKED_AT)],
    }  # fmt: skip
    owners = [
        *await queries.key_owner_ids_from(conn, 0, _SLICE),
        *await queries.key_owner_ids_from(conn, start, _LOOKED_AT),
    ]
    faults, looked_at = [], 0
    for place in range(0, len(owners), _SLICE):
        kept = await deleted_among(conn, "account", owners[place : place + _SLICE])
        faults += [f"the key of the erased account {each} is there" for each in kept]
    for kind, ids in found.items():
        every = list(dict.fromkeys(ids))
        looked_at += len(every)
        for place in range(0, len(every), _SLICE):
            back = await deleted_among(conn, kind, every[place : place + _SLICE])
            faults += [f"{kind} {each} was deleted and is there" for each in back]
    return judged(faults, f"{looked_at} posts, files and members: none that the ledger names")


async def stored(ground: Ground) -> Outcome:
    if await queries.count_media(ground.conn, _COMPARED_MAX + 1) > _COMPARED_MAX:
        return skipped("too many files to compare here: `parley media check` does")
    try:
        report = await check_store(ground.conn, ground.store, heal=False)
    except StoreDown as error:
        return skipped(f"the store can't be read: {error.logged}")
    faults = []
    if report.orphans:
        faults.append(f"{report.orphans} files belong to nothing: `parley media check --heal` deletes them")
    return judged(faults, f"{report.good} files, each of something that is there")


async def left_over(ground: Ground) -> Outcome:
    now = clock.now()
    before = {
        "addresses": now - timedelta(days=ground.settings.keep_addresses_days) - _LATE,
        "mails": now - _MAILS_KEPT - _LATE,
        "files": now - _FILES_LATE,
        "windows": now - _WINDOWS_KEPT,
        "links": now - _LINKS_KEPT - _LATE,
    }
    counts = await queries.count_left_over(ground.conn, now, before)
    faults = [f"{count} {_NAMES[kind]}" for kind, count in counts.items() if count]
    hint = [] if not faults else ["is a worker running?"]
    return judged([*faults[:2], *hint], "addresses, mails, links and files are not kept longer than said")


async def sealed_words(ground: Ground) -> Outcome:
    """Of the newest posts, and of all that members write for themselves."""
    sample = await queries.newest_statuses(ground.conn, _POSTS_LOOKED_AT)
    in_open = [each for each in sample if each.in_open]
    direct = sum(each.visibility == _DIRECT for each in in_open)
    faults = [f"{direct} direct messages stand in the open"] if direct else []
    faults += [f"{len(in_open) - direct} posts stand in the open"] if len(in_open) > direct else []
    left = await queries.count_in_open(ground.conn)
    faults += [f"{count} {kind} stand in the open" for kind, count in left.items() if count]
    hint = ["the job process seals what is from before: is it running?"] if faults else []
    return judged(
        [*faults[:2], *hint], f"{len(sample)} posts lie sealed, and what members write for themselves"
    )


async def master_keys_apart(ground: Ground) -> Outcome:
    """No key lies beside what it opens, and whatever is wrapped was wrapped under one that is known."""
    known = ground.conn.keys
    if not known.names():
        return judged(["there is no master key: `parley serve` makes one"], "")
    wrapped = await queries.wrapped_things(ground.conn, 1000)
    given = tuple(parse_key(each) for each in ground.settings.master_keys)
    raw = given or read_key_file(key_file(ground.settings))
    faults = (
        ["a master key lies in the database"] if any(key in each for key in raw for each in wrapped) else []
    )
    lost = [name.hex() for name in await used_master_keys(ground.conn) if name not in known.names()]
    faults += [f"the key {each} is missing" for each in lost]
    return judged(faults, f"{len(wrapped)} secrets lie wrapped, their keys elsewhere")
