"""The whole route table as things to ask: each line with a path of this world, and what its handler reads."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from inspect import unwrap
from types import CodeType, FunctionType
from typing import Any

import httpx
import msgspec

from parley.discovery import trend_queries
from parley.discovery.links import publisher_id_of
from parley.discovery.models import Kind, Trend
from parley.discovery.tags import tag_id_of
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.mastodon_api.call import Route
from parley.mastodon_api.routes import ROUTES
from parley.media.models import Product
from parley.media.upload import accept_made
from parley.notifications.announcements import AnnouncementDraft, create_announcement
from tests.conftest import forget_caches
from tests.discovery.world import make_card
from tests.identity.world import bearer, make_application, make_token
from tests.invariants import table_names
from tests.moderation.world import join_as
from tests.world import Cast, Member, ok, settle

# Everything a member's application may ask for.
FULL_SCOPES = "read write follow push profile admin:read admin:write"


class Line(msgspec.Struct, frozen=True):
    """One method of one route. `params` are the structs that its handler fills, from the body too or not."""

    method: str
    route: Route
    params: tuple[type[msgspec.Struct], ...]
    reads_body: bool

    @property
    def needs_token(self) -> bool:
        return self.route.who != "anyone"

    @property
    def needs_member(self) -> bool:
        return self.route.who in {"member", "unready"}

    @property
    def name(self) -> str:
        return f"{self.method} {self.route.path}"


def complaint(line: Line, answer: httpx.Response, wanted: Collection[int]) -> str | None:
    """What is wrong with an answer: its status, the shape of a refusal, or that pages elsewhere can't read it."""
    told = f"{line.name} -> {answer.status_code} {answer.text[:200]}"
    if answer.status_code not in wanted:
        return f"{told}: not one of {sorted(wanted)}"
    if line.route.path != "/health" and answer.headers.get("access-control-allow-origin") != "*":
        return f"{told}: no CORS header"
    if answer.status_code < 400:
        return None
    if answer.headers["content-type"] != "application/json" or not answer.json().get("error"):
        return f"{told}: not a refusal as documented"
    return None


def lines() -> Iterator[Line]:
    """All but streams, whose answers do not end: these have tests of their own."""
    for route in (each for each in ROUTES if not each.endless):
        params, reads_body = reads(route.handler)
        for method in (route.method, *route.also):
            yield Line(method, route, params, reads_body)


def reads(handler: Any) -> tuple[tuple[type[msgspec.Struct], ...], bool]:
    """What stands in the handler and in the functions of its module that it names."""
    structs: dict[type[msgspec.Struct], None] = {}
    reads_body = False
    todo, done = [handler], set()
    while todo:
        function = todo.pop()
        done.add(function)
        function = unwrap(function)
        names = set(_names_in(function.__code__))
        reads_body = reads_body or bool({"params", "files"} & names & set(function.__code__.co_names))
        for found in (function.__globals__.get(name) for name in sorted(names)):
            if isinstance(found, type) and issubclass(found, msgspec.Struct):
                structs[found] = None
            elif isinstance(found, FunctionType) and found.__module__ == function.__module__:
                todo += [] if found in done else [found]
    given = tuple(each for each in structs if each.__name__.endswith(("Params", "Form")))
    return given, reads_body


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


class World(msgspec.Struct, frozen=True):
    """Alice asks, and staff where only staff may.

    `own` is what the ids in paths may stand for, `foreign` what she must not learn of.
    """

    services: Services
    conn: Connection
    client: httpx.AsyncClient
    cast: Cast
    application: dict[str, str]
    staff: dict[str, str]
    own: dict[str, str]
    foreign: dict[str, str]

    def path(self, line: Line, ids: dict[str, str] | str | None = None) -> str:
        """`ids` for the `{id}` of the path: one for all, or by the beginning of the path; alice's own otherwise."""
        path = line.route.path.replace("{tag:str}", "parley").replace("{group_key:str}", "{id:str}")
        path = path.replace("{quoting_status_id:str}", "{id:str}").replace("{date:str}", "2026-01-31")
        path = path.replace("{name:str}", "👍")
        path = path.replace("{name:str}", "👍")
        if "{" not in path:
            return path
        start = _start_of(path)
        if isinstance(ids, str):
            return path.replace("{id:str}", ids)
        return path.replace("{id:str}", (ids or self.own)[start])

    async def ask(self, line: Line, path: str | None = None, **request: Any) -> httpx.Response:
        request.setdefault("headers", self.headers_for(line))
        return await self.client.request(line.method, path or self.path(line), **request)

    def headers_for(self, line: Line) -> dict[str, str]:
        """Signing up is for applications; whatever knows scopes is asked as a member, or as staff."""
        if line.route.needs is not None:
            return self.staff
        if line.route.who == "token":
            return self.application
        return self.cast.alice.headers if line.needs_token or line.route.scope else {}

    async def attempt(self, line: Line, path: str | None = None, **request: Any) -> httpx.Response:
        """What succeeds is undone; what a refusal leaves behind stays, to be found."""
        transaction = self.conn._raw.transaction()
        await transaction.start()
        answer = await self.ask(line, path, **request)
        if answer.is_success:
            await transaction.rollback()
            if line.method != "GET":
                forget_caches()
        else:
            await transaction.commit()
        return answer


