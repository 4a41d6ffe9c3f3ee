"""Lists of who is kept out, kept by administrators; and that each of them keeps somebody out."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from parley.identity import admission
from parley.kit import clock
from parley.kit.db import Connection, Database
from parley.kit.services import Services
from parley.mastodon_api.entities.admin import (
    AdminCanonicalEmailBlock,
    AdminDomainAllow,
    AdminDomainBlock,
    AdminEmailDomainBlock,
    AdminIpBlock,
)
from parley.mastodon_api.outermost import outermost
from tests.identity.world import bearer, make_token
from tests.mastodon_api.answers import refusal, strictly
from tests.moderation.world import join_as
from tests.world import Member, ok, refused

ADMIN = "/api/v1/admin"
HASH = "aabbccdd" * 8


@pytest.fixture
async def admin(conn: Connection, client: httpx.AsyncClient) -> Member:
    return await join_as(conn, client, "boss", "admin")


def from_address(app: Litestar, address: str) -> httpx.AsyncClient:
    served: Any = outermost(app)
    transport = httpx.ASGITransport(app=served, raise_app_exceptions=True, client=(address, 4000))
    return httpx.AsyncClient(transport=transport, base_url="https://parley.test", trust_env=False)


@pytest.mark.parametrize(
    ("name", "shape", "good", "bad"),
    [
        (
            "domain_blocks",
            AdminDomainBlock,
            [{"domain": "Bad.example", "severity": "suspend"}, {"domain": "b.example"}],
            [{}, {"domain": "no dots"}, {"domain": "c.example", "severity": "boo"}],
        ),
        ("domain_allows", AdminDomainAllow, [{"domain": "a.example"}, {"domain": "b.example"}], [{}]),
        (
            "email_domain_blocks",
            AdminEmailDomainBlock,
            [{"domain": "trash.example"}, {"domain": "b.example"}],
            [{}, {"domain": "trash.example"}, {"domain": "x" * 300}],
        ),
        (
            "canonical_email_blocks",
            AdminCanonicalEmailBlock,
            [{"email": "Bad.Guy+x@mail.test"}, {"canonical_email_hash": HASH}],
            [{}, {"email": "junk"}, {"canonical_email_hash": HASH}, {"canonical_email_hash": "aabb"}],
        ),
        (
            "ip_blocks",
            AdminIpBlock,
            [
                {"ip": "192.0.2.9", "severity": "no_access", "comment": "why", "expires_in": 3600},
                {"ip": "2001:db8::/32", "severity": "sign_up_block"},
            ],
            [
                {"ip": "192.0.2.9/32", "severity": "no_access"},
                {"ip": "x", "severity": "no_access"},
                {"ip": "192.0.2.10", "severity": "boo"},
                {"ip": "192.0.2.10", "severity": "no_access", "expires_in": -1},
            ],
        ),
    ],
)
async def test_made_read_listed_and_taken_back(
    conn: Connection, admin: Member, name: str, shape: Any, good: list[Any], bad: list[Any]
) -> None:
    path = f"{ADMIN}/{name}"
    made = [strictly(await admin.post(path, each), shape) for each in good]
    for each in bad:
        refused(await admin.post(path, each), 422)
    assert strictly(await admin.get(path), list[shape]) == made[::-1]
    first = await admin.get(path, limit=1)
    second = await admin.client.get(first.links["next"]["url"], headers=admin.headers)
    assert [strictly(each, list[shape])[0] for each in (first, second)] == made[::-1]
    one = f"{path}/{made[0].id}"
    assert strictly(await admin.get(one), shape) == made[0]
    gone = ok(await admin.delete(one))
    assert gone == {} or gone["id"] == made[0].id
    for gone in (await admin.get(one), await admin.delete(one), await admin.get(f"{path}/junk")):
        refused(gone, 404)
    kind = name.removesuffix("s")
    actions = await conn.fetch_column("select action from audit_entries order by id")
    assert actions == [f"{kind}.create", f"{kind}.create", f"{kind}.destroy"]


async def test_blocks_are_changed(admin: Member) -> None:
    ip = ok(await admin.post(f"{ADMIN}/ip_blocks", {"ip": "192.0.2.0/24", "severity": "sign_up_block"}))
    ok(await admin.post(f"{ADMIN}/ip_blocks", {"ip": "198.51.100.1", "severity": "sign_up_block"}))
    path = f"{ADMIN}/ip_blocks/{ip['id']}"
    changed = ok(await admin.put(path, {"severity": "no_access", "comment": "worse", "expires_in": 60}))
    assert (changed["ip"], changed["severity"], changed["comment"]) == ("192.0.2.0/24", "no_access", "worse")
    assert changed["expires_at"] is not None
    refused(await admin.put(path, {"ip": "198.51.100.1/32"}), 422)
    own = {"ip": "127.0.0.0/8", "severity": "no_access"}
    for answer in (await admin.put(path, own), await admin.post(f"{ADMIN}/ip_blocks", own)):
        assert "come from" in refused(answer, 422), "nobody shuts themselves out"
    ok(await admin.post(f"{ADMIN}/ip_blocks", {"ip": "127.0.0.0/8", "severity": "sign_up_block"}))
    refused(await admin.put(f"{ADMIN}/ip_blocks/123", {}), 404)
    block = ok(await admin.post(f"{ADMIN}/domain_blocks", {"domain": "far.example", "private_comment": "x"}))
    again = await admin.post(f"{ADMIN}/domain_blocks", {"domain": "FAR.example"})
    assert again.status_code == 422
    assert again.json()["existing_domain_block"]["id"] == block["id"]
    changed = ok(await admin.put(f"{ADMIN}/domain_blocks/{block['id']}", {"severity": "suspend"}))
    assert (changed["severity"], changed["private_comment"]) == ("suspend", "x")


async def test_a_mailbox_is_blocked_in_every_spelling(admin: Member) -> None:
    block = ok(await admin.post(f"{ADMIN}/canonical_email_blocks", {"email": "bad.guy@mail.test"}))
    test = f"{ADMIN}/canonical_email_blocks/test"
    assert ok(await admin.post(test, {"email": "BadGuy+again@mail.test"})) == [block]
    assert ok(await admin.post(test, {"email": "goodguy@mail.test"})) == []
    refused(await admin.post(test, {"email": "junk"}), 422)


async def test_what_is_blocked_does_not_sign_up(
    conn: Connection, shared_app: Litestar, admin: Member
) -> None:
    application = bearer(await make_token(conn, None))
    numbers = iter(range(1000))

    async def signs_up(email: str, address: str = "203.0.113.5") -> httpx.Response:
        form = {"username": f"new{next(numbers)}", "email": email, "password": "long enough 1"}
        async with from_address(shared_app, address) as visitor:
            return await visitor.post(
                "/api/v1/accounts", json={**form, "agreement": True}, headers=application
            )

    assert (await signs_up("a@trash.example")).status_code == 200
    block = ok(await admin.post(f"{ADMIN}/email_domain_blocks", {"domain": "trash.example"}))
    ok(
        await admin.post(
            f"{ADMIN}/email_domain_blocks", {"domain": "odd.example", "allow_with_approval": True}
        )
    )
    ok(await admin.post(f"{ADMIN}/canonical_email_blocks", {"email": "bad.guy@mail.test"}))
    ok(await admin.post(f"{ADMIN}/ip_blocks", {"ip": "192.0.2.0/24", "severity": "sign_up_block"}))
    ok(
        await admin.post(
            f"{ADMIN}/ip_blocks", {"ip": "198.51.100.0/24", "severity": "sign_up_requires_approval"}
        )
    )
    conn.run_after_commit()
    for email in ("b@trash.example", "b@Sub.TRASH.example", "badguy+1@mail.test"):
        answer = await signs_up(email)
        assert answer.status_code == 422, answer.text
        assert answer.json()["details"]["email"][0]["error"] == "ERR_BLOCKED"
    assert refusal(await signs_up("c@mail.test", "192.0.2.77"))[0] == 403
    assert (await signs_up("d@mail.test", "203.0.113.9")).status_code == 200
    assert (await signs_up("e@odd.example")).status_code == 200
    assert (await signs_up("f@mail.test", "198.51.100.3")).status_code == 200
    waiting = ok(await admin.get("/api/v2/admin/accounts", status="pending"))
    assert {each["email"] for each in waiting} == {"e@odd.example", "f@mail.test"}
    assert {each["ip"] for each in waiting} == {"203.0.113.5", "198.51.100.3"}
    today = ok(await admin.get(f"{ADMIN}/email_domain_blocks/{block['id']}"))["history"]
    assert (len(today), today[0]["accounts"], today[0]["uses"]) == (7, "2", "1")


async def test_who_is_kept_out_finds_no_door(conn: Connection, shared_app: Litestar, admin: Member) -> None:
    async with from_address(shared_app, "2001:db8::7") as visitor:
        assert (await visitor.get("/api/v1/instance")).status_code == 200
        block = {"ip": "2001:db8::/64", "severity": "no_access", "expires_in": 3600}
        made = ok(await admin.post(f"{ADMIN}/ip_blocks", block))
        conn.run_after_commit()
        before = conn.statements  # type: ignore[attr-defined]
        for path in ("/api/v1/instance", "/", "/auth/sign_in", "/static/parley.css", "/health"):
            answer = await visitor.get(path)
            assert (answer.status_code, answer.json()["error"]) == (403, "This action is not allowed"), path
        assert conn.statements == before + 1, "read once, and not for every visitor"  # type: ignore[attr-defined]
        assert (await admin.get("/api/v1/instance")).status_code == 200
        with clock.shifted(timedelta(hours=2)):
            assert (await visitor.get("/health")).status_code == 200
        ok(await admin.delete(f"{ADMIN}/ip_blocks/{made['id']}"))
        conn.run_after_commit()
        assert (await visitor.get("/health")).status_code == 200


async def test_while_nobody_can_tell_who_is_kept_out_all_are_asked_to_wait(
    shared_app: Litestar, client: httpx.AsyncClient, services: Services
) -> None:
    nowhere = Database("postgresql:///nowhere?host=/nonexistent", size=1)
    shared_app.state["services"] = msgspec.structs.replace(services, database=nowhere)
    admission.keep_blocked(None)
    for path in ("/api/v1/instance", "/health"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = await client.get("/")
    assert (page.status_code, "Back in a moment" in page.text) == (503, True)
