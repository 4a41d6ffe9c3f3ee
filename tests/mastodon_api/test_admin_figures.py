"""Measures, dimensions and retention: every documented key, with true numbers; what nobody knows is left out."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from parley.discovery.tags import tag_id_of
from parley.identity import queries
from parley.identity.addresses import handle_key
from parley.identity.signup import new_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of, new_account_id
from parley.kit.services import Services
from parley.mastodon_api.entities.admin import AdminCohort, AdminDimension, AdminMeasure
from parley.moderation.dimensions import DIMENSIONS
from parley.moderation.figures import note_figures
from parley.moderation.measures import MEASURES
from tests.identity.world import change_user
from tests.mastodon_api.answers import strictly
from tests.moderation.world import join_as
from tests.world import Cast, Member, make_cast, ok, refused, settle

ADMIN = "/api/v1/admin"


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


@pytest.fixture
async def moderator(conn: Connection, client: httpx.AsyncClient) -> Member:
    return await join_as(conn, client, "warden", "moderator")


async def remote(conn: Connection, username: str, domain: str) -> AccountId:
    """An account of another server, as it would stand here."""
    account = msgspec.structs.replace(new_account(new_account_id(), username), domain=domain)
    await queries.claim_handle(conn, handle_key(username, domain), account.id)
    await queries.insert_account(conn, account)
    await queries.insert_account_counts(conn, account.id)
    return account.id


async def test_every_measure_and_dimension_has_true_numbers(
    conn: Connection, services: Services, cast: Cast, moderator: Member
) -> None:
    alice, bob = cast.alice, cast.bob
    post = await alice.says("About #parley", language="de")
    ok(await bob.post(f"/api/v1/statuses/{post['id']}/favourite"))
    ok(await bob.post(f"/api/v1/statuses/{post['id']}/reblog"))
    await bob.says("@alice yes #parley", in_reply_to_id=post["id"], language="en")
    report = ok(await alice.post("/api/v1/reports", {"account_id": bob.wire_id}))
    ok(await alice.post("/api/v1/reports", {"account_id": bob.wire_id}))
    ok(await moderator.post(f"{ADMIN}/reports/{report['id']}/resolve"))
    far = await remote(conn, "zoe", "far.example")
    await conn.execute(
        "update account_counts set followers_count = 7 where bucket = $1 and account_id = $2",
        bucket_of(far),
        far,
    )
    ok(await alice.post(f"/api/v1/accounts/{far}/follow"))
    ok(await alice.post("/api/v1/reports", {"account_id": str(far)}))
    await change_user(conn, alice.id, locale="de")
    await settle(services)
    await note_figures(conn)
    await note_figures(conn)
    today = clock.now().date()
    asked: dict[str, Any] = {
        "keys": [*MEASURES, "weather"],
        "start_at": (today - timedelta(days=4)).isoformat(),
        "end_at": f"{today.isoformat()}T12:00:00.000Z",
    }
    asked |= {key: {"id": str(tag_id_of("parley"))} for key in MEASURES if key.startswith("tag_")}
    asked |= {key: {"domain": "FAR.example"} for key in MEASURES if key.startswith("instance_")}
    found = strictly(await moderator.post(f"{ADMIN}/measures", asked), list[AdminMeasure])
    assert [each.key for each in found] == list(MEASURES)
    assert all(len(each.data) == 5 for each in found)
    totals = {each.key: each.total for each in found}
    assert all(int(each.total) == sum(int(day.value) for day in each.data) for each in found)
    follows = totals.pop("instance_follows")
    assert follows in {"0", "1"}, "a follow of a locked account waits"
    assert totals == {
        "active_users": "4",
        "new_users": "4",
        "interactions": "3",
        "opened_reports": "3",
        "resolved_reports": "1",
        "tag_accounts": "2",
        "tag_uses": "2",
        "tag_servers": "1",
        "instance_accounts": "1",
        "instance_media_attachments": "0",
        "instance_reports": "1",
        "instance_statuses": "0",
        "instance_followers": "0",
    }
    asked = {"keys": [*DIMENSIONS, "weather"], "tag_servers": {"id": str(tag_id_of("parley"))}}
    asked |= {"tag_languages": {"id": str(tag_id_of("parley"))}, "limit": 5}
    asked |= {key: {"domain": "far.example"} for key in DIMENSIONS if key.startswith("instance_")}
    parts = strictly(await moderator.post(f"{ADMIN}/dimensions", asked), list[AdminDimension])
    assert [each.key for each in parts] == list(DIMENSIONS)
    told = {each.key: [(part.key, part.value) for part in each.data] for each in parts}
    assert told["languages"] == [("en", "3"), ("de", "1")]
    assert told["sources"] == [("web", "4")]
    assert told["servers"] == [("parley.test", "2")]
    assert sorted(told["tag_languages"]) == [("de", "1"), ("en", "1")]
    assert told["tag_servers"] == [("parley.test", "2")]
    assert told["instance_accounts"][0][0] == "zoe"
    assert int(told["space_usage"][0][1]) > 1_000_000
    assert [key for key, _ in told["software_versions"]] == ["parley", "python", "postgresql"]


async def test_who_came_back(conn: Connection, cast: Cast, moderator: Member) -> None:
    today = clock.now().date()
    await note_figures(conn)
    for day, back in ((1, [cast.alice, cast.bob]), (2, [cast.alice])):
        with clock.shifted(timedelta(days=day)):
            for member in back:
                await change_user(conn, member.id, last_active_on=clock.now().date())
            await note_figures(conn)
    asked = {"start_at": today.isoformat(), "end_at": (today + timedelta(days=2)).isoformat()}
    [cohort] = strictly(
        await moderator.post(f"{ADMIN}/retention", {**asked, "frequency": "day"}), list[AdminCohort]
    )
    assert cohort.period == f"{today.isoformat()}T00:00:00.000Z"
    assert [(each.value, each.rate) for each in cohort.data] == [("4", 1.0), ("2", 0.5), ("1", 0.25)]
    months = strictly(
        await moderator.post(f"{ADMIN}/retention", {**asked, "frequency": "month"}), list[AdminCohort]
    )
    assert months[0].data[0].value == "4"


async def test_what_is_asked_wrongly(moderator: Member) -> None:
    for path, body in (
        ("measures", {"keys": ["x"] * 31}),
        ("measures", {"start_at": "soon"}),
        ("measures", {"start_at": "2026-02-02", "end_at": "2026-02-01"}),
        ("measures", {"start_at": "2020-01-01", "end_at": "2026-02-01"}),
        ("measures", {"start_at": "0001-01-01", "end_at": "0001-02-01"}),
        ("dimensions", {"end_at": "9999-12-31"}),
        ("retention", {"frequency": "year"}),
    ):
        refused(await moderator.post(f"{ADMIN}/{path}", body), 422)
    assert ok(await moderator.post(f"{ADMIN}/measures", {})) == []
    lacking = {"keys": ["tag_uses", "instance_accounts"], "tag_uses": {"id": "77"}}
    assert ok(await moderator.post(f"{ADMIN}/measures", lacking)) == []
    assert (
        ok(await moderator.post(f"{ADMIN}/dimensions", {"keys": ["tag_servers", "instance_languages"]})) == []
    )
