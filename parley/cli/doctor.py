"""`parley doctor`: looks at a server's surroundings and says, a line each, what is well and what to do about the rest."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parley.cli import doctor_queries as queries
from parley.cli.keys import used_master_keys
from parley.kit import clock
from parley.kit.config import Settings, SettingsError, load_settings
from parley.kit.db import Connection, connect
from parley.kit.errors import OperatorError, ParleyError
from parley.kit.master_keys import is_open_to_others, key_file, key_ring
from parley.kit.migrate import schema_state
from parley.kit.partitions import PARTITIONED_TABLES, partition_of
from parley.kit.postgres import with_database
from parley.kit.storage import StoreDown, make_store
from parley.moderation.crawl_alarms import open_alarms
from parley.moderation.letters import ALARM_SENTENCES, READERS
from parley.moderation.sign_in_wall import height_of, read_wall

Health = Literal["ok", "warning", "problem"]
_STYLES: dict[Health, str] = {"ok": "green", "warning": "yellow", "problem": "bold red"}

_FREE_BYTES_WARNED = 2 * 1024**3
_FREE_BYTES_MIN = 256 * 1024**2
_VERSION_MIN = 150_000
_LATE = timedelta(minutes=5)
_CLOCK_APART_MAX = timedelta(seconds=2)
# The most frequent schedule runs every half hour.
_WORKER_SILENT_MAX = timedelta(minutes=45)
_CONNECT_SECONDS = 5


class Finding(msgspec.Struct, frozen=True):
    """`what` is looked at; `said` is one sentence: how it is and, unless ok, what to do."""

    what: str
    health: Health
    said: str


def run_doctor(*, as_json: bool) -> bool:
    """Prints its findings; whether no problem is among them."""
    findings = _wrong_settings(dict(os.environ))
    if not findings:
        settings = load_settings()
        findings = [*_of_settings(settings), *_of_folder(settings), *_of_database(settings)]
    if as_json:
        print(msgspec.json.encode(findings).decode())
    else:
        _print(findings)
    return all(finding.health != "problem" for finding in findings)


def _print(findings: Iterable[Finding]) -> None:
    table = Table("", "", "", show_header=False, box=None)
    for each in findings:
        table.add_row(each.what, f"[{_STYLES[each.health]}]{each.health}[/]", escape(each.said))
    Console().print(table)


def _wrong_settings(environment: dict[str, str]) -> list[Finding]:
    """Each by name: whatever is wrong in the environment is left out for the next look; a file's fault ends it."""
    findings = []
    while True:
        try:
            load_settings(environment)
        except SettingsError as error:
            findings.append(Finding("settings", "problem", str(error)))
            named = str(error).partition(":")[0]
            left = {key: each for key, each in environment.items() if not _sets(key, named)}
            if len(left) == len(environment):
                return findings
            environment = left
        else:
            return findings


def _sets(variable: str, named: str) -> bool:
    """Errors name the variable or, where a value is of the right kind but wrong, the setting."""
    return variable == named or variable.removeprefix("PARLEY_").lower() == named


def _of_settings(settings: Settings) -> list[Finding]:
    host = urlsplit(settings.base_url).hostname or ""
    local = host in {"localhost", "127.0.0.1", "::1"}
    findings = [Finding("address", "ok", f"members reach it at {settings.base_url}")]
    if not settings.secure and not local:
        findings = [
            Finding("address", "warning", f"{settings.base_url} is not https: passwords travel in the open")
        ]
    elif settings.secure and not settings.trusted_proxies:
        said = "https needs a proxy in front: name it in trusted_proxies, or all visitors share its limits"
        findings = [Finding("address", "warning", said)]
    if settings.registrations != "closed" and settings.confirm_email and not settings.smtp_url:
        said = "confirmation mails stay in `parley outbox`: set smtp_url, or turn confirm_email off"
        findings.append(Finding("sign-up", "warning", said))
    else:
        findings.append(Finding("sign-up", "ok", f"registrations are {settings.registrations}"))
    if not settings.rate_limits:
        findings.append(
            Finding("limits", "warning", "rate limits are off: turn them on where others can reach it")
        )
    return findings


