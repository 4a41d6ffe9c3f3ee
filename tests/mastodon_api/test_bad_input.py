"""Every route of the table against every kind of wrong id, body, field and query: the documented refusal, nothing written.

The routes are read from the table, so a new one is tried as soon as it stands there.
"""

from collections.abc import Collection, Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin
from urllib.parse import quote

import httpx
import msgspec
import pytest
from msgspec import Struct, UnsetType

from parley.kit.db import Connection
from parley.kit.services import Services
from parley.mastodon_api.shapes import LooseText
from tests.mastodon_api.every_route import Line, World, complaint, contents, lines, make_world
from tests.world import make_cast, ok

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=limit"}

# Whatever is understood may be refused for a reason of its own; only a fault of ours is wrong.
UNDERSTOOD = frozenset({200, 400, 401, 403, 404, 422})
LINES = list(lines())
# Methods that clients confuse end in one handler, which needs to be asked once about its fields.
HANDLERS = [line for line in LINES if line.method == line.route.method]


@pytest.fixture
async def world(conn: Connection, services: Services, client: httpx.AsyncClient) -> World:
    return await make_world(conn, services, client, await make_cast(conn, client))


class Findings:
    """Gathers what is wrong, so that one run tells all of it; and looks for what refusals left behind."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.found: list[str] = []
        self.asked = 0
        self._before: dict[str, tuple[int, int]] = {}

    async def __aenter__(self) -> Self:
        # The first use of a token in a day leaves a mark of its own.
        ok(await self.world.cast.alice.get("/api/v1/accounts/verify_credentials"))
        for headers in (self.world.application, self.world.staff):
            ok(await self.world.client.get("/api/v1/apps/verify_credentials", headers=headers))
        self._before = await contents(self.world.conn)
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            return
        assert self.asked > 30, "the table was not walked"
        assert not self.found, "\n" + "\n".join(self.found)
        after = await contents(self.world.conn)
        changed = [table for table, state in after.items() if state != self._before[table]]
        assert not changed, f"refusals changed {changed}"

    async def ask(
        self, what: str, line: Line, wanted: Collection[int], path: str | None = None, **request: Any
    ) -> None:
        self.asked += 1
        if found := complaint(line, await self.world.attempt(line, path, **request), wanted):
            self.found.append(f"{what}: {found}")


# Ids in paths

NOBODY = {
    "an id of nobody": "4611686018427387999",
    "the greatest": str(2**63 - 1),
    "nought": "0",
    "below nought": "-1",
    "too great": str(2**63),
    "far too great": "9" * 400,
    "a word": "abc",
    "a fraction": "1.5",
    "digits of another script": quote("١٢٣"),
    "NUL": "%00",
    "not UTF-8": "%ff%fe",
    "SQL": quote("1' or '1'='1"),
    "blank": "%20",
}


async def test_ids_of_nobody_are_not_found(world):
    async with Findings(world) as findings:
        for line in LINES:
            if "{id:str}" in line.route.path:
                for what, wrong in NOBODY.items():
                    await findings.ask(what, line, {404}, world.path(line, wrong), json=valid_body(line))


async def test_what_belongs_to_others_is_not_found(world):
    async with Findings(world) as findings:
        for line in LINES:
            if "{id:str}" in line.route.path and not line.route.path.startswith("/api/v1/accounts/"):
                path = world.path(line, world.foreign)
                await findings.ask("of another", line, {404}, path, json=valid_body(line))


def valid_body(line: Line) -> dict[str, Any] | None:
    """Good enough to get as far as the id."""
    known: dict[tuple[str, str], dict[str, Any]] = {
        ("/api/v1/statuses/{id:str}", "PUT"): {"status": "another"},
        ("/api/v1/statuses/{id:str}", "PATCH"): {"status": "another"},
        ("/api/v1/polls/{id:str}/votes", "POST"): {"choices": [0]},
    }
    return known.get((line.route.path, line.method), {} if line.reads_body else None)


@pytest.mark.parametrize(
    "tag", ["%00", "%ff", "%20", "%23", "9" * 400, quote("' or 1=1"), quote("ümläut"), "a.b"]
)
async def test_no_tag_is_an_accident(world, tag):
    line = next(line for line in LINES if line.route.path == "/api/v1/timelines/tag/{tag:str}")
    answer = await world.ask(line, f"/api/v1/timelines/tag/{tag}")
    assert complaint(line, answer, {200, 404, 422}) is None


# Bodies

BODIES: dict[str, tuple[bytes, dict[str, str], int]] = {
    "cut off": (b'{"status": "a', JSON, 400),
    "not JSON": (b"<status/>", JSON, 400),
    "two objects": (b"{}{}", JSON, 400),
    "an array": (b'[{"status": "a"}]', JSON, 400),
    "a number": (b"42", JSON, 400),
    "a text": (b'"status"', JSON, 400),
    "nothing at all, in JSON": (b"null", JSON, 400),
    "not UTF-8": (b'{"status": "\xff", "title": "\xff"}', JSON, 422),
    "a lone surrogate": (rb'{"status": "\ud800"}', JSON, 422),
    "too great a number": (b'{"status": 1e999}', JSON, 422),
    "too deep": (b'{"status": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", JSON, 422),
    "too many names": (b"{" + b",".join(b'"a%d":1' % n for n in range(2000)) + b"}", JSON, 422),
    "two megabytes": (b'{"status": "' + b"a" * 2_000_000 + b'"}', JSON, 413),
    "two megabytes of form": (b"status=" + b"a" * 2_000_000, FORM, 413),
    "a form that is not UTF-8": (b"status=%ff&title=%ff", FORM, 422),
    "a form of too many names": (b"&".join(b"a=1" for _ in range(2000)), FORM, 422),
    "a form too deep": (b"a" + b"[b]" * 500 + b"=1", FORM, 422),
    "a form at odds with itself": (b"a=1&a[b]=2", FORM, 400),
    "multipart without a boundary": (b"--limit\r\n\r\n", {"content-type": "multipart/form-data"}, 400),
    "multipart cut off": (
        b'--limit\r\ncontent-disposition: form-data; name="status"\r\n\r\nab',
        MULTIPART,
        400,
    ),
    "multipart that is none": (b"status=a", MULTIPART, 400),
}


async def test_bodies_that_cannot_be_read_are_refused(world):
    async with Findings(world) as findings:
        for line in LINES:
            for what, (body, kind, status) in BODIES.items() if line.reads_body else ():
                headers = world.headers_for(line) | kind
                await findings.ask(what, line, {refusal(line, status)}, content=body, headers=headers)


async def test_bodies_that_nobody_reads_do_no_harm(world):
    async with Findings(world) as findings:
        for line in LINES:
            for what in ("cut off", "not UTF-8", "too deep") if not line.reads_body else ():
                body, kind, _ = BODIES[what]
                headers = world.headers_for(line) | kind
                await findings.ask(what, line, UNDERSTOOD, content=body, headers=headers)


def refusal(line: Line, status: int) -> int:
    """OAuth says 400 to whatever it can't read (RFC 6749, 5.2)."""
    return 400 if line.route.path == "/oauth/token" and status == 422 else status


