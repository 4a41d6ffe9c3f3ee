"""Staff look at members, let them in, act upon them and take it back; each act takes hold, is told, and is written down."""

from typing import Any

import httpx
import msgspec
import pytest

from parley.identity.admission import note_login_address
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.mail import list_outbox
from parley.kit.paging import Page
from parley.kit.services import Services
from parley.mastodon_api.entities.admin import AdminAccount
from parley.moderation.audit import audit_log
from tests.identity.world import bearer, make_member, make_token
from tests.moderation.world import join_as
from tests.world import Cast, Member, join, make_cast, ok, refused, settle

ACCOUNTS = "/api/v1/admin/accounts"


@pytest.fixture
async def cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


@pytest.fixture
async def admin(conn: Connection, client: httpx.AsyncClient) -> Member:
    return await join_as(conn, client, "boss", "admin")


@pytest.fixture
async def moderator(conn: Connection, client: httpx.AsyncClient) -> Member:
    return await join_as(conn, client, "warden", "moderator")


def shaped(answer: httpx.Response) -> list[AdminAccount]:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=list[AdminAccount])


async def names(who: Member, path: str, **query: Any) -> set[str]:
    return {each.username for each in shaped(await who.get(path, **query))}


async def logged(conn: Connection, admin: Member) -> list[str]:
    viewer = msgspec.structs.replace(admin.viewer, role="admin")
    return [each.action for each in await audit_log(conn, viewer, Page(limit=50))]


async def test_lists_by_every_filter_of_both_versions(
    conn: Connection, cast: Cast, admin: Member, moderator: Member
) -> None:
    await make_member(conn, "waits", approved_at=None, sign_up_reason="Let me in")
    await note_login_address(conn, cast.bob.id, "192.0.2.77", 7)
    for action, target in (("disable", cast.alice), ("silence", cast.bob), ("suspend", cast.carol)):
        ok(await admin.post(f"{ACCOUNTS}/{target.id}/action", {"type": action}))
    everybody = {"alice", "bob", "carol", "boss", "warden", "waits"}
    v2 = "/api/v2/admin/accounts"
    table: list[tuple[dict[str, Any], dict[str, Any], set[str]]] = [
        ({}, {}, everybody),
        ({"origin": "local"}, {"local": True}, everybody),
        ({"origin": "remote"}, {"remote": True}, set()),
        ({"status": "active"}, {"active": True}, {"bob", "boss", "warden"}),
        ({"status": "pending"}, {"pending": True}, {"waits"}),
        ({"status": "disabled"}, {"disabled": True}, {"alice"}),
        ({"status": "silenced"}, {"silenced": True}, {"bob"}),
        ({"status": "suspended"}, {"suspended": True}, {"carol"}),
        ({"permissions": "staff"}, {"staff": True}, {"boss", "warden"}),
        ({"username": "BO"}, {"username": "bo"}, {"bob", "boss"}),
        ({"username": "b%"}, {"username": "_"}, set()),
        ({"display_name": "x"}, {"display_name": "x"}, set()),
        ({"by_domain": "far.example"}, {"by_domain": "far.example"}, set()),
        ({"email": "Bob@mail.test"}, {"email": "bob@mail.test"}, {"bob"}),
        ({"email": "nobody@mail.test"}, {"email": "junk"}, set()),
        ({"ip": "192.0.2.77"}, {"ip": "192.0.2.0/24"}, {"bob"}),
        ({"ip": "192.0.3.1"}, {"ip": "2001:db8::1"}, set()),
    ]
    for second, first, expected in table:
        assert await names(admin, v2, **second) == expected, second
        assert await names(admin, ACCOUNTS, **first) == expected, first
    assert await names(admin, v2, **{"role_ids[]": ["1"]}) == {"warden"}
    assert await names(admin, v2, **{"role_ids[]": ["77"]}) == set()
    assert await names(admin, v2, invited_by=cast.bob.wire_id) == set()
    for wrong in ({"status": "sleepy"}, {"origin": "mars"}, {"ip": "x"}, {"username": "x" * 400}):
        refused(await admin.get(v2, **wrong), 422)
    walked: list[str] = []
    page = await admin.get(v2, limit=4)
    while True:
        walked += [each.username for each in shaped(page)]
        if "next" not in page.links:
            break
        page = await admin.client.get(page.links["next"]["url"], headers=admin.headers)
    assert sorted(walked) == sorted(everybody)
    back = await admin.client.get(page.links["prev"]["url"], headers=admin.headers)
    assert [each.username for each in shaped(back)] == walked[:4]


