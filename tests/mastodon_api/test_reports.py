"""A member reports; staff hear of it, work on it, resolve it, and see the posts that it names."""

import httpx
import pytest

from parley.kit.db import Connection
from parley.kit.services import Services
from parley.mastodon_api.entities.admin import AdminReport
from parley.mastodon_api.entities.report import Report
from parley.moderation.report import REPORTS_PER_DAY_MAX
from parley.moderation.rules import RuleForm, add_rule
from tests.mastodon_api.answers import strictly
from tests.moderation.world import join_as
from tests.world import Cast, Member, make_cast, ok, refused, settle

REPORTS = "/api/v1/reports"
DESK = "/api/v1/admin/reports"


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


@pytest.fixture
async def moderator(conn: Connection, client: httpx.AsyncClient) -> Member:
    return await join_as(conn, client, "warden", "moderator")


async def test_a_report_holds_what_its_reporter_could_see(
    conn: Connection, services: Services, cast: Cast, moderator: Member
) -> None:
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    rule = await add_rule(conn, None, RuleForm("Be kind"))
    public = (await bob.says("rude"))["id"]
    private = (await bob.says("ruder", visibility="private"))["id"]
    to_her = (await bob.says("@alice rudest", visibility="direct"))["id"]
    hers = (await carol.says("fine"))["id"]
    asked = {"account_id": bob.wire_id, "comment": " Look ", "forward": True}
    filed = strictly(
        await alice.post(REPORTS, {**asked, "status_ids": [public, to_her], "rule_ids": [str(rule.id)]}),
        Report,
    )
    assert (filed.category, filed.comment, filed.action_taken, filed.forwarded) == (
        "violation",
        "Look",
        False,
        False,
    )
    assert (filed.status_ids, filed.rule_ids) == ((public, to_her), (str(rule.id),))
    assert filed.target_account.username == "bob"
    for wrong, status in (
        ({"status_ids": [private]}, 404),
        ({"status_ids": [hers]}, 404),
        ({"status_ids": [public, "12345"]}, 404),
        ({"account_id": "12345"}, 404),
        ({"account_id": None}, 422),
        ({"category": "boring"}, 422),
        ({"comment": "x" * 1001}, 422),
        ({"rule_ids": ["77"]}, 422),
        ({"status_ids": [str(number) for number in range(1, 102)]}, 422),
    ):
        refused(await alice.post(REPORTS, {**asked, **wrong}), status)
    await settle(services)
    [told] = ok(await moderator.get("/api/v1/notifications", **{"types[]": "admin.report"}))
    assert told["report"]["id"] == filed.id
    assert ok(await bob.get("/api/v1/notifications", **{"types[]": "admin.report"})) == []
    seen = strictly(await moderator.get(f"{DESK}/{filed.id}"), AdminReport)
    assert [each.content for each in seen.statuses] == [
        "<p>rude</p>",
        next(each.content for each in seen.statuses if "rudest" in each.content),
    ]
    assert [each.text for each in seen.rules] == ["Be kind"]
    assert seen.account is not None
    assert (seen.account.username, seen.account.email) == ("alice", "")
    refused(await moderator.get(f"/api/v1/statuses/{to_her}"), 404)
    refused(await moderator.get(f"/api/v1/statuses/{private}"), 404)


async def test_the_desk_lists_assigns_resolves_and_opens_again(
    conn: Connection, cast: Cast, moderator: Member
) -> None:
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    ids = []
    for reporter, target in ((alice, bob), (carol, bob), (bob, carol)):
        ids.append(ok(await reporter.post(REPORTS, {"account_id": target.wire_id, "category": "spam"}))["id"])

    async def listed(**query: object) -> list[str]:
        answer = await moderator.get(DESK, **query)
        return [each.id for each in strictly(answer, list[AdminReport])]

    newest_first = sorted(ids, key=int, reverse=True)
    assert await listed() == newest_first
    assert set(await listed(target_account_id=bob.wire_id)) == set(ids[:2])
    assert await listed(account_id=carol.wire_id) == [ids[1]]
    first = await moderator.get(DESK, limit=2)
    second = await moderator.client.get(first.links["next"]["url"], headers=moderator.headers)
    assert [each["id"] for each in [*first.json(), *second.json()]] == newest_first
    one = f"{DESK}/{ids[0]}"
    taken = strictly(await moderator.post(f"{one}/assign_to_self"), AdminReport)
    assert taken.assigned_account is not None
    assert taken.assigned_account.username == "warden"
    assert ok(await moderator.post(f"{one}/unassign"))["assigned_account"] is None
    done = strictly(await moderator.post(f"{one}/resolve"), AdminReport)
    assert done.action_taken_by_account is not None
    assert (done.action_taken, done.action_taken_by_account.username) == (True, "warden")
    assert ids[0] not in await listed()
    assert await listed(resolved=True) == [ids[0]]
    assert await listed(resolved=True, unresolved=True) == newest_first
    assert ok(await moderator.post(f"{one}/reopen"))["action_taken"] is False
    rule = await add_rule(conn, None, RuleForm("Be kind"))
    changed = await moderator.put(one, {"category": "violation", "rule_ids": [str(rule.id)]})
    assert (changed.json()["category"], changed.json()["rules"][0]["text"]) == ("violation", "Be kind")
    assert (await moderator.put(one, {"category": "legal"})).json()["rules"] == []
    refused(await moderator.put(one, {"category": "boring"}), 422)
    refused(await moderator.put(one, {"rule_ids": ["77"]}), 422)
    for path in (f"{DESK}/12345", f"{DESK}/junk"):
        refused(await moderator.get(path), 404)
    # Answering one by a suspension resolves all about the account; another's stays.
    path = f"/api/v1/admin/accounts/{bob.id}/action"
    refused(await moderator.post(path, {"type": "suspend", "report_id": ids[2]}), 404)
    ok(await moderator.post(path, {"type": "suspend", "report_id": ids[0], "text": "Spam"}))
    assert await listed() == [ids[2]]
    actions = await conn.fetch_column("select action from audit_entries order by id")
    assert actions == [
        "report.assign_to_self",
        "report.unassign",
        "report.resolve",
        "report.reopen",
        "rule.create",
        "report.update",
        "report.update",
        "account.suspend",
    ]


async def test_who_reports_without_end_has_to_wait(cast: Cast) -> None:
    for _ in range(REPORTS_PER_DAY_MAX):
        ok(await cast.alice.post(REPORTS, {"account_id": cast.bob.wire_id}))
    refused(await cast.alice.post(REPORTS, {"account_id": cast.bob.wire_id}), 429)
    ok(await cast.carol.post(REPORTS, {"account_id": cast.bob.wire_id}))


async def test_posts_of_the_suspended_and_their_reporters_stay_at_the_desk(
    cast: Cast, moderator: Member
) -> None:
    post = (await cast.bob.says("bad"))["id"]
    filed = ok(await cast.alice.post(REPORTS, {"account_id": cast.bob.wire_id, "status_ids": [post]}))
    for target in (cast.alice, cast.bob):
        ok(await moderator.post(f"/api/v1/admin/accounts/{target.id}/action", {"type": "suspend"}))
    seen = ok(await moderator.get(f"{DESK}/{filed['id']}"))
    assert [each["id"] for each in seen["statuses"]] == [post]
    assert seen["target_account"]["suspended"] is True
