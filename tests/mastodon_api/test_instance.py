"""What the server says of itself, through HTTP."""

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Literal
from xml.etree import ElementTree as ET

import httpx
import msgspec
import pytest
from litestar import Litestar

from parley.asgi import state_of
from parley.identity.accounts import add_to_counts
from parley.identity.statistics import note_week
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.errors import Invalid
from parley.kit.services import Services
from parley.mastodon_api.entities.instance import (
    Activity,
    DomainBlock,
    ExtendedDescription,
    Instance,
    Language,
    PrivacyPolicy,
    TermsOfService,
    V1Instance,
)
from parley.mastodon_api.entities.report import Rule
from parley.moderation.models import RuleTranslation
from parley.moderation.rules import RuleForm, add_rule, edit_rule, remove_rule
from parley.moderation.site_texts import publish_text
from tests.conftest import client_of
from tests.database import CountingConnection
from tests.identity.world import change_user, make_member, suspend
from tests.mastodon_api.answers import refusal, strictly
from tests.moderation.world import join_as
from tests.world import ok

BASE = "https://parley.test"


@pytest.fixture
def plain_settings(settings: Settings) -> Settings:
    """Of a server for trying out: no TLS, a port, closed doors."""
    return msgspec.structs.replace(
        settings, url="http://localhost:3000", registrations="closed", status_length_max=77
    )


