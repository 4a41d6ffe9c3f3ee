"""Dimensions: what something is made of, by the names of the API: languages, sources, servers, space, versions.

https://docs.joinmastodon.org/entities/Admin_Dimension/
"""

import platform
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from parley import __version__
from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import bucket_of
from parley.kit.languages import LANGUAGES
from parley.kit.spans import normal_domain
from parley.moderation import figure_queries as queries
from parley.moderation.figure_queries import Portion
from parley.moderation.figures import end_of, start_of
from parley.moderation.measures import TAG_USES_MAX, Span, Subject

PARTS_MAX = 100
# Of so many members languages and sources are counted.
_MEMBERS_MAX = 100_000
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


class Part(msgspec.Struct, frozen=True):
    """`value` is a number as text, or a version's name; `unit` and `human_value` where it is one of bytes."""

    key: str
    human_key: str
    value: str
    unit: str | None = None
    human_value: str | None = None


class Question(msgspec.Struct, frozen=True):
    settings: Settings
    span: Span
    subject: Subject
    limit: int


Teller = Callable[[Connection, Question], Awaitable[list[Part]]]


async def dimension(conn: Connection, viewer: Viewer, key: str, question: Question) -> list[Part] | None:
    """None for a key that nobody knows, or that lacks what it should be of."""
    require_staff(viewer, Permission.VIEW_DASHBOARD)
    tell = _TELLERS.get(key)
    if tell is None or (key.startswith("tag_") and not question.subject.tag):
        return None
    if key.startswith("instance_") and not question.subject.domain:
        return None
    return (await tell(conn, question))[: question.limit]


async def _languages(conn: Connection, asked: Question) -> list[Part]:
    """What those members read the site in who were last there in these days."""
    found = await queries.locales_of_members(
        conn, asked.span.start, asked.span.end, _MEMBERS_MAX, asked.limit
    )
    return _by_language(found)


async def _sources(conn: Connection, asked: Question) -> list[Part]:
    rows = await queries.sources_of_members(
        conn, start_of(asked.span.start), end_of(asked.span.end), _MEMBERS_MAX, asked.limit
    )
    ids = [row[0] for row in rows if row[0] is not None]
    found = await queries.names_of_applications(conn, sorted({bucket_of(each) for each in ids}), ids)
    names = {row[0]: row[1] for row in found}
    return [
        Part("web", "Website", str(count)) if id_ is None else Part(str(id_), names.get(id_, ""), str(count))
        for id_, count in rows
    ]


async def _servers(conn: Connection, asked: Question) -> list[Part]:
    """Ours by what was noted down, others by what is here of them."""
    noted = await queries.figures(conn, "statuses", asked.span.start, asked.span.end)
    own = Portion(asked.settings.domain, sum(each.value for each in noted))
    others = await queries.servers_by_statuses(conn, *asked.span.ids, asked.limit)
    ranked = sorted([own, *others], key=lambda each: -each.value)
    return [Part(each.key or "", each.key or "", str(each.value)) for each in ranked]


async def _space_usage(conn: Connection, _asked: Question) -> list[Part]:
    size = await queries.database_size_bytes(conn)
    return [Part("postgresql", "PostgreSQL", str(size), "bytes", human_size(size))]


async def _software_versions(conn: Connection, _asked: Question) -> list[Part]:
    postgresql = (await queries.database_version(conn)).partition(" ")[0]
    return [
        Part("parley", "Parley", __version__),
        Part("python", "Python", platform.python_version()),
        Part("postgresql", "PostgreSQL", postgresql),
    ]


async def _tag_servers(conn: Connection, asked: Question) -> list[Part]:
    uses = await queries.tag_use(conn, asked.subject.tag, *asked.span.ids, TAG_USES_MAX)
    ids = sorted({row[1] for row in uses})
    rows = await queries.domains_of_accounts(conn, sorted({bucket_of(each) for each in ids}), ids)
    domains = {row[0]: row[1] or asked.settings.domain for row in rows}
    counts = Counter(domains.get(row[1], asked.settings.domain) for row in uses)
    return [Part(domain, domain, str(count)) for domain, count in counts.most_common()]


async def _tag_languages(conn: Connection, asked: Question) -> list[Part]:
    uses = await queries.tag_use(conn, asked.subject.tag, *asked.span.ids, TAG_USES_MAX)
    ids = [row[0] for row in uses]
    return _by_language(
        await queries.languages_of_statuses(conn, sorted({bucket_of(each) for each in ids}), ids)
    )


async def _instance_accounts(conn: Connection, asked: Question) -> list[Part]:
    domain = _domain(asked)
    rows = await queries.remote_accounts_by_followers(conn, domain, asked.limit)
    return [Part(name, f"{name}@{domain}", str(followers)) for name, followers in rows]


async def _instance_languages(conn: Connection, asked: Question) -> list[Part]:
    found = await queries.remote_languages(conn, _domain(asked), *asked.span.ids, asked.limit)
    return _by_language(found)


def _by_language(portions: Sequence[Portion]) -> list[Part]:
    return [
        Part(each.key or "und", LANGUAGES.get(each.key or "", each.key or "Unknown"), str(each.value))
        for each in portions
    ]


def _domain(asked: Question) -> str:
    return normal_domain(asked.subject.domain[:253]) or ""


def human_size(size: int) -> str:
    """`12.3 MB`"""
    number = float(size)
    for unit in _UNITS:
        if number < 1000 or unit == _UNITS[-1]:
            return f"{size} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError("the last unit holds every number")


_TELLERS: dict[str, Teller] = {
    "languages": _languages,
    "sources": _sources,
    "servers": _servers,
    "space_usage": _space_usage,
    "software_versions": _software_versions,
    "tag_servers": _tag_servers,
    "tag_languages": _tag_languages,
    "instance_accounts": _instance_accounts,
    "instance_languages": _instance_languages,
}
DIMENSIONS = tuple(_TELLERS)
