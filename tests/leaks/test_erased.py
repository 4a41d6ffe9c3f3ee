"""An erased account: whatever its member ever typed or sent is gone from every table and file, their name excepted."""

from datetime import timedelta

import httpx

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.services import Services
from tests.leaks.canary import CANARY, stored_names, tables_with
from tests.leaks.test_deleted import say_all
from tests.mastodon_api.test_media import jpeg, send
from tests.moderation.world import join_as
from tests.world import Cast, make_cast, ok, settle

# What nobody but the member ever read.
KEPT_FOR_THE_MEMBER = {
    "users", "access_tokens", "email_tokens", "login_addresses", "lists", "filters", "markers", "home_entries",
    "notifications", "library_entries", "followed_tags", "featured_tags", "scheduled_statuses", "media_files", "sealing_keys",
}  # fmt: skip


async def write_everywhere(services: Services, cast: Cast) -> None:
    """Whatever a member can type or send, with the canary in it."""
    alice, bob = cast.alice, cast.bob
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
    for visibility in ("public", "private", "direct"):
        await say_all(services, cast, visibility)
    await send(alice, jpeg(), description=f"{CANARY} never posted")
    later = (clock.now() + timedelta(days=1)).isoformat()
    waiting = ok(await send(alice, jpeg(), description=f"{CANARY} to come"))["id"]
    ok(
        await alice.post(
            "/api/v1/statuses", {"status": CANARY, "scheduled_at": later, "media_ids": [waiting]}
        )
    )
    ok(await alice.post("/api/v1/lists", {"title": f"{CANARY} list"}))
    words = [{"keyword": f"{CANARY} word"}]
    ok(
        await alice.post(
            "/api/v2/filters",
            {"title": f"{CANARY} filter", "context": ["home"], "keywords_attributes": words},
        )
    )
    ok(await alice.post(f"/api/v1/accounts/{bob.wire_id}/note", {"comment": f"{CANARY} of bob"}))
    ok(await alice.post("/api/v1/domain_blocks", {"domain": f"{CANARY}.test"}))
    ok(await alice.post("/api/v1/featured_tags", {"name": f"{CANARY}1"}))
    ok(await alice.post(f"/api/v1/tags/{CANARY}2/follow"))
    await bob.follows(alice)
    ok(await bob.post("/api/v1/statuses", {"status": "@alice hello"}))
    ok(await alice.post("/api/v1/markers", {"home": {"last_read_id": "1"}}))
    await settle(services)


async def test_nothing_of_an_erased_account_is_left(
    conn: Connection, services: Services, client: httpx.AsyncClient
) -> None:
    before = await stored_names(services.store)
    cast = await make_cast(conn, client)
    boss = await join_as(conn, client, "boss", "admin")
    await write_everywhere(services, cast)
    assert len(await tables_with(conn, CANARY, "alice@mail.test")) > 10
    assert len(await stored_names(services.store)) > len(before)
    path = f"/api/v1/admin/accounts/{cast.alice.wire_id}"
    ok(await boss.post(f"{path}/action", {"type": "suspend"}))
    ok(await boss.delete(path))
    await settle(services)
    left = await tables_with(conn, CANARY, "alice@mail.test")
    assert left == {}
    assert await stored_names(services.store) == before
    mine = await tables_with(conn, cast.alice.wire_id)
    assert not mine.keys() & KEPT_FOR_THE_MEMBER, mine
