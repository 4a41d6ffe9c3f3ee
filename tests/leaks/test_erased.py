"""L12: an account that is no more: whatever its member typed, sent or did is gone from every table, file, mail and log."""

import logging
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar import Litestar

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.mail import delete_old_mails, list_outbox
from parley.kit.services import Services
from parley.kit.web_push import base64_url
from parley.notifications.announcements import AnnouncementDraft, create_announcement
from tests.leaks.canary import CANARY, stored_names, tables_with
from tests.leaks.test_deleted import say_all
from tests.leaks.test_second_factor import enrol
from tests.mastodon_api.test_media import jpeg, send
from tests.moderation.world import join_as
from tests.web.visitor import Visitor
from tests.world import Cast, Member, make_cast, ok, settle

CLOSE = "/settings/account/close"
ADDRESS = "alice@mail.test"
# Where docs/operators/privacy.md says that the number of somebody who is gone still stands: the name; that it is gone;
# what others said to them and keep for themselves; what staff have to do with; who used a hashtag lately.
KEPT_BY_NUMBER = {
    "accounts", "account_counts", "handles", "sealing_keys", "jobs", "statuses", "search_documents", "conversations",
    "conversation_contacts", "relationships", "home_entries", "reports", "notifications", "usages",
}  # fmt: skip


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Addresses are confirmed, so that a change of one can be under way; devices may be anywhere, and don't answer."""
    return Settings(
        data_dir=data_dir,
        url="https://parley.test",
        rate_limits=False,
        confirm_email=True,
        outgoing_allowed_networks=("127.0.0.1/32",),
    )


async def write_everywhere(services: Services, cast: Cast, boss: Member) -> None:
    """Whatever a member can type or send, with the canary in it, and whatever they can do."""
    await _about_herself(cast.alice)
    for visibility in ("public", "unlisted", "private", "direct"):
        await say_all(services, cast, visibility)
    await _for_later(cast.alice)
    await _for_herself(cast)
    await _with_others(cast, boss)
    await settle(services)


async def _about_herself(alice: Member) -> None:
    profile = {"display_name": f"{CANARY} Alice", "note": f"{CANARY} note", "locked": "true"}
    field = {"fields_attributes[0][name]": f"{CANARY} name", "fields_attributes[0][value]": f"{CANARY} value"}
    ok(
        await alice.client.patch(
            "/api/v1/accounts/update_credentials",
            data={**profile, **field, "avatar_description": f"{CANARY} face"},
            files={"avatar": ("me.jpg", jpeg(), "image/jpeg"), "header": ("it.jpg", jpeg(), "image/jpeg")},
            headers=alice.headers,
        )
    )


async def _for_later(alice: Member) -> None:
    await send(alice, jpeg(), description=f"{CANARY} never posted")
    later = (clock.now() + timedelta(days=1)).isoformat()
    waiting = ok(await send(alice, jpeg(), description=f"{CANARY} to come"))["id"]
    for visibility in ("public", "direct"):
        media_ids = [waiting] if visibility == "public" else []
        draft = {"status": CANARY, "scheduled_at": later, "visibility": visibility, "media_ids": media_ids}
        ok(await alice.post("/api/v1/statuses", draft))


async def _for_herself(cast: Cast) -> None:
    alice, bob = cast.alice, cast.bob
    ok(await alice.post("/api/v1/lists", {"title": f"{CANARY} list"}))
    words = [{"keyword": f"{CANARY} word"}]
    wanted = {"title": f"{CANARY} filter", "context": ["home"], "keywords_attributes": words}
    ok(await alice.post("/api/v2/filters", wanted))
    ok(await alice.post(f"/api/v1/accounts/{bob.wire_id}/note", {"comment": f"{CANARY} of bob"}))
    ok(await alice.post("/api/v1/domain_blocks", {"domain": f"{CANARY}.test"}))
    ok(await alice.post("/api/v1/featured_tags", {"name": f"{CANARY}1"}))
    ok(await alice.post(f"/api/v1/tags/{CANARY}2/follow"))
    ok(await alice.post("/api/v1/markers", {"home": {"last_read_id": "1"}}))
    point = generate_private_key(SECP256R1()).public_key()
    public = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": base64_url(public), "auth": base64_url(bytes(16))}
    device = {"endpoint": f"https://127.0.0.1/{CANARY}", "keys": keys}
    ok(
        await alice.post(
            "/api/v1/push/subscription", {"subscription": device, "data": {"alerts": {"mention": True}}}
        )
    )


