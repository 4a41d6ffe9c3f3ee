"""L17: what a member gives the server and nobody else reads lies sealed; older rows are sealed, and read alike throughout."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from parley.graph.jobs import find_unsealed_choices
from parley.identity.email_addresses import find_holder
from parley.identity.jobs import find_unsealed_logins, prune_addresses
from parley.identity.sign_in_addresses import hashes_of_network
from parley.kit import clock, jobs
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import bucket_of
from parley.kit.mail import list_outbox
from parley.kit.services import Services
from tests.conftest import forget_caches
from tests.identity.world import make_member
from tests.leaks.canary import CANARY, tables_with
from tests.leaks.test_second_factor import prove
from tests.moderation.world import join_as
from tests.web.visitor import Visitor
from tests.world import Member, make_cast, ok, settle

ADDRESS = "203.0.113.77"
EMAIL = f"{CANARY}@mail.test"


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """The one who asks stands behind a proxy, so that a test can say where."""
    return Settings(
        data_dir=data_dir,
        url="https://parley.test",
        rate_limits=False,
        confirm_email=True,
        trusted_proxies=("127.0.0.1/32",),
    )


async def shown(alice: Member, bob: Member, boss: Member) -> list[Any]:
    """All that was written, by the doors that show it."""
    told = ok(await boss.get(f"/api/v1/admin/accounts/{alice.wire_id}"))
    found = [
        told["email"],
        told["invite_request"],
        sorted(each["ip"] for each in told["ips"]),
        ok(await alice.get("/api/v1/accounts/relationships", **{"id[]": bob.wire_id}))[0]["note"],
        [each["title"] for each in ok(await alice.get("/api/v1/lists"))],
        [(each["title"], each["keywords"][0]["keyword"]) for each in ok(await alice.get("/api/v2/filters"))],
    ]
    for query in ({"email": EMAIL}, {"ip": ADDRESS}, {"ip": "203.0.113.0/24"}, {"ip": "203.0.112.0/20"}):
        met = ok(await boss.get("/api/v1/admin/accounts", **query))
        assert [each["username"] for each in met] == ["alice"], query
    assert ok(await boss.get("/api/v1/admin/accounts", ip="203.0.114.0/24")) == []
    return found


async def write(alice: Member, bob: Member) -> None:
    ok(await alice.post(f"/api/v1/accounts/{bob.wire_id}/note", {"comment": f"{CANARY} of bob"}))
    ok(await alice.post("/api/v1/lists", {"title": f"{CANARY} list"}))
    keyword = {"keyword": f"{CANARY} word", "whole_word": True}
    wanted = {"title": f"{CANARY} filter", "context": ["home"], "keywords_attributes": [keyword]}
    ok(await alice.post("/api/v2/filters", wanted))


async def test_a_copy_of_the_database_tells_none_of_it(
    conn: Connection, services: Services, client: httpx.AsyncClient, shared_app: Litestar
) -> None:
    cast = await make_cast(conn, client)
    boss = await join_as(conn, client, "boss", "admin")
    other = await make_member(conn, "dora", email=EMAIL, sign_up_reason=f"{CANARY} reason")
    await write(cast.alice, cast.bob)
    browser = Visitor(shared_app, services.settings.base_url, "alice", cast.alice.id)
    browser.client.headers["x-forwarded-for"] = ADDRESS
    assert (await browser.sign_in()).status_code == 303
    await prove(browser)
    await browser.open("/settings/account")
    asked = await browser.send("/settings/account/email", email=f"new.{CANARY}@mail.test")
    assert asked.status_code == 303
    await client.post("/auth/forgot", data={"email": EMAIL})
    await settle(services)
    hidden = [CANARY, "alice@mail.test", ADDRESS]
    assert await tables_with(conn, *hidden) == {}
    assert f"new.{CANARY}@mail.test" in {each.recipient for each in await list_outbox(conn)}
    seen = ok(await boss.get(f"/api/v1/admin/accounts/{other}"))
    assert (seen["email"], seen["invite_request"]) == (EMAIL, f"{CANARY} reason")
    assert ok(await boss.get("/api/v1/admin/accounts", ip=ADDRESS))[0]["email"] == "alice@mail.test"

    await prune_addresses(conn, services)
    kept = ok(await boss.get(f"/api/v1/admin/accounts/{cast.alice.wire_id}"))["ips"]
    assert [each["ip"] for each in kept] == [ADDRESS]
    with clock.shifted(timedelta(days=services.settings.keep_addresses_days, minutes=1)):
        await prune_addresses(conn, services)
        assert await conn.fetch_value("select count(*) from sign_in_addresses") == 0
    with pytest.raises(Invalid):
        await hashes_of_network(conn, "0.0.0.0/0")


async def test_what_lay_in_the_open_is_sealed(
    conn: Connection, services: Services, client: httpx.AsyncClient
) -> None:
    cast = await make_cast(conn, client)
    alice, bob = cast.alice, cast.bob
    boss = await join_as(conn, client, "boss", "admin")
    await write(alice, bob)
    await _as_before(conn, alice, bob)
    forget_caches()
    assert await find_holder(conn, EMAIL) == alice.id
    expected = [
        EMAIL, f"{CANARY} reason", [ADDRESS], f"{CANARY} of bob", [f"{CANARY} list"],
        [(f"{CANARY} filter", f"{CANARY} word")],
    ]  # fmt: skip
    assert await shown(alice, bob, boss) == expected, "before"
    assert len(await tables_with(conn, CANARY, ADDRESS)) == 6
    await find_unsealed_logins(conn, services)
    await find_unsealed_choices(conn, services)
    await jobs.run_lane_once(services, "upkeep")
    forget_caches()
    assert await shown(alice, bob, boss) == expected, "after"
    assert await tables_with(conn, CANARY, ADDRESS) == {}
    unkeyed = "select count(*) from email_addresses where email_hash = sha256($1::bytea)"
    assert await conn.fetch_value(unkeyed, EMAIL.encode()) == 0
    assert await find_holder(conn, EMAIL) == alice.id
    await find_unsealed_logins(conn, services)
    await find_unsealed_choices(conn, services)
    waiting = "select count(*) from jobs where kind in ('seal_older_logins', 'seal_older_addresses', 'seal_older_choices', 'key_older_addresses')"
    assert await conn.fetch_value(waiting) == 0
    ok(await alice.post(f"/api/v1/accounts/{bob.wire_id}/unfollow"))
    assert (await shown(alice, bob, boss))[3] == f"{CANARY} of bob", "acts leave the note as it is"


async def _as_before(conn: Connection, alice: Member, bob: Member) -> None:
    """Rows as they were written when nothing of this was sealed."""
    bucket = bucket_of(alice.id)
    await conn.execute(
        "update users set sealed = null, email_hash = null, email = $3, sign_up_reason = $4 where bucket = $1 and account_id = $2",
        bucket, alice.id, EMAIL, f"{CANARY} reason",
    )  # fmt: skip
    await conn.execute(
        "insert into email_addresses (email_hash, account_id) values (sha256($1::bytea), $2)",
        EMAIL.encode(), alice.id,
    )  # fmt: skip
    await conn.execute(
        "insert into login_addresses (bucket, account_id, address, used_at) values ($1, $2, $3, $4)",
        bucket, alice.id, ADDRESS, clock.now(),
    )  # fmt: skip
    await conn.execute(
        "update relationships set sealed_note = null, note = $3 where account_id = $1 and other_id = $2",
        alice.id, bob.id, f"{CANARY} of bob",
    )  # fmt: skip
    for table, column, text in (("lists", "title", "list"), ("filters", "title", "filter"), ("filter_keywords", "keyword", "word")):  # fmt: skip
        await conn.execute(
            f"update {table} set sealed = null, {column} = $2 where account_id = $1",
            alice.id,
            f"{CANARY} {text}",
        )
