"""What was deleted is gone: from every table, every file, and every door, for whoever could see it a moment ago."""

from typing import Any

import httpx
import msgspec

from parley.identity.tokens import issue_token
from parley.kit.db import Connection
from parley.kit.services import Services
from tests.leaks.canary import CANARY, stored_names, tables_with
from tests.mastodon_api.test_media import jpeg, send
from tests.moderation.world import join_as
from tests.world import Cast, Member, make_cast, ok, settle

TAG = "songbirds"
# Where bob, who could see all of it, looks for it again; as a member with an app.
DOORS = (
    "/api/v1/statuses/{id}",
    "/api/v1/statuses/{id}/context",
    "/api/v1/statuses/{id}/history",
    "/api/v1/statuses/{id}/source",
    "/api/v1/statuses/{id}/card",
    "/api/v1/statuses/{id}/favourited_by",
    "/api/v1/statuses/{id}/reblogged_by",
    "/api/v1/statuses/{id}/quotes",
    "/api/v1/statuses/{reply}",
    "/api/v1/statuses/{reply}/context",
    "/api/v1/statuses/{quote}",
    "/api/v1/statuses?id[]={id}",
    "/api/v1/polls/{poll}",
    "/api/v1/media/{media}",
    "/api/v1/timelines/home",
    "/api/v1/timelines/public",
    "/api/v1/timelines/tag/{tag}",
    "/api/v1/accounts/{alice}/statuses",
    "/api/v1/accounts/{alice}/statuses?pinned=true",
    "/api/v1/accounts/{alice}/statuses?only_media=true",
    "/api/v1/accounts/{carol}/statuses",
    "/api/v1/notifications",
    "/api/v2/notifications",
    "/api/v1/bookmarks",
    "/api/v1/favourites",
    "/api/v1/conversations",
    "/api/v2/search?q={canary}",
    "/api/v2/search?q={url}&resolve=true",
    "/api/v1/trends/statuses",
    "/api/oembed?url={url}",
    "/@alice/{id}",
    "/@alice/{id}/embed",
    "/@alice/{id}/edits",
    "/@alice/{id}/likes",
    "/@alice/{id}/boosts",
    "/@alice/{id}/quotes",
    "/@bob/{reply}",
    "/@bob/{quote}",
    "/@alice",
    "/@carol",
    "/tags/{tag}",
    "/local",
    "/search?q={canary}",
)


async def say_all(services: Services, cast: Cast, visibility: str) -> dict[str, str]:
    """A post of alice's with the canary in each of its parts, and what the others did with it."""
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    picture = ok(await send(alice, jpeg(), description=f"{CANARY} picture"))
    about = {"spoiler_text": f"{CANARY} warning", "visibility": visibility}
    said = await alice.says(f"@bob {CANARY}", media_ids=[picture["id"]], **about)
    status_id = said["id"]
    changed = {"status": f"@bob {CANARY} again #{TAG}", "media_ids": [picture["id"]]}
    ok(await alice.put(f"/api/v1/statuses/{status_id}", {**changed, "spoiler_text": f"{CANARY} then"}))
    asked = {"options": [f"{CANARY} tea", "coffee"], "expires_in": 3600}
    poll = await alice.says(f"@bob {CANARY}?", poll=asked, visibility=visibility)
    await settle(services)
    for act in ("favourite", "bookmark"):
        ok(await bob.post(f"/api/v1/statuses/{status_id}/{act}"))
    ok(await bob.post(f"/api/v1/polls/{poll['poll']['id']}/votes", {"choices": [0]}))
    reply = await bob.says("@alice I see", in_reply_to_id=status_id, visibility=visibility)
    quote = {"id": reply["id"]}
    if visibility == "public":
        ok(await alice.post(f"/api/v1/statuses/{status_id}/pin"))
        ok(await carol.post(f"/api/v1/statuses/{status_id}/reblog"))
        quote = await bob.says("Look", quoted_status_id=status_id)
    await settle(services)
    return {
        "id": status_id,
        "poll_status": poll["id"],
        "poll": poll["poll"]["id"],
        "media": picture["id"],
        "reply": reply["id"],
        "quote": quote["id"],
        "url": said["url"],
        "alice": alice.wire_id,
        "carol": carol.wire_id,
        "canary": CANARY,
        "tag": TAG,
    }


async def with_browser(conn: Connection, member: Member) -> Member:
    """Signed in there as well, so that API and pages both know who asks."""
    issued = await issue_token(conn, account_id=member.id, application=None, scopes=("read",))
    return msgspec.structs.replace(
        member, headers={**member.headers, "cookie": f"__Host-parley-session={issued.bearer}"}
    )