async def _with_others(cast: Cast, boss: Member) -> None:
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    for one, other in ((bob, alice), (alice, bob), (carol, alice)):
        await one.follows(other)
    asked = {"options": ["tea", "coffee"], "expires_in": 3600}
    his = await bob.says("@alice hello", poll=asked)
    for act in ("favourite", "bookmark", "reblog", "mute"):
        ok(await alice.post(f"/api/v1/statuses/{his['id']}/{act}"))
    ok(await alice.post(f"/api/v1/polls/{his['poll']['id']}/votes", {"choices": [1]}))
    ok(await alice.post(f"/api/v1/accounts/{carol.wire_id}/block"))
    ok(await bob.post("/api/v1/lists", {"title": "friends"}))
    ok(await alice.post("/api/v1/reports", {"account_id": bob.wire_id, "comment": f"{CANARY} report"}))
    ok(await bob.post("/api/v1/reports", {"account_id": alice.wire_id, "comment": "what bob says"}))
    shown = ok(await alice.get("/api/v1/announcements"))[0]["id"]
    ok(await alice.put(f"/api/v1/announcements/{shown}/reactions/%F0%9F%90%A6"))
    ok(await alice.post(f"/api/v1/announcements/{shown}/dismiss"))


async def at_the_browser(browser: Visitor) -> None:
    """A session with what a browser calls itself, a second factor, and a change of address under way."""
    browser.client.headers["user-agent"] = f"{CANARY} browser"
    assert (await browser.sign_in()).status_code == 303
    await enrol(browser)
    await browser.open("/settings/account")
    assert (await browser.send("/settings/account/email", email=f"{CANARY}@mail.test")).status_code == 303


async def test_nothing_of_an_account_that_is_no_more_is_left(
    conn: Connection,
    services: Services,
    client: httpx.AsyncClient,
    shared_app: Litestar,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = await stored_names(services.store)
    cast = await make_cast(conn, client)
    boss = await join_as(conn, client, "boss", "admin")
    await create_announcement(conn, services.settings, AnnouncementDraft(text="Welcome"))
    caplog.set_level(logging.DEBUG, "parley")
    await write_everywhere(services, cast, boss)
    browser = Visitor(shared_app, services.settings.base_url, "alice", cast.alice.id)
    await at_the_browser(browser)
    await settle(services)
    assert len(await tables_with(conn, CANARY, ADDRESS)) > 5
    assert len(await stored_names(services.store)) > len(before)

    await browser.open(CLOSE)
    assert (await browser.send(CLOSE, name="alice")).status_code == 200
    await settle(services)
    assert await tables_with(conn, CANARY, ADDRESS) == {"reports": 1, "mails": 1}
    assert [each.recipient for each in await list_outbox(conn) if CANARY in each.text_body] == []
    assert await stored_names(services.store) == before
    left = await tables_with(conn, cast.alice.wire_id)
    assert left.keys() <= KEPT_BY_NUMBER, left
    gone = cast.alice.id
    assert await conn.fetch_value("select count(*) from statuses where account_id = $1", gone) == 0
    heard = "select type from notifications where from_account_id = $1 or account_id = $1"
    assert await conn.fetch_column(heard, gone) == ["admin.report"]
    assert await conn.fetch_value("select wrapped from sealing_keys where owner_id = $1", gone) == b""
    # The test's own client logs what it asks for.
    ours = [each for each in caplog.records if each.name.startswith("parley")]
    lines = "\n".join(caplog.handler.format(each) for each in ours)
    assert CANARY not in lines
    assert ADDRESS not in lines
    for path in ("/api/v1/timelines/home", "/api/v1/notifications", "/api/v1/conversations", "/api/v1/lists"):
        for member in (cast.bob, cast.carol, boss):
            assert CANARY not in (await member.get(path)).text
    with clock.shifted(timedelta(days=31)):
        await delete_old_mails(conn, services)
        await settle(services)
    assert await tables_with(conn, CANARY, ADDRESS) == {"reports": 1}


async def test_staff_erase_all_the_same(
    conn: Connection, services: Services, client: httpx.AsyncClient
) -> None:
    """What its member never asked for: no letter, and no way back."""
    cast = await make_cast(conn, client)
    boss = await join_as(conn, client, "boss", "admin")
    await _about_herself(cast.alice)
    await say_all(services, cast, "public")
    path = f"/api/v1/admin/accounts/{cast.alice.wire_id}"
    ok(await boss.post(f"{path}/action", {"type": "suspend"}))
    ok(await boss.delete(path))
    await settle(services)
    assert await tables_with(conn, CANARY, ADDRESS) == {}
    assert (await boss.post(f"{path}/unsuspend")).status_code == 410
    assert (await cast.bob.get(f"/api/v1/accounts/{cast.alice.wire_id}")).status_code == 410