def _of_folder(settings: Settings) -> list[Finding]:
    folder = settings.data_dir
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(existing, os.W_OK):
        return [
            Finding("data folder", "problem", f"{existing} can't be written to: give it to who runs Parley")
        ]
    free = shutil.disk_usage(existing).free
    said = f"{free / 1024**3:.1f} GiB are free at {existing}"
    if free < _FREE_BYTES_MIN:
        return [Finding("data folder", "problem", f"{said}: PostgreSQL stops when there is no more")]
    return [Finding("data folder", "warning" if free < _FREE_BYTES_WARNED else "ok", said)]


def _of_database(settings: Settings) -> list[Finding]:
    """Looks at no database rather than making one."""
    places = (settings.data_dir / "postgres", settings.data_dir / "postgres.location")
    if not settings.database_url and not any(place.exists() for place in places):
        return [Finding("database", "warning", "there is none yet: `parley serve` makes it")]
    try:
        with with_database(settings) as reachable:
            return asyncio.run(_of_running(reachable))
    except OperatorError as error:
        return [Finding("database", "problem", str(error))]


async def _of_running(settings: Settings) -> list[Finding]:
    try:
        conn = await connect(settings.database_url)
    except ParleyError as error:
        return [Finding("database", "problem", f"it can't be reached: {error.logged}")]
    try:
        findings = [*await _of_server(conn), *await _of_schema(settings)]
        if all(finding.health != "problem" for finding in findings):
            for look in _LOOKS:
                findings += await look(conn, settings)
        return findings
    finally:
        await conn.close()


async def _of_server(conn: Connection) -> list[Finding]:
    version, their_time = await queries.server(conn)
    findings = [Finding("database", "ok", f"PostgreSQL {version // 10_000} answers")]
    if version < _VERSION_MIN:
        findings = [
            Finding(
                "database", "problem", f"PostgreSQL {version // 10_000} is too old: 15 or newer is needed"
            )
        ]
    apart = abs(their_time - clock.now())
    if apart > _CLOCK_APART_MAX:
        said = f"the database's clock is {apart.total_seconds():.0f} s off this machine's: synchronise both"
        findings.append(Finding("clocks", "warning", said))
    return findings


async def _of_schema(settings: Settings) -> list[Finding]:
    state = await schema_state(settings.control_database_url or settings.database_url)
    if state.unknown:
        said = f"the database knows {state.unknown[-1]}, this version does not: update Parley"
        return [Finding("schema", "problem", said)]
    if state.pending:
        return [Finding("schema", "problem", f"{state.pending[0]} is not applied: run `parley migrate`")]
    return [Finding("schema", "ok", "all migrations are applied")]


async def _of_partitions(conn: Connection, _settings: Settings) -> list[Finding]:
    for table in PARTITIONED_TABLES:
        name, _lowest = partition_of(table.name, clock.now() + table.span)
        if not await queries.has_table(conn, name):
            return [
                Finding("partitions", "problem", f"{name} is missing: start `parley serve` once, it makes it")
            ]
    return [Finding("partitions", "ok", "made ahead of time")]


async def _of_jobs(conn: Connection, _settings: Settings) -> list[Finding]:
    now = clock.now()
    lanes = await queries.job_lanes(conn, now, now - _LATE)
    findings = [
        Finding(
            "jobs", "problem", f"{dead} in lane {lane} failed for good: their reasons stand in the table jobs"
        )
        for lane, _due, _late, dead, _oldest in lanes
        if dead
    ]
    findings += [
        Finding(
            "jobs",
            "warning",
            f"{late} of {due} due in lane {lane} are more than five minutes late, the oldest since "
            f"{oldest:%Y-%m-%d %H:%M} UTC: is a worker running?",
        )
        for lane, due, late, _dead, oldest in lanes
        if late
    ]
    due = ", ".join(f"{row[1]} in lane {row[0]}" for row in lanes if row[1])
    return findings or [Finding("jobs", "ok", f"due: {due or 'none'}")]


