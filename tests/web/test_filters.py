"""Pages of filters, blocked servers and announcements, and what lists make of them."""

import re
from typing import Any

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.notifications.announcements import AnnouncementDraft, create_announcement
from tests.identity.world import bearer, make_token
from tests.mastodon_api.test_media import jpeg
from tests.web.visitor import Visitor, form_on, text_of
from tests.world import settle

FILTERS, DOMAINS = "/settings/filters", "/settings/domains"


async def own_filter(alice: Visitor) -> str:
    """The address of the only filter."""
    found = re.search(r"/settings/filters/[0-9]+", await alice.open(FILTERS))
    assert found is not None
    return found[0]


async def test_a_filter_folds_or_leaves_out_where_it_holds(
    alice: Visitor, bob: Visitor, services: Services
) -> None:
    await bob.says("the Final, at last")
    await bob.says("tea")
    await settle(services)
    assert "the Final" in text_of(await alice.open("/local"))

    await alice.open(FILTERS)
    page = await alice.does(FILTERS, title="Sport & such", words="final\r\ncup\r\n", context=["public"])
    assert "The filter is saved." in text_of(page)
    local = await alice.open("/local")
    assert '<details class="card screened"><summary>Filtered: <bdi>Sport &amp; such</bdi></summary>' in local
    assert local.count("screened") == 1
    # Not on a profile, for which it wasn't made; nor for others.
    assert "screened" not in await alice.open("/@bob")
    assert "screened" not in await bob.open("/local")

    path = await own_filter(alice)
    fields = form_on(await alice.open(path), path).fields
    assert (fields["words"], fields["effect"], fields["length"]) == ("final\ncup", "warn", "")
    await alice.does(
        path, words="", parts="fin", effect="hide", context=["public", "account"], length="86400"
    )
    for hidden in ("/local", "/@bob"):
        shown = text_of(await alice.open(hidden))
        assert "the Final" not in shown
        assert "tea" in shown
    await alice.open(path)
    await alice.does(path, parts="", words="nothing", length="keep")
    assert "the Final" in text_of(await alice.open("/local"))
    assert "1 day left" in text_of(await alice.open(FILTERS))

    wrong: dict[str, Any]
    for wrong in ({"title": " "}, {"context": []}, {"effect": "burn"}, {"words": "x" * 513}):
        await alice.open(path)
        answer = await alice.send(path, **wrong)
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    await alice.open(FILTERS)
    refused = await alice.send(FILTERS, title="", words="kept as typed")
    assert (refused.status_code, form_on(refused.text, FILTERS).fields["words"]) == (422, "kept as typed")
    await bob.open(path, 404)
    await alice.open(path)
    await alice.does(f"{path}/delete")
    assert "Sport" not in await alice.open(FILTERS)


async def test_what_is_left_out_is_no_notification(alice: Visitor, bob: Visitor, services: Services) -> None:
    await bob.says("@alice the final")
    await settle(services)
    assert "the final" in text_of(await alice.open("/notifications"))
    await alice.open(FILTERS)
    await alice.does(
        FILTERS, title="Sport", words="final", effect="hide", context=["notifications", "thread"]
    )
    assert "mentioned you" not in text_of(await alice.open("/notifications"))
    # Whoever opens the post itself wants to see it.
    assert "the final" in text_of(await alice.open(await bob.newest_path()))


async def test_a_filter_covers_pictures_alone(
    alice: Visitor, bob: Visitor, conn: Connection, services: Services
) -> None:
    headers = bearer(await make_token(conn, bob.id))
    file = {"file": ("cup.jpg", jpeg(), "image/jpeg")}
    sent = await bob.client.post(
        "/api/v2/media", files=file, data={"description": "the final"}, headers=headers
    )
    assert sent.status_code == 200, sent.text
    body = {"status": "see for yourself", "media_ids": [sent.json()["id"]]}
    await bob.client.post("/api/v1/statuses", json=body, headers=headers)
    await bob.says("nothing but words of the final")
    await settle(services)
    await alice.open(FILTERS)
    await alice.does(FILTERS, title="Sport", words="final", effect="blur", context=["public"])
    page = await alice.open("/local")
    assert page.count("Filtered: <bdi>Sport</bdi>") == 1
    assert page.count("warned covered") == 1
    assert "see for yourself" in text_of(page)
    assert "warned covered" not in await bob.open("/local")


async def test_servers_are_blocked_and_let_in_again(alice: Visitor) -> None:
    await alice.open(DOMAINS)
    assert "elsewhere.example" in await alice.does(DOMAINS, domain="Elsewhere.example")
    answer = await alice.send(DOMAINS, domain="no domain")
    assert (answer.status_code, "not a valid domain name" in answer.text) == (422, True)
    await alice.open(DOMAINS)
    page = await alice.does(f"{DOMAINS}/unblock")
    assert "You block no server" in text_of(page)


async def test_an_announcement_stands_above_home_until_it_is_dismissed(
    alice: Visitor, bob: Visitor, conn: Connection, settings: Settings
) -> None:
    made = await create_announcement(conn, settings, AnnouncementDraft(text="Tea at five"))
    conn.run_after_commit()
    path = f"/announcements/{made.id}"
    assert "Announcement Tea at five" in text_of(await alice.open("/home"))
    page = await alice.does(f"{path}/react")
    assert 'aria-pressed="true">👍 1<' in page
    await bob.open("/home")
    assert "👍 2" in await bob.does(f"{path}/react")
    assert 'aria-pressed="false">👍 1<' in await bob.does(f"{path}/unreact")
    await alice.open("/home")
    assert "Tea at five" not in await alice.does(f"{path}/dismiss")
    assert "Tea at five" in await bob.open("/home")