async def test_addresses_are_for_those_who_may_see_them(
    conn: Connection, cast: Cast, admin: Member, moderator: Member
) -> None:
    await note_login_address(conn, cast.bob.id, "192.0.2.1", 7)
    await note_login_address(conn, cast.bob.id, "2001:db8::9", 7)
    await note_login_address(conn, cast.bob.id, "192.0.2.9", 0)
    seen = ok(await admin.get(f"{ACCOUNTS}/{cast.bob.id}"))
    assert (seen["email"], seen["role"]["id"]) == ("bob@mail.test", "-99")
    assert {each["ip"] for each in seen["ips"]} == {"192.0.2.1", "2001:db8::9"}
    hidden = ok(await moderator.get(f"{ACCOUNTS}/{cast.bob.id}"))
    assert (hidden["email"], hidden["ip"], hidden["ips"]) == ("", None, [])
    for query in ({"email": "bob@mail.test"}, {"ip": "192.0.2.1"}):
        refused(await moderator.get("/api/v2/admin/accounts", **query), 403)
    refused(await admin.get(f"{ACCOUNTS}/12345"), 404)
    shown = ok(await cast.alice.get(f"/api/v1/accounts/{admin.id}"))
    assert shown["roles"] == [], "who is staff is nobody's business"
    assert "role" not in shown
    assert ok(await moderator.get("/api/v1/accounts/verify_credentials"))["role"]["permissions"] == "1308"


async def test_who_waits_is_let_in_or_turned_away(
    conn: Connection, client: httpx.AsyncClient, services: Services, admin: Member, moderator: Member
) -> None:
    good = await make_member(conn, "good", approved_at=None, sign_up_reason="Because")
    bad = await make_member(conn, "bad", approved_at=None)
    token = bearer(await make_token(conn, good))
    assert (await client.get("/api/v1/timelines/home", headers=token)).status_code == 403
    let_in = ok(await moderator.post(f"{ACCOUNTS}/{good}/approve"))
    assert (let_in["approved"], let_in["invite_request"]) == (True, "Because")
    assert (await client.get("/api/v1/timelines/home", headers=token)).status_code == 200
    refused(await moderator.post(f"{ACCOUNTS}/{good}/approve"), 403)
    refused(await moderator.post(f"{ACCOUNTS}/{good}/reject"), 403)
    assert ok(await moderator.post(f"{ACCOUNTS}/{bad}/reject"))["username"] == "bad"
    refused(await moderator.get(f"{ACCOUNTS}/{bad}"), 404)
    subjects = [each.subject for each in await list_outbox(conn)]
    assert any("approved" in each.lower() or "welcome" in each.lower() for each in subjects), subjects
    assert (await logged(conn, admin))[:2] == ["account.reject", "account.approve"]


async def test_suspended_is_nobody_anywhere_and_back_again(
    conn: Connection, services: Services, cast: Cast, admin: Member
) -> None:
    post = await cast.alice.says("I was here")
    await cast.bob.follows(cast.alice)
    await settle(services)
    path = f"{ACCOUNTS}/{cast.alice.id}"
    assert ok(await admin.post(f"{path}/action", {"type": "suspend", "text": "Spam & worse"})) == {}
    refused(await cast.alice.get("/api/v1/timelines/home"), 403)
    refused(await cast.bob.get(f"/api/v1/statuses/{post['id']}"), 404)
    assert await cast.bob.list_ids("/api/v1/timelines/home") == []
    assert ok(await cast.bob.get(f"/api/v1/accounts/{cast.alice.id}"))["suspended"] is True
    assert ok(await admin.get(path))["suspended"] is True
    mail = (await list_outbox(conn))[0]
    assert (mail.recipient, "Spam & worse" in mail.text_body) == ("alice@mail.test", True)
    assert "Spam &amp; worse" in mail.html_body
    assert ok(await admin.post(f"{path}/unsuspend"))["suspended"] is False
    await settle(services)
    assert ok(await cast.alice.get("/api/v1/timelines/home"))[0]["id"] == post["id"]
    assert ok(await cast.bob.get(f"/api/v1/statuses/{post['id']}"))["id"] == post["id"]
    assert (await logged(conn, admin))[:2] == ["account.unsuspend", "account.suspend"]
    told = ok(await cast.alice.get("/api/v1/notifications", **{"types[]": "moderation_warning"}))
    assert told[0]["moderation_warning"]["text"] == "Spam & worse"
    assert told[0]["moderation_warning"]["action"] == "suspend"


