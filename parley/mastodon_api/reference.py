"""The page docs/mastodon-api.md, written out of the route table, and what is documented elsewhere but left out here."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from parley.mastodon_api.call import Route
from parley.mastodon_api.description import statuses_of, structs_of

FILE = Path(__file__).parents[2] / "docs" / "mastodon-api.md"

_HEAD = """# The Mastodon client API, as Parley speaks it

Written by `parley api-reference` out of the route table; not edited by hand. A running server describes the same
routes, with every parameter and key, at `/api/openapi.json` (OpenAPI 3.1).

The documentation of the API itself stands at <https://docs.joinmastodon.org/>. Parameters come in the query string, as
JSON, as a form or as multipart, whatever the method; unknown ones are ignored.

**Who** may ask: *anyone*; *token*: any good token, an application's own too; *member*; *unready*: also members who
aren't confirmed or approved yet. A scope is asked of every token. **Also** refused with: 401, 403 and 429 where they
apply, and 503 while something needed is down.
"""
_WHO_CAN_DENY = {401, 403, 429, 503}


class LeftOut(msgspec.Struct, frozen=True):
    """An endpoint that others document: what it answers here, and why."""

    method: str
    path: str
    answer: str
    why: str


_COLLECTIONS = "lists of accounts to recommend: not part of Parley"
_YEARLY = "no yearly report is made"

LEFT_OUT = (
    LeftOut("GET", "/api/v1/accounts/:id/collections", "404", _COLLECTIONS),
    LeftOut("GET", "/api/v1/accounts/:id/in_collections", "404", _COLLECTIONS),
    LeftOut("POST", "/api/v1/collections", "404", _COLLECTIONS),
    LeftOut("GET", "/api/v1/collections/:id", "404", _COLLECTIONS),
    LeftOut("PATCH", "/api/v1/collections/:id", "404", _COLLECTIONS),
    LeftOut("DELETE", "/api/v1/collections/:id", "404", _COLLECTIONS),
    LeftOut("POST", "/api/v1/collections/:id/items", "404", _COLLECTIONS),
    LeftOut("DELETE", "/api/v1/collections/:id/items/:id", "404", _COLLECTIONS),
    LeftOut("POST", "/api/v1/collections/:id/items/:id/revoke", "404", _COLLECTIONS),
    LeftOut("GET", "/api/v1/annual_reports", "404", _YEARLY),
    LeftOut("GET", "/api/v1/annual_reports/:id", "404", _YEARLY),
    LeftOut("GET", "/api/v1/annual_reports/:id/state", "404", _YEARLY),
    LeftOut("POST", "/api/v1/annual_reports/:id/read", "404", _YEARLY),
    LeftOut("POST", "/api/v1/annual_reports/:id/generate", "404", _YEARLY),
    LeftOut("POST", "/api/v1/accounts/:id/email_subscriptions", "404", "posts are not sent by mail"),
    LeftOut("GET", "/api/v1/search", "404", "taken out of Mastodon in 3.0; `/api/v2/search` stands"),
    LeftOut("GET", "/api/v1/statuses/:id/card", "404", "taken out in 3.0; a status bears its card"),
    LeftOut("GET", "/api/proofs", "404", "taken out in 3.5"),
    LeftOut(
        "PUT", "/api/v2/media/:id", "404", "never was; clients that try it go on with `/api/v1/media/:id`"
    ),
)


def reference(routes: Iterable[Route]) -> str:
    return "\n".join([_HEAD, *_sections(routes), *_left_out()]) + "\n"


def write_reference(routes: Iterable[Route]) -> None:
    FILE.write_text(reference(routes), encoding="utf-8")


def _sections(routes: Iterable[Route]) -> Iterator[str]:
    for module, of_module in groupby(routes, key=lambda route: route.handler.__module__):
        yield f"## {module.rpartition('.')[2].replace('_', ' ').capitalize()}\n"
        yield "| endpoint | who, scope | takes | refuses with |"
        yield "|---|---|---|---|"
        for route in of_module:
            yield _line(route)
        yield ""


def _line(route: Route) -> str:
    methods = "/".join((route.method, *route.also))
    who = f"{route.who}, `{route.scope}`" if route.scope else route.who
    names = [field.encode_name for struct in structs_of(route) for field in msgspec.structs.fields(struct)]
    refusals = [
        each for each in statuses_of(route, route.method) if each >= 400 and each not in _WHO_CAN_DENY
    ]
    takes = ", ".join(f"`{name}`" for name in dict.fromkeys(names))
    told = ", ".join(str(each) for each in refusals)
    return f"| {methods} `{route.path.replace(':str', '')}` | {who} | {takes} | {told} |"


def _left_out() -> Iterator[str]:
    yield "## Left out\n"
    yield "| endpoint | answer | why |"
    yield "|---|---|---|"
    for each in LEFT_OUT:
        yield f"| {each.method} `{each.path}` | {each.answer} | {each.why} |"