# What the ids of paths are, by how the path begins; a new kind of route names its own here.
_STARTS = {
    "/api/v1/accounts/": "account",
    "/api/v1/follow_requests/": "requester",
    "/api/v1/statuses/": "status",
    "/api/v1/scheduled_statuses/": "scheduled",
    "/api/v1_alpha/async_refreshes/": "status",
    "/api/v1/polls/": "poll",
    "/api/v1/timelines/list/": "list",
    "/api/v1/lists/": "list",
    "/api/v1/conversations/": "conversation",
    "/api/parley/v1/conversations/requests/": "message_request",
    "/api/v1/notifications/requests/": "request",
    "/api/v1/notifications/": "notification",
    "/api/v2/notifications/": "group",
    "/api/v1/featured_tags/": "featured_tag",
    "/api/v1/suggestions/": "suggested",
    "/api/v2/filters/keywords/": "keyword",
    "/api/v2/filters/statuses/": "filter_status",
    "/api/v2/filters/": "filter",
    "/api/v1/filters/": "keyword",
    "/api/v1/announcements/": "announcement",
    "/api/v1/media/": "media",
    "/api/v1/admin/accounts/": "member",
    "/api/v1/admin/reports/": "report",
    "/api/v1/admin/domain_blocks/": "domain_block",
    "/api/v1/admin/domain_allows/": "domain_allow",
    "/api/v1/admin/email_domain_blocks/": "email_domain_block",
    "/api/v1/admin/canonical_email_blocks/": "canonical_email_block",
    "/api/v1/admin/ip_blocks/": "ip_block",
    "/api/v1/admin/trends/tags/": "tag",
    "/api/v1/admin/trends/statuses/": "status",
    "/api/v1/admin/trends/links/publishers/": "publisher",
    "/api/v1/admin/trends/links/": "card",
}


def _start_of(path: str) -> str:
    return next(kind for start, kind in _STARTS.items() if path.startswith(start))