@pytest.fixture
async def plain_client(
    shared_app: Litestar, services: Services, plain_settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    shared_app.state.update(state_of(msgspec.structs.replace(services, settings=plain_settings)))
    async with client_of(shared_app, plain_settings.base_url) as made:
        yield made


async def test_instance(client: httpx.AsyncClient) -> None:
    found = strictly(await client.get("/api/v2/instance"), Instance)
    assert (found.domain, found.title) == ("parley.test", "Parley")
    assert [part.isdecimal() for part in found.version.split(" ")[0].split(".")] == [True] * 3
    assert found.configuration.urls.streaming == "wss://parley.test"
    assert found.configuration.statuses.max_characters == 1000
    assert found.configuration.polls.max_options == 4
    assert (found.registrations.enabled, found.registrations.approval_required) == (True, False)
    assert "image/heic" in found.configuration.media_attachments.supported_mime_types


async def test_v1_instance(client: httpx.AsyncClient) -> None:
    found = strictly(await client.get("/api/v1/instance"), V1Instance)
    assert found.uri == "parley.test"
    assert found.urls.streaming_api == "wss://parley.test"
    assert (found.registrations, found.approval_required) == (True, False)


async def test_another_address_and_other_limits(plain_client: httpx.AsyncClient) -> None:
    found = strictly(await plain_client.get("/api/v2/instance"), Instance)
    assert (found.domain, found.configuration.urls.streaming) == ("localhost:3000", "ws://localhost:3000")
    assert found.configuration.statuses.max_characters == 77
    assert found.registrations.enabled is False
    assert strictly(await plain_client.get("/api/v1/instance"), V1Instance).registrations is False
    link = (await plain_client.get("/.well-known/nodeinfo")).json()["links"][0]
    assert link["href"] == "http://localhost:3000/nodeinfo/2.0"


async def test_figures_are_true_and_a_minute_old_at_most(
    client: httpx.AsyncClient, conn: CountingConnection
) -> None:
    alice = await make_member(conn, "alice")
    await make_member(conn, "bob", last_active_on=(clock.now() - timedelta(days=90)).date())
    await make_member(conn, "pending", approved_at=None)
    await add_to_counts(conn, alice, statuses=5)
    v1 = strictly(await client.get("/api/v1/instance"), V1Instance)
    assert (v1.stats.user_count, v1.stats.status_count) == (2, 5)
    before = conn.statements
    assert strictly(await client.get("/api/v2/instance"), Instance).usage.users.active_month == 1
    usage = (await client.get("/nodeinfo/2.0")).json()["usage"]
    assert usage == {"users": {"total": 2, "activeMonth": 1, "activeHalfyear": 2}, "localPosts": 5}
    assert conn.statements == before
    await make_member(conn, "carol")
    assert strictly(await client.get("/api/v1/instance"), V1Instance).stats.user_count == 2
    with clock.shifted(timedelta(seconds=61)):
        assert strictly(await client.get("/api/v1/instance"), V1Instance).stats.user_count == 3


async def test_weekly_activity(client: httpx.AsyncClient, conn: CountingConnection) -> None:
    """Twelve weeks, the present one first; one that nobody noted is empty, and the next holds what it missed."""
    day_of_week = clock.now().weekday()
    with clock.shifted(timedelta(days=-14 - day_of_week)):
        alice = await make_member(conn, "alice")
        await add_to_counts(conn, alice, statuses=4)
        await note_week(conn)
    with clock.shifted(timedelta(days=-day_of_week)):
        await make_member(conn, "bob")
        await add_to_counts(conn, alice, statuses=3)
        await note_week(conn)
        await add_to_counts(conn, alice, statuses=1)
        await note_week(conn)
        weeks = strictly(await client.get("/api/v1/instance/activity"), list[Activity])
    assert len(weeks) == 12
    seen = [(each.statuses, each.logins, each.registrations) for each in weeks[:4]]
    assert seen == [("4", "1", "1"), ("0", "0", "0"), ("4", "1", "1"), ("0", "0", "0")]
    begins = [int(each.week) for each in weeks]
    assert all(first - second == 7 * 86400 for first, second in itertools.pairwise(begins))


async def test_what_there_is_none_of(client: httpx.AsyncClient) -> None:
    for name in ("instance/peers", "instance/rules", "custom_emojis"):
        assert (await client.get(f"/api/v1/{name}")).json() == []
    assert (await client.get("/api/v1/instance/translation_languages")).json() == {}
    for name in ("", "/2026-01-01", "/yesterday"):
        assert refusal(await client.get(f"/api/v1/instance/terms_of_service{name}"))[0] == 404
    privacy = strictly(await client.get("/api/v1/instance/privacy_policy"), PrivacyPolicy)
    assert privacy.updated_at is None
    assert privacy.content.startswith("<h2>")


async def test_rules_and_texts_as_staff_wrote_them(
    client: httpx.AsyncClient, conn: CountingConnection
) -> None:
    assert strictly(await client.get("/api/v2/instance"), Instance).rules == ()
    german = RuleTranslation("Sei freundlich", "Auch zu Fremden")
    kind = await add_rule(conn, None, RuleForm("Be kind", "To strangers, too", {"de": german}))
    first = await add_rule(conn, None, RuleForm("Read this first", place=1))
    await edit_rule(conn, None, kind.id, RuleForm("Be very kind", "", {"de": german}, place=9))
    conn.run_after_commit()
    rules = strictly(await client.get("/api/v1/instance/rules"), list[Rule])
    assert [each.text for each in rules] == ["Read this first", "Be very kind"]
    assert rules[1].translations["de"].text == "Sei freundlich"
    assert strictly(await client.get("/api/v2/instance"), Instance).rules == tuple(rules)
    assert strictly(await client.get("/api/v1/instance"), V1Instance).rules == tuple(rules)
    await remove_rule(conn, None, first.id)
    for wrong in (RuleForm(""), RuleForm("x" * 301), RuleForm("x", translations={"xx-nope": german})):
        with pytest.raises(Invalid):
            await add_rule(conn, None, wrong)
    today = clock.now().date()
    await publish_text(conn, None, "extended_description", "# Us\n- one\n- <two>\n\nSee https://x.test/a")
    await publish_text(conn, None, "privacy_policy", "Ours")
    await publish_text(conn, None, "terms_of_service", "Be good", today)
    await publish_text(conn, None, "terms_of_service", "Be better", today + timedelta(days=30))
    with pytest.raises(Invalid):
        await publish_text(conn, None, "terms_of_service", "Were good", today - timedelta(days=1))
    conn.run_after_commit()
    described = strictly(await client.get("/api/v1/instance/extended_description"), ExtendedDescription)
    assert described.content == (
        "<h2>Us</h2><ul><li>one</li><li>&lt;two&gt;</li></ul>"
        '<p>See <a href="https://x.test/a" rel="noopener noreferrer">https://x.test/a</a></p>'
    )
    assert strictly(await client.get("/api/v1/instance/privacy_policy"), PrivacyPolicy).updated_at
    terms = "/api/v1/instance/terms_of_service"
    now = strictly(await client.get(terms), TermsOfService)
    later = (today + timedelta(days=30)).isoformat()
    assert now == TermsOfService(today.isoformat(), True, "<p>Be good</p>", later)
    to_come = strictly(await client.get(f"{terms}/{later}"), TermsOfService)
    assert (to_come.effective, to_come.succeeded_by) == (False, None)
    urls = strictly(await client.get("/api/v2/instance"), Instance).configuration.urls
    assert urls.terms_of_service == f"{BASE}/terms-of-service"
    with clock.shifted(timedelta(days=31)):
        assert strictly(await client.get(terms), TermsOfService).content == "<p>Be better</p>"
        assert strictly(await client.get(f"{terms}/{now.effective_date}"), TermsOfService).effective is False


@pytest.mark.parametrize("shown_to", ["nobody", "members", "everyone"])
async def test_blocked_servers_are_shown_to_whom_the_setting_says(
    conn: CountingConnection,
    shared_app: Litestar,
    services: Services,
    shown_to: Literal["nobody", "members", "everyone"],
) -> None:
    settings = msgspec.structs.replace(services.settings, domain_blocks_shown_to=shown_to)
    shared_app.state.update(state_of(msgspec.structs.replace(services, settings=settings)))
    async with client_of(shared_app, settings.base_url) as client:
        admin = await join_as(conn, client, "boss", "admin")
        for domain, more in (
            ("bad.example", {"severity": "suspend", "public_comment": "Spam", "obfuscate": True}),
            ("loud.example", {"severity": "silence"}),
            ("odd.example", {"severity": "noop"}),
        ):
            ok(await admin.post("/api/v1/admin/domain_blocks", {"domain": domain, **more}))
        path = "/api/v1/instance/domain_blocks"
        member, visitor = await admin.get(path), await client.get(path)
    assert visitor.status_code == {"nobody": 404, "members": 401, "everyone": 200}[shown_to]
    assert member.status_code == (404 if shown_to == "nobody" else 200)
    if member.status_code == 200:
        shown = strictly(member, list[DomainBlock])
        assert [(each.domain, each.severity, each.comment) for each in shown] == [
            ("ba*.*****le", "suspend", "Spam"),
            ("loud.example", "silence", None),
        ]
        assert shown[0].digest == sha256(b"bad.example").hexdigest()


async def test_whom_to_write_to_and_where_the_source_is(
    conn: CountingConnection, shared_app: Litestar, services: Services
) -> None:
    await make_member(conn, "host")
    settings = msgspec.structs.replace(
        services.settings,
        contact_account="host",
        contact_email="host@x.test",
        source_url="https://x.test/src",
    )
    shared_app.state.update(state_of(msgspec.structs.replace(services, settings=settings)))
    async with client_of(shared_app, settings.base_url) as client:
        found = strictly(await client.get("/api/v2/instance"), Instance)
        old = strictly(await client.get("/api/v1/instance"), V1Instance)
    assert found.contact.account is not None
    assert (found.contact.account.username, found.contact.email) == ("host", "host@x.test")
    assert (old.contact_account, found.source_url) == (found.contact.account, "https://x.test/src")


async def test_description_and_languages(client: httpx.AsyncClient) -> None:
    described = strictly(await client.get("/api/v1/instance/extended_description"), ExtendedDescription)
    assert described.content == "<p>A place to talk.</p>"
    languages = strictly(await client.get("/api/v1/instance/languages"), list[Language])
    assert Language("de", "German") in languages
    assert len({each.code for each in languages}) == len(languages)


async def test_nodeinfo_leads_to_its_documents(client: httpx.AsyncClient) -> None:
    links = (await client.get("/.well-known/nodeinfo")).json()["links"]
    assert [each["rel"].rpartition("/")[2] for each in links] == ["2.0", "2.1"]
    for link in links:
        document = (await client.get(link["href"])).json()
        assert document["version"] == link["rel"].rpartition("/")[2]
        assert document["software"]["name"] == "parley"
        assert document["openRegistrations"] is True
    assert refusal(await client.get("/nodeinfo/1.0"))[0] == 404


async def test_web_finger(client: httpx.AsyncClient, conn: CountingConnection) -> None:
    await make_member(conn, "Alice")
    for resource in ("acct:alice@parley.test", "Alice@PARLEY.test", f"{BASE}/@alice", f"{BASE}/users/Alice"):
        answer = await client.get("/.well-known/webfinger", params={"resource": resource})
        assert answer.headers["content-type"] == "application/jrd+json"
        assert answer.headers["access-control-allow-origin"] == "*"
        found = answer.json()
        assert found["subject"] == "acct:Alice@parley.test"
        assert found["aliases"] == [f"{BASE}/@Alice", f"{BASE}/users/Alice"]
        assert found["links"][0]["href"] == f"{BASE}/@Alice"


async def test_web_finger_refuses(client: httpx.AsyncClient, conn: CountingConnection) -> None:
    suspended = await make_member(conn, "gone")
    await suspend(conn, suspended, clock.now())
    pending = await make_member(conn, "pending")
    await change_user(conn, pending, confirmed_at=None)
    refused = {
        "": 400,
        "acct:bob@parley.test": 404,
        "acct:alice@elsewhere.test": 404,
        "acct:pending@parley.test": 404,
        "acct:gone@parley.test": 410,
        "https://elsewhere.test/@gone": 404,
        f"{BASE}/@gone/1": 404,
        "mailto:gone@parley.test": 404,
        "acct:" + "x" * 9000: 404,
    }
    for resource, status in refused.items():
        answer = await client.get("/.well-known/webfinger", params={"resource": resource})
        assert refusal(answer)[0] == status, resource
    assert refusal(await client.get("/.well-known/webfinger"))[0] == 400


async def test_host_meta(client: httpx.AsyncClient) -> None:
    answer = await client.get("/.well-known/host-meta")
    assert answer.headers["content-type"] == "application/xrd+xml"
    link = next(iter(ET.fromstring(answer.content)))
    assert link.get("template") == f"{BASE}/.well-known/webfinger?resource={{uri}}"


async def test_health_and_pictures(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).text == "OK"
    for name in ("avatar", "header"):
        picture = await client.get(f"/static/{name}.png")
        assert picture.headers["content-type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG")