async def _of_worker(conn: Connection, _settings: Settings) -> list[Finding]:
    last = await queries.last_schedule(conn)
    if last is None or clock.now() - last > _WORKER_SILENT_MAX:
        return [
            Finding(
                "worker",
                "warning",
                "none has run for a while: `parley serve` (or `parley worker`) starts one",
            )
        ]
    return [Finding("worker", "ok", f"last heard of at {last:%H:%M} UTC")]


async def _of_mail(conn: Connection, settings: Settings) -> list[Finding]:
    unsent = await queries.count_unsent_mails(conn)
    if not settings.smtp_url:
        health: Health = "warning" if unsent else "ok"
        return [Finding("mail", health, f"no SMTP server is set; {unsent} mails wait in `parley outbox`")]
    parts = urlsplit(settings.smtp_url)
    port = parts.port or (465 if parts.scheme == "smtps" else 25)
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _reader, writer = await asyncio.open_connection(parts.hostname, port)
    except OSError as error:
        said = f"{parts.hostname}:{port} does not answer ({error}); {unsent} mails wait"
        return [Finding("mail", "problem", said)]
    writer.close()
    return [Finding("mail", "ok", f"{parts.hostname}:{port} answers; {unsent} mails wait")]


async def _of_store(_conn: Connection, settings: Settings) -> list[Finding]:
    """By what Parley does with it: a file is put there, found and taken away."""
    store = make_store(settings)
    name = f"doctor/{secrets.token_hex(8)}"
    try:
        await store.put(name, b"looked at")
        found = await store.find(name)
        await store.delete([name])
    except StoreDown as error:
        said = f"{store.place} can't be used: {error.logged}; members can't send or see files until it can"
        return [Finding("media", "problem", said)]
    if found is None:
        return [Finding("media", "problem", f"{store.place} takes files and does not give them back")]
    return [Finding("media", "ok", f"{store.place} takes files and gives them back")]


async def _of_administrators(conn: Connection, _settings: Settings) -> list[Finding]:
    count = await queries.count_administrators(conn)
    if not count:
        return [
            Finding("administrator", "warning", "there is none: sign up, then `parley account promote NAME`")
        ]
    return [Finding("administrator", "ok", f"{count} of them")]


async def _of_keys(conn: Connection, settings: Settings) -> list[Finding]:
    """Each thing that lies wrapped must have its master key."""
    used, known = await used_master_keys(conn), key_ring(settings).names()
    place = "the setting master_keys" if settings.master_keys else str(key_file(settings))
    lost = {name: count for name, count in used.items() if name not in known}
    for name, count in lost.items():
        said = (
            f"{place} lacks the key {name.hex()}, under which {count} keys of accounts, of messages and other secrets lie: "
            "put it back from your backup; without it, what they seal can't be read again by anybody"
        )
        return [Finding("master keys", "problem", said)]
    if not known:
        said = f"there is none yet at {place}: `parley serve` makes it"
        return [Finding("master keys", "warning", said)]
    if not settings.master_keys and is_open_to_others(key_file(settings)):
        said = f"others on this machine may read {place}: `chmod 600` it"
        return [Finding("master keys", "problem", said)]
    return [Finding("master keys", "ok", f"all are there, in {place}: keep a copy apart from the database")]


async def _of_crawling(conn: Connection, settings: Settings) -> list[Finding]:
    alarms = await open_alarms(conn)
    if not alarms:
        height = height_of(await read_wall(conn), settings, clock.now())
        return [Finding("crawling", "ok", f"no alarm is open; the sign-in wall is {height}")]
    return [
        Finding(
            "crawling",
            "warning",
            f"an alarm has been open since {each.opened_at:%Y-%m-%d %H:%M} UTC, by {READERS[each.readers]}: "
            f"{ALARM_SENTENCES[each.kind]} See {settings.base_url}/admin/crawling",
        )
        for each in alarms
    ]


_LOOKS: tuple[Callable[[Connection, Settings], Awaitable[list[Finding]]], ...] = (
    _of_partitions,
    _of_jobs,
    _of_worker,
    _of_mail,
    _of_keys,
    _of_store,
    _of_administrators,
    _of_crawling,
)
