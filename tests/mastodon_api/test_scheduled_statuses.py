"""Statuses that wait for their hour, through HTTP: made, put off, cancelled, published once, or set aside."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from parley import worker
from parley.kit import clock
from parley.kit.jobs import run_schedules
from parley.mastodon_api.entities.scheduled_status import ScheduledStatus
from tests.invariants import tables_holding
from tests.mastodon_api.test_media import jpeg, send
from tests.world import Member, make_cast, ok, refused, settle

JOBS = worker.JOB_MODULES
PATH = "/api/v1/scheduled_statuses"


@pytest.fixture
async def cast(conn, client):
    return await make_cast(conn, client)


def later(**by: float) -> str:
    return (clock.now() + timedelta(**by)).isoformat()


async def schedule(member: Member, text: str = "later", key: str = "", **more: Any) -> dict[str, Any]:
    body = {"status": text, "scheduled_at": later(hours=1), **more}
    made: dict[str, Any] = ok(
        await member.post("/api/v1/statuses", body, **({"idempotency-key": key} if key else {}))
    )
    known = {field.encode_name for field in msgspec.structs.fields(ScheduledStatus)}
    assert set(made) == known
    msgspec.convert(made, ScheduledStatus)
    return made


async def profile_of(member: Member) -> list[str]:
    found = ok(await member.get(f"/api/v1/accounts/{member.id}/statuses"))
    return [each["content"] for each in found]


async def test_it_waits_and_is_published_once(cast, services, conn):
    alice = cast.alice
    said = await cast.bob.says("first")
    poll = {"options": ["yes", "no"], "expires_in": 600, "multiple": True}
    made = await schedule(
        alice,
        "in an hour",
        "k",
        poll=poll,
        visibility="unlisted",
        in_reply_to_id=said["id"],
        spoiler_text="ah",
    )
    params = made["params"]
    assert (params["text"], params["visibility"], params["spoiler_text"]) == ("in an hour", "unlisted", "ah")
    assert params["poll"] == {**poll, "hide_totals": False}
    assert params["in_reply_to_id"] == said["id"]
    body = {"status": "in an hour", "scheduled_at": later(hours=1)}
    assert ok(await alice.post("/api/v1/statuses", body, **{"idempotency-key": "k"}))["id"] == made["id"]
    other = await schedule(alice, "put off")
    assert await alice.list_ids(PATH) == [other["id"], made["id"]]
    assert await alice.list_ids(PATH, limit=1, max_id=other["id"]) == [made["id"]]
    assert await alice.list_ids(PATH, min_id=made["id"]) == [other["id"]]
    assert ok(await alice.get(f"{PATH}/{made['id']}")) == made
    put_off = ok(await alice.put(f"{PATH}/{other['id']}", {"scheduled_at": later(hours=3)}))
    assert datetime.fromisoformat(put_off["scheduled_at"]) - clock.now() > timedelta(hours=2)
    await settle(services)
    assert await profile_of(alice) == []
    with clock.shifted(timedelta(hours=2)):
        await settle(services)
        await settle(services)
        (published,) = ok(await alice.get(f"/api/v1/accounts/{alice.id}/statuses"))
        assert (published["visibility"], published["in_reply_to_id"]) == ("unlisted", said["id"])
        assert published["poll"]["multiple"] is True
        assert published["application"] is not None
        assert await alice.list_ids(PATH) == [other["id"]]
        assert published["id"] in await alice.list_ids("/api/v1/timelines/home")
    again = ok(await alice.post("/api/v1/statuses", body, **{"idempotency-key": "k"}))
    assert again["id"] == published["id"]


async def test_what_is_nobody_elses_and_what_is_cancelled(cast, services):
    alice, bob = cast.alice, cast.bob
    made = await schedule(alice, "no", "k")
    assert ok(await bob.get(PATH)) == []
    for answer in (
        await bob.get(f"{PATH}/{made['id']}"),
        await bob.put(f"{PATH}/{made['id']}", {"scheduled_at": later(hours=2)}),
        await bob.delete(f"{PATH}/{made['id']}"),
        await alice.get(f"{PATH}/17"),
    ):
        refused(answer, 404)
    assert ok(await alice.delete(f"{PATH}/{made['id']}")) == {}
    refused(await alice.delete(f"{PATH}/{made['id']}"), 404)
    assert (await schedule(alice, "yes", "k"))["id"] != made["id"]
    with clock.shifted(timedelta(hours=2)):
        await settle(services)
        assert await profile_of(alice) == ["<p>yes</p>"]


async def test_all_is_refused_when_it_is_scheduled(cast):
    alice, bob = cast.alice, cast.bob
    closed = await bob.says("x", reply_policy="nobody", quote_approval_policy="nobody")
    for code, body in (
        (422, {"scheduled_at": later(minutes=4)}), (422, {"scheduled_at": later(hours=-1)}),
        (422, {"scheduled_at": "tomorrow"}), (422, {"scheduled_at": later(days=4000)}), (422, {"status": " "}),
        (422, {"status": "x" * 1001}), (422, {"language": "?"}), (422, {"poll": {"options": ["a"], "expires_in": 600}}),
        (422, {"media_ids": ["17"]}), (404, {"in_reply_to_id": "17"}), (404, {"quoted_status_id": "17"}),
        (403, {"in_reply_to_id": closed["id"]}), (403, {"quoted_status_id": closed["id"]}),
    ):  # fmt: skip
        wrong = {"status": "x", "scheduled_at": later(hours=1), **body}
        refused(await alice.post("/api/v1/statuses", wrong), code)
    made = await schedule(alice)
    refused(await alice.put(f"{PATH}/{made['id']}", {"scheduled_at": later(minutes=1)}), 422)
    assert await alice.list_ids(PATH) == [made["id"]]


async def test_there_is_a_limit_in_all_and_for_each_day(cast, monkeypatch):
    alice = cast.alice
    monkeypatch.setattr("parley.publishing.schedule.WAITING_A_DAY_MAX", 2)
    monkeypatch.setattr("parley.publishing.schedule.WAITING_MAX", 3)
    days = [later(days=number) for number in (2, 2, 3, 4)]
    first, *_ = [(await schedule(alice, scheduled_at=day))["id"] for day in days[:2]]
    body = {"status": "x", "scheduled_at": days[0]}
    assert "day" in refused(await alice.post("/api/v1/statuses", body), 422)
    third = await schedule(alice, scheduled_at=days[2])
    assert refused(await alice.post("/api/v1/statuses", {**body, "scheduled_at": days[3]}), 422)
    refused(await alice.put(f"{PATH}/{third['id']}", {"scheduled_at": days[0]}), 422)
    ok(
        await alice.put(
            f"{PATH}/{first}", {"scheduled_at": (clock.now() + timedelta(days=2, minutes=1)).isoformat()}
        )
    )


async def test_what_can_not_be_published_is_set_aside_and_forgotten(cast, services, conn):
    alice, bob = cast.alice, cast.bob
    said = await bob.says("soon gone")
    made = await schedule(alice, "answerless", in_reply_to_id=said["id"])
    ok(await bob.delete(f"/api/v1/statuses/{said['id']}"))
    with clock.shifted(timedelta(hours=2)):
        await settle(services)
        assert await profile_of(alice) == []
        assert ok(await alice.get(PATH)) == []
        refused(await alice.get(f"{PATH}/{made['id']}"), 404)
        refused(await alice.put(f"{PATH}/{made['id']}", {"scheduled_at": later(hours=3)}), 404)
        assert await conn.fetch_value("select count(*) from jobs where dead or attempts > 0") == 0
        assert await conn.fetch_value("select count(*) from scheduled_statuses") == 1
    with clock.shifted(timedelta(days=40)):
        await run_schedules(services)
        assert await conn.fetch_value("select count(*) from scheduled_statuses") == 0


async def test_a_picture_waits_with_its_status(cast, services):
    alice = cast.alice
    sent = ok(await send(alice, jpeg((40, 30)), description="a gradient"))
    made = await schedule(alice, "with a picture", media_ids=[sent["id"]])
    assert made["params"]["media_ids"] == [sent["id"]]
    (waiting,) = ok(await alice.get(PATH))
    assert [(each["id"], each["description"]) for each in waiting["media_attachments"]] == [
        (sent["id"], "a gradient")
    ]
    with clock.shifted(timedelta(hours=2)):
        await settle(services)
        (published,) = ok(await alice.get(f"/api/v1/accounts/{alice.id}/statuses"))
        assert [each["id"] for each in published["media_attachments"]] == [sent["id"]]


async def test_drafts_wait_sealed(cast, services, conn):
    alice = cast.alice
    await cast.bob.follows(alice)
    await schedule(alice, "openword for all")
    made = await schedule(alice, "@bob secretword", visibility="direct", spoiler_text="hiddenword")
    assert made["params"]["text"] == "@bob secretword"
    assert ok(await alice.get(f"{PATH}/{made['id']}"))["params"]["spoiler_text"] == "hiddenword"
    drafts = b"".join(await conn.fetch_column("select draft from scheduled_statuses"))
    assert not any(word in drafts for word in (b"openword", b"secretword", b"hiddenword"))
    cancelled = await schedule(alice, "@bob no", visibility="direct")
    ok(await alice.delete(f"{PATH}/{cancelled['id']}"))
    with clock.shifted(timedelta(hours=2)):
        await settle(services)
        (told,) = ok(await cast.bob.get("/api/v1/notifications"))
        assert "secretword" in told["status"]["content"]
    assert await tables_holding(conn, "secretword") == []