async def test_disabled_limited_sensitised(
    conn: Connection, services: Services, client: httpx.AsyncClient, cast: Cast, admin: Member
) -> None:
    alice, path = cast.alice, f"{ACCOUNTS}/{cast.alice.id}"
    post = await alice.says("Look at me")
    for action, key, lifted in (
        ("disable", "disabled", "enable"),
        ("silence", "silenced", "unsilence"),
        ("sensitive", "sensitized", "unsensitive"),
    ):
        asked = {"type": action, "send_email_notification": False}
        ok(await admin.post(f"{path}/action", asked))
        assert ok(await admin.get(path))[key] is True
        seen = ok(await client.get(f"/api/v1/statuses/{post['id']}"))
        public = {each["id"] for each in ok(await client.get("/api/v1/timelines/public"))}
        assert seen["sensitive"] is (action == "sensitive")
        assert (post["id"] in public) is (action != "silence")
        assert seen["account"].get("limited", False) is (action == "silence")
        status = (await alice.get("/api/v1/timelines/home")).status_code
        assert status == (403 if action == "disable" else 200)
        assert ok(await admin.post(f"{path}/{lifted}"))[key] is False
    assert ok(await client.get(f"/api/v1/statuses/{post['id']}"))["sensitive"] is False
    assert {each.subject for each in await list_outbox(conn)} == {"Good news about your account at Parley"}


async def test_staff_act_downwards_only(
    conn: Connection, client: httpx.AsyncClient, cast: Cast, admin: Member, moderator: Member
) -> None:
    second = await join_as(conn, client, "second", "moderator")
    for who, target in (
        (moderator, admin),
        (moderator, second),
        (moderator, moderator),
        (admin, admin),
    ):
        for action in ("none", "suspend"):
            refused(await who.post(f"{ACCOUNTS}/{target.id}/action", {"type": action}), 403)
        refused(await who.post(f"{ACCOUNTS}/{target.id}/unsilence"), 403)
    ok(await admin.post(f"{ACCOUNTS}/{second.id}/action", {"type": "silence"}))
    refused(await moderator.post(f"{ACCOUNTS}/{second.id}/unsilence"), 403)
    for wrong in ({"type": "banish"}, {"text": "x" * 3000}):
        refused(await moderator.post(f"{ACCOUNTS}/{cast.bob.id}/action", wrong), 422)
    refused(await moderator.post(f"{ACCOUNTS}/{cast.bob.id}/action", {"report_id": "123"}), 404)
    assert await logged(conn, admin) == ["account.silence"]


async def test_what_a_suspended_account_left_is_erased(
    conn: Connection,
    services: Services,
    client: httpx.AsyncClient,
    cast: Cast,
    admin: Member,
    moderator: Member,
) -> None:
    alice, bob, path = cast.alice, cast.bob, f"{ACCOUNTS}/{cast.alice.id}"
    await alice.follows(bob)
    await bob.follows(alice)
    hers, his = await alice.says("mine"), await bob.says("his")
    ok(await alice.post(f"/api/v1/statuses/{his['id']}/reblog"))
    ok(await bob.post(f"/api/v1/statuses/{hers['id']}/reblog"))
    await settle(services)
    refused(await admin.delete(path), 403)
    ok(await admin.post(f"{path}/action", {"type": "suspend"}))
    refused(await moderator.delete(path), 403)
    assert ok(await admin.delete(path))["username"] == "alice"
    await settle(services)
    gone = ok(await admin.get(path))
    assert (gone["email"], gone["role"], gone["account"]["note"]) == ("", None, "")
    left = await conn.fetch_value("select count(*) from statuses where account_id = $1", alice.id)
    assert left == 0
    counts = ok(await bob.get("/api/v1/accounts/verify_credentials"))
    assert (counts["followers_count"], counts["following_count"]) == (0, 0)
    assert ok(await client.get(f"/api/v1/statuses/{his['id']}"))["reblogs_count"] == 0
    refused(await alice.get("/api/v1/timelines/home"), 401)
    application = bearer(await make_token(conn, None))
    form = {"username": "alice", "email": "new@mail.test", "password": "long enough 1", "agreement": True}
    answer = await client.post("/api/v1/accounts", json=form, headers=application)
    assert answer.json()["details"]["username"][0]["error"] == "ERR_TAKEN", "nobody poses as her"
    assert AccountId(int(gone["id"])) == alice.id
    await join(conn, client, "dave")
