"""The job table: payload types, defer inside a transaction, lanes, leases, back-off, dead letters, schedules.

A job is a row written in the transaction of the act that caused it, so neither can exist without the other.
A worker leases rows in tens (SKIP LOCKED); the job's effects and the row's deletion are one transaction, so a
killed worker's job runs again after its lease, and a slow one's takes effect once. Effects must bear repetition only
outside the database. Jobs of some kinds run many at once, in one transaction for all of them, as that costs far less
than one for each.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from parley.kit import clock, ids
from parley.kit.db import Connection, Database, forget_values
from parley.kit.errors import Unavailable
from parley.kit.pubsub import JOBS_TOPIC
from parley.kit.services import Services

LANES = ("events", "timelines", "mail", "links", "pushes", "media", "index", "upkeep")
CLAIM_SIZE = 10
LEASE_SECONDS = 120
# Before it ends, what takes longer (a film takes minutes) asks for another.
_RENEWED_AFTER_SECONDS = LEASE_SECONDS / 3
# A mail server or a film may take most of a lease by itself.
_CLAIMED_AT_ONCE = {"mail": 1, "media": 1, "index": 100}
# Nobody rings for these: they wait for the worker's next look, some seconds away, so that many gather.
_GATHERING_LANES = frozenset({"index"})
ATTEMPTS_MAX = 12

log = logging.getLogger(__name__)


class JobKind(msgspec.Struct, frozen=True):
    lane: str
    payload: type[msgspec.Struct]
    run: Callable[[Connection, Services, Any], Awaitable[None]]
    apart: bool = False
    together: bool = False


class Schedule(msgspec.Struct, frozen=True):
    every: timedelta
    run: Callable[[Connection, Services], Awaitable[None]]


class LeasedJob(msgspec.Struct, frozen=True):
    lane: str
    id: int
    kind: str
    payload: bytes
    attempts: int


class JobTakenOver(Exception):
    """Its lease ended before it did, and another worker has done it."""


Payload = TypeVar("Payload", bound=msgspec.Struct)
Runner = Callable[[Connection, Services, Payload], Awaitable[None]]
RunnerOfMany = Callable[[Connection, Services, Sequence[Payload]], Awaitable[None]]

_kinds: dict[str, JobKind] = {}
_kind_of_payload: dict[type, tuple[str, str]] = {}
_schedules: dict[str, Schedule] = {}


def job(
    payload: type[Payload], *, lane: str, apart: bool = False
) -> Callable[[Runner[Payload]], Runner[Payload]]:
    """Makes a function the runner of jobs with this payload type; the kind bears the function's name.

    `apart`: it works too long for a transaction. It gets a connection without one, opens its own where it writes, and
    must bear being run again after it has written.
    """
    if lane not in LANES:
        raise ValueError(f"no such lane: {lane}")

    def register(run: Runner[Payload]) -> Runner[Payload]:
        _register(run.__name__, JobKind(lane, payload, run, apart=apart))
        return run

    return register


def job_of_many(
    payload: type[Payload], *, lane: str
) -> Callable[[RunnerOfMany[Payload]], RunnerOfMany[Payload]]:
    """As `job`, for a runner of all jobs of its kind that are due, which are one transaction.

    When that fails, each runs again in one of its own, so that one that can't be done holds up no other.
    """
    if lane not in LANES:
        raise ValueError(f"no such lane: {lane}")

    def register(run: RunnerOfMany[Payload]) -> RunnerOfMany[Payload]:
        _register(run.__name__, JobKind(lane, payload, run, together=True))
        return run

    return register


def _register(name: str, kind: JobKind) -> None:
    if name in _kinds or kind.payload in _kind_of_payload:
        raise ValueError(f"job {name} or its payload is registered twice")
    _kinds[name] = kind
    _kind_of_payload[kind.payload] = (name, kind.lane)


def scheduled(every: timedelta) -> Callable[[Callable[[Connection, Services], Awaitable[None]]], Any]:
    """Makes a function run about every so often, in one worker at a time."""

    def register(run: Callable[[Connection, Services], Awaitable[None]]) -> Any:
        _schedules[run.__name__] = Schedule(every, run)
        return run

    return register


def registered_kinds() -> dict[str, JobKind]:
    return dict(_kinds)


def registered_schedules() -> dict[str, Schedule]:
    return dict(_schedules)


async def defer(conn: Connection, payload: msgspec.Struct, *, run_at: datetime | None = None) -> None:
    """Writes a job row in the open transaction; it can run once that has committed."""
    kind, lane = _kind_of_payload[type(payload)]
    await insert_job(conn, lane, kind, msgspec.json.encode(payload), run_at)


async def insert_job(
    conn: Connection, lane: str, kind: str, payload: bytes, run_at: datetime | None = None
) -> None:
    now = clock.now()
    await conn.execute(
        "insert into jobs (lane, id, kind, payload, run_at, created_at) values ($1, $2, $3, $4, $5, $6)",
        lane,
        ids.new_id_in_bucket(secrets.randbelow(ids.BUCKETS)),
        kind,
        payload,
        run_at or now,
        now,
    )
    if run_at is None and lane not in _GATHERING_LANES:
        conn.publish_after_commit(JOBS_TOPIC, lane)


def claimed_at_once(lane: str) -> int:
    return _CLAIMED_AT_ONCE.get(lane, CLAIM_SIZE)


async def lease(conn: Connection, lane: str) -> list[LeasedJob]:
    now = clock.now()
    return await conn.fetch_all(
        LeasedJob,
        """
        update jobs set leased_until = $3, attempts = attempts + 1
        where lane = $1 and id = any(array(
            select id from jobs
            where lane = $1 and run_at <= $2 and not dead and (leased_until is null or leased_until < $2)
            order by run_at, id limit $4 for update skip locked))
        returning lane, id, kind, payload, attempts
        """,
        lane,
        now,
        now + timedelta(seconds=LEASE_SECONDS),
        claimed_at_once(lane),
    )


async def finish(conn: Connection, lane: str, leased: Sequence[LeasedJob]) -> None:
    """Raises JobTakenOver, which undoes what the open transaction did for them.

    Not held: the best plan for a table that is empty is the worst when thousands of jobs wait.
    """
    finished = await conn.execute(
        "delete from jobs where lane = $1 and id = any($2)", lane, [each.id for each in leased], held=False
    )
    if finished < len(leased):
        raise JobTakenOver


async def run_leased(services: Services, leased: LeasedJob) -> bool:
    """Runs one job with its deletion in one transaction; on failure notes it for later. Returns success."""
    try:
        kind = _kinds[leased.kind]
        payload = msgspec.json.decode(leased.payload, type=kind.payload)
        if kind.apart:
            await _run_apart(services, kind, payload, leased)
            return True
        async with services.database.transaction() as conn:
            await kind.run(conn, services, [payload] if kind.together else payload)
            await finish(conn, leased.lane, [leased])
    except JobTakenOver:
        log.warning("job %s took so long that another worker has done it", leased.kind)
        return False
    except Exception as error:
        forget_values(error)
        log.exception("job %s failed, attempt %d", leased.kind, leased.attempts)
        await _postpone(services.database, leased, error)
        return False
    return True


async def _run_apart(services: Services, kind: JobKind, payload: Any, leased: LeasedJob) -> None:
    renewing = asyncio.create_task(_keep_lease(services.database, leased))
    try:
        async with services.database.reading() as conn:
            await kind.run(conn, services, payload)
            await finish(conn, leased.lane, [leased])
    finally:
        renewing.cancel()


async def _keep_lease(database: Database, leased: LeasedJob) -> None:
    """For as long as the worker lives: when it is killed, the job comes free as soon as any other."""
    while True:
        await asyncio.sleep(_RENEWED_AFTER_SECONDS)
        with suppress(Unavailable):
            async with database.reading() as conn:
                await conn.execute(
                    "update jobs set leased_until = $3 where lane = $1 and id = $2",
                    leased.lane,
                    leased.id,
                    clock.now() + timedelta(seconds=LEASE_SECONDS),
                )


async def _run_together(services: Services, lane: str, name: str, leased: Sequence[LeasedJob]) -> None:
    """All that were leased of one kind, in one transaction; or, when that fails, each by itself."""
    kind = _kinds[name]
    try:
        payloads = [msgspec.json.decode(each.payload, type=kind.payload) for each in leased]
        async with services.database.transaction() as conn:
            await kind.run(conn, services, payloads)
            await finish(conn, lane, leased)
    except Exception as error:  # noqa: BLE001 - each says itself what is wrong with it
        forget_values(error)
        log.warning(
            "%d jobs %s failed together (%s): each runs alone", len(leased), name, type(error).__name__
        )
        for each in leased:
            await run_leased(services, each)


async def _postpone(database: Database, leased: LeasedJob, error: Exception) -> None:
    """Back-off doubles from 2 s to an hour; after ATTEMPTS_MAX the job is dead and waits for the operator."""
    delay = min(2**leased.attempts, 3600)
    async with database.reading() as conn:
        await conn.execute(
            """
            update jobs set run_at = $3, leased_until = null, last_error = $4, dead = $5
            where lane = $1 and id = $2
            """,
            leased.lane,
            leased.id,
            clock.now() + timedelta(seconds=delay),
            f"{type(error).__name__}: {error}"[:500].replace("\x00", ""),
            leased.attempts >= ATTEMPTS_MAX,
        )


async def run_lane_once(services: Services, lane: str) -> int:
    """Leases up to ten due jobs of a lane, or as many as gather in it, and runs them; returns how many there were."""
    async with services.database.reading() as conn:
        leased = await lease(conn, lane)
    together: dict[str, list[LeasedJob]] = {}
    for each in leased:
        kind = _kinds.get(each.kind)
        if kind is not None and kind.together:
            together.setdefault(each.kind, []).append(each)
        else:
            await run_leased(services, each)
    for name, jobs in together.items():
        await _run_together(services, lane, name, jobs)
    return len(leased)


async def run_all_due(services: Services) -> int:
    """Runs jobs, and the jobs these cause, until none is due: for tests, demo data and orderly stops."""
    total = 0
    while True:
        count = 0
        for lane in LANES:
            count += await run_lane_once(services, lane)
        if not count:
            return total
        total += count


async def run_written(conn: Connection, services: Services, since: datetime) -> int:
    """Runs in the open transaction the jobs due since a moment, and the jobs these cause, without a lease.

    For jobs that this transaction has written, which nobody else can see; one that fails takes all with it.
    """
    total = 0
    while written := await _take_written(conn, since):
        for each in sorted(written, key=lambda job: job.id):
            kind = _kinds[each.kind]
            payload = msgspec.json.decode(each.payload, type=kind.payload)
            await kind.run(conn, services, [payload] if kind.together else payload)
        total += len(written)
    return total


async def _take_written(conn: Connection, since: datetime) -> list[LeasedJob]:
    return await conn.fetch_all(
        LeasedJob,
        """
        delete from jobs
        where lane = any($1) and run_at >= $2 and run_at <= $3 and not dead and leased_until is null
        returning lane, id, kind, payload, attempts
        """,
        LANES,
        since,
        clock.now(),
    )


async def run_schedules(services: Services) -> None:
    """Runs every schedule whose time has come, each in its own transaction; one worker wins each."""
    for name, schedule in _schedules.items():
        try:
            async with services.database.transaction() as conn:
                if await _claim_schedule(conn, name, schedule.every):
                    await schedule.run(conn, services)
        except Unavailable as error:
            log.warning("schedule %s waits: %s", name, error)
        except Exception:
            log.exception("schedule %s failed", name)


async def _claim_schedule(conn: Connection, name: str, every: timedelta) -> bool:
    now = clock.now()
    claimed = await conn.execute(
        """
        insert into schedules (name, last_run_at) values ($1, $2)
        on conflict (name) do update set last_run_at = $2 where schedules.last_run_at <= $3
        """,
        name,
        now,
        now - every,
    )
    return claimed == 1