# Fields

VALUES: dict[str, Any] = {
    "named parts": {"x": "y"},
    "lists of lists": [[["x"]]],
    "NUL": "a\0b",
    "NULs": ["a\0b"],
    "true": True,
    "a huge number": 10**30,
    "below nought": -1,
    "a fraction": 1.5,
    "blank": " \u200b\u202e\n",
    "long": "\U0001f600" * 20_000,
    "nothing": None,
    "list of nothing": [None, ""],
    "a list of many": ["1"] * 600,
}
# What no single value of these types can be.
NEVER = {"named parts", "lists of lists", "NUL", "NULs"}


class Field(msgspec.Struct, frozen=True):
    """A field of a struct of parameters, or of one inside it; `kind` is its type without None and decoration."""

    path: tuple[str, ...]
    kind: Any

    def body(self, value: Any) -> Any:
        for name in reversed(self.path):
            value = [value] if name == "" else {name: value}
        return value

    @property
    def query_name(self) -> str:
        return self.path[0] + "".join(f"[{name}]" for name in self.path[1:])

    @property
    def is_plain(self) -> bool:
        return self.kind is not LooseText and get_origin(self.kind) is not dict and not is_struct(self.kind)


def fields_read_by(line: Line) -> Iterator[Field]:
    for struct in line.params:
        yield from fields_of(struct)


