"""What the server says of itself, through HTTP."""

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
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
from parley.kit.services import Services
from parley.mastodon_api.entities.instance import (
    Activity,
    ExtendedDescription,
    Instance,
    Language,
    V1Instance,
)
from tests.conftest import client_of
from tests.database import CountingConnection
from tests.identity.world import change_user, make_member, suspend
from tests.mastodon_api.answers import refusal, strictly

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
    assert found.configuration.media_attachments.supported_mime_types == ()


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
    for name in ("instance/peers", "instance/rules", "instance/domain_blocks", "custom_emojis"):
        assert (await client.get(f"/api/v1/{name}")).json() == []
    assert (await client.get("/api/v1/instance/translation_languages")).json() == {}
    for name in ("privacy_policy", "terms_of_service"):
        assert refusal(await client.get(f"/api/v1/instance/{name}"))[0] == 404


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