async def make_world(conn: Connection, services: Services, client: httpx.AsyncClient, cast: Cast) -> World:
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await alice.follows(bob)
    await bob.follows(alice)
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    own = {
        "account": bob.wire_id,
        "requester": carol.wire_id,
        "status": (await alice.says("about #parley"))["id"],
        "poll": (await bob.says("What to drink?", poll=poll))["poll"]["id"],
        "list": (ok(await alice.post("/api/v1/lists", {"title": "Friends"})))["id"],
        "scheduled": await _scheduled(alice),
    }
    hidden = await carol.says("for followers", visibility="private", poll=poll)
    foreign = {
        "requester": bob.wire_id,
        "status": hidden["id"],
        "poll": hidden["poll"]["id"],
        "list": (ok(await bob.post("/api/v1/lists", {"title": "Bob's"})))["id"],
        "scheduled": await _scheduled(bob),
    }
    ok(
        await alice.client.patch(
            "/api/v1/accounts/update_credentials", json={"locked": True}, headers=alice.headers
        )
    )
    await carol.follows(alice)
    await bob.says("@alice look")
    await alice.says("@bob I do")
    await settle(services)
    await carol.says("@alice and @bob, psst", visibility="direct")
    await bob.says("@alice between us", visibility="direct")
    await settle(services)
    for ids, member in ((own, alice), (foreign, bob)):
        ids["conversation"] = (await member.list_ids("/api/v1/conversations"))[0]
        ids["message_request"] = (await member.list_ids("/api/parley/v1/conversations/requests"))[0]
    own["request"] = (await alice.list_ids("/api/v1/notifications/requests"))[0]
    foreign["request"] = (await bob.list_ids("/api/v1/notifications/requests"))[0]
    own["notification"] = (await alice.list_ids("/api/v1/notifications"))[0]
    foreign["notification"] = (await bob.list_ids("/api/v1/notifications"))[0]
    own["group"] = f"ungrouped-{own['notification']}"
    foreign["group"] = f"ungrouped-{foreign['notification']}"
    own |= await _found_by_staff(conn)
    own["featured_tag"] = ok(await alice.post("/api/v1/featured_tags", {"name": "parley"}))["id"]
    foreign["featured_tag"] = ok(await bob.post("/api/v1/featured_tags", {"name": "parley"}))["id"]
    for ids, member in ((own, alice), (foreign, bob)):
        ids.update(await _filter_of(member, own["status"]))
    draft = AnnouncementDraft(text="Tea at five")
    own["announcement"] = str((await create_announcement(conn, services.settings, draft)).id)
    foreign["announcement"] = "4611686018427387999"
    await settle(services)
    for ids, member in ((own, alice), (foreign, bob)):
        product = Product(kind="picture", variants=[])
        ids["media"] = str(await accept_made(conn, member.id, "attachment", product))
    own["suggested"] = bob.wire_id
    foreign |= dict.fromkeys(("tag", "card", "publisher", "suggested"), "4611686018427387999")
    # Worked out when they are first asked for, so that no later asking changes anything.
    ok(await alice.get("/api/v2/suggestions"))
    issued = await make_token(conn, None, FULL_SCOPES, await make_application(conn, FULL_SCOPES))
    # The first look at it makes the server's own keys.
    ok(await client.get("/api/v2/instance"))
    boss = await join_as(conn, client, "boss", "admin")
    for kind, at_desk in (await _at_the_desk(cast, boss)).items():
        own[kind], foreign[kind] = at_desk, "4611686018427387999"
    return World(services, conn, client, cast, bearer(issued), boss.headers, own, foreign)


async def _at_the_desk(cast: Cast, boss: Member) -> dict[str, str]:
    """What only staff see, one of each."""
    blocks = {
        "domain_block": {"domain": "bad.example"},
        "domain_allow": {"domain": "good.example"},
        "email_domain_block": {"domain": "trash.example"},
        "canonical_email_block": {"email": "bad@mail.test"},
        "ip_block": {"ip": "192.0.2.1", "severity": "sign_up_block"},
    }
    made = {kind: ok(await boss.post(f"/api/v1/admin/{kind}s", body))["id"] for kind, body in blocks.items()}
    report = ok(await cast.alice.post("/api/v1/reports", {"account_id": cast.bob.wire_id}))
    return {**made, "report": report["id"], "member": cast.carol.wire_id}


async def _scheduled(member: Member) -> str:
    body = {"status": "tomorrow", "scheduled_at": (clock.now() + timedelta(days=1)).isoformat()}
    made: str = ok(await member.post("/api/v1/statuses", body))["id"]
    return made


async def _filter_of(member: Member, status_id: str) -> dict[str, str]:
    """A filter with a keyword and a post."""
    body = {"title": "Sport", "context": ["home"], "keywords_attributes": [{"keyword": "goal"}]}
    made = ok(await member.post("/api/v2/filters", body))
    entry = ok(await member.post(f"/api/v2/filters/{made['id']}/statuses", {"status_id": status_id}))
    return {"filter": made["id"], "keyword": made["keywords"][0]["id"], "filter_status": entry["id"]}


async def _found_by_staff(conn: Connection) -> dict[str, str]:
    """A tag, and a link that is ranked, with its publisher."""
    card_id = await make_card(conn, "https://news.test/article")
    publisher_id = publisher_id_of("https://news.test/article")
    await trend_queries.insert_trends(conn, Kind.LINK, [Trend(card_id, 1.0, group_id=publisher_id)])
    return {"tag": str(tag_id_of("parley")), "card": str(card_id), "publisher": str(publisher_id)}


async def contents(conn: Connection) -> dict[str, tuple[int, int]]:
    """How many rows each table has, and a sum over all that stands in them; but for what whoever comes first makes."""
    sums = [
        f"select '{table}', count(*), coalesce(sum(hashtext(row::text)::bigint), 0)::bigint from {table} row"
        for table in await table_names(conn)
        if table != "server_secrets"
    ]
    return {name: (count, total) for name, count, total in await conn.fetch_rows(" union all ".join(sums))}