def fields_of(struct: type[Struct], path: tuple[str, ...] = ()) -> Iterator[Field]:
    for field in msgspec.structs.fields(struct):
        here = (*path, field.encode_name)
        kind = _bare(field.type)
        yield Field(here, kind)
        if is_struct(kind):
            yield from fields_of(kind, here)
        elif get_origin(kind) in {list, dict} and is_struct(item := _bare(get_args(kind)[-1])):
            yield from fields_of(item, (*here, "" if get_origin(kind) is list else "0"))


def _bare(hint: Any) -> Any:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) not in {Union, UnionType}:
        return hint
    return next(each for each in get_args(hint) if each not in {NoneType, UnsetType})


def is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


async def test_fields_of_the_wrong_kind_are_refused_and_none_is_an_accident(world):
    async with Findings(world) as findings:
        for line in (each for each in HANDLERS if each.reads_body):
            for field in fields_read_by(line):
                for what, value in VALUES.items():
                    sure = what in NEVER and field.is_plain
                    wanted = {refusal(line, 422)} if sure else UNDERSTOOD
                    await findings.ask(f"{field.query_name}: {what}", line, wanted, json=field.body(value))


# Queries

PAGING = {
    "limit": ["-1", "0", "99999999999999999999", "abc", "1.5", "%00", "%20"],
    "max_id": ["abc", "-5", "99999999999999999999", "%00"],
    "min_id": ["abc", "-5", "%00"],
    "since_id": ["abc", "99999999999999999999", "1e9"],
    "offset": ["abc", "-1", "99999999999999999999"],
}


WITHOUT_PAGES = (
    "/.well-known/",
    "/health",
    "/nodeinfo/",
    "/api/v1/instance/",
    "/api/v1/custom_emojis",
    "/api/v1/streaming/health",
)


async def test_paging_that_makes_no_sense_is_as_good_as_none(world):
    async with Findings(world) as findings:
        for line in (line for line in LINES if line.method == "GET"):
            plain = (await world.ask(line)).status_code
            for name, values in PAGING.items():
                for value in values:
                    path = f"{world.path(line)}?{name}={value}"
                    await findings.ask(f"{name}={value}", line, {plain}, path)


async def test_a_page_is_never_larger_than_its_maximum(world):
    for n in range(85):
        await world.cast.alice.says(f"number {n}")
    for line in (line for line in LINES if line.method == "GET"):
        answer = await world.ask(line, f"{world.path(line)}?limit=1000000")
        if not line.route.path.startswith(WITHOUT_PAGES):
            assert not isinstance(found := answer.json(), list) or len(found) <= 80, line.name


QUERIES = [
    "=%00",
    "=%ff",
    "[x][y]=1",
    "[]=1&{0}=1",
    "=99999999999999999999999",
    "=",
    "",
    "[][][]=1",
    f"={'x' * 5000}",
]


async def test_no_query_is_an_accident(world):
    async with Findings(world) as findings:
        for line in (each for each in HANDLERS if not each.reads_body):
            for field in fields_read_by(line):
                for wrong in QUERIES:
                    query = field.query_name + wrong.format(field.query_name)
                    sure = wrong in {"=%ff", "[x][y]=1"} and field.is_plain
                    wanted = {422} if sure else UNDERSTOOD
                    await findings.ask(query[:50], line, wanted, f"{world.path(line)}?{query}")