async def canaries_at_doors(member: Member, made: dict[str, str]) -> dict[str, str]:
    """The doors that still say it; what was asked for is no finding."""
    found = {}
    for door in DOORS:
        path = door.format(**made)
        answer = await member.client.get(path, headers=member.headers)
        assert answer.status_code in {200, 302, 303, 401, 403, 404, 410, 422}, path
        text = answer.text.replace(path, "")
        if f"{CANARY} " in text or f"{CANARY}?" in text:
            found[door] = text
    return found


async def everything_gone(
    conn: Connection, services: Services, cast: Cast, made: dict[str, str], urls: list[str]
) -> None:
    await settle(services)
    assert await canaries_at_doors(cast.bob, made) == {}
    for url in urls:
        assert (await cast.bob.client.get(url)).status_code == 404, url
    assert ok(await cast.bob.client.get("/api/v2/search", params={"q": TAG[:-1]}))["hashtags"] == []
    assert await tables_with(conn, CANARY, TAG) == {}


async def files_of(member: Member, status_id: str) -> list[str]:
    shown: Any = ok(await member.get(f"/api/v1/statuses/{status_id}"))["media_attachments"]
    return [each[key] for each in shown for key in ("url", "preview_url")]


async def test_a_deleted_post_is_gone_everywhere(
    conn: Connection, services: Services, client: httpx.AsyncClient
) -> None:
    cast = await make_cast(conn, client)
    cast = msgspec.structs.replace(cast, bob=await with_browser(conn, cast.bob))
    await cast.bob.follows(cast.alice)
    await cast.bob.follows(cast.carol)
    taken_back = (await cast.alice.says(f"#{TAG}"))["id"]
    await settle(services)
    assert len(ok(await client.get("/api/v2/search", params={"q": TAG[:-1]}))["hashtags"]) == 1
    ok(await cast.alice.put(f"/api/v1/statuses/{taken_back}", {"status": "nothing of it"}))
    await settle(services)
    assert await tables_with(conn, TAG) == {}
    ok(await cast.alice.delete(f"/api/v1/statuses/{(await cast.alice.says(f'#{TAG}'))['id']}"))
    await settle(services)
    assert ok(await client.get(f"/api/v1/tags/{TAG}"))["history"][0]["uses"] == "0", (
        "gone before it was counted"
    )
    for visibility in ("public", "private", "direct"):
        before = await stored_names(services.store)
        made = await say_all(services, cast, visibility)
        urls = await files_of(cast.bob, made["id"])
        assert len(await canaries_at_doors(cast.bob, made)) > 5, "the canary was there to be found"
        assert await tables_with(conn, CANARY) == {}, "nor do rows tell while it stands"
        assert len(await tables_with(conn, made["id"])) > 5
        assert [(await client.get(url)).status_code for url in urls] == [200, 200]
        for status_id in (made["id"], made["poll_status"]):
            path = f"/api/v1/statuses/{status_id}?delete_media=true"
            ok(await cast.alice.delete(path))
        await everything_gone(conn, services, cast, made, urls)
        assert await stored_names(services.store) == before


async def test_what_was_shown_to_all_and_is_hidden_now_is_hidden(
    conn: Connection, services: Services, client: httpx.AsyncClient
) -> None:
    cast = await make_cast(conn, client)
    cast = msgspec.structs.replace(cast, bob=await with_browser(conn, cast.bob))
    await cast.bob.follows(cast.alice)
    made = await say_all(services, cast, "public")
    urls = await files_of(cast.bob, made["id"])
    assert await canaries_at_doors(cast.bob, made)
    ok(await cast.alice.post(f"/api/v1/accounts/{cast.bob.wire_id}/block"))
    await settle(services)
    # What is embedded elsewhere is the same for everybody, and asks nobody who they are.
    assert (await canaries_at_doors(cast.bob, made)).keys() <= {"/api/oembed?url={url}", "/@alice/{id}/embed"}
    boss = await join_as(conn, client, "boss", "admin")
    ok(await boss.post(f"/api/v1/admin/accounts/{cast.alice.wire_id}/action", {"type": "suspend"}))
    await settle(services)
    assert await canaries_at_doors(cast.carol, made) == {}
    assert await canaries_at_doors(cast.bob, made) == {}
    assert [(await client.get(url)).status_code for url in urls] == [404, 404]
