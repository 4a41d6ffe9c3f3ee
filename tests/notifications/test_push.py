"""Web push through the doors: an app subscribes, things happen, and a push service gets what only the device can open."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import http_ece
import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from parley.identity.tokens import TokenCache, revoke_token
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.jobs import run_lane_once
from parley.kit.sealing import KeyRing
from parley.kit.web_push import base64_url, from_base64, public_bytes
from parley.mastodon_api.entities.push import WebPushSubscription
from parley.notifications.jobs import prune_push_subscriptions
from parley.notifications.push_models import ALERTS
from tests.database import CountingConnection
from tests.kit.hostile_server import Asked, HostileServer, hostile_server, plain
from tests.mastodon_api.answers import strictly
from tests.world import Cast, Member, make_cast, ok, refused, settle

PATH = "/api/v1/push/subscription"
CREATED = plain(b"", status="201 Created")


class Device:
    """An app's keys, and what came to it."""

    def __init__(self, server: HostileServer, name: str) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.server, self.path, self.auth = server, f"/push/{name}", b"0123456789abcdef"
        self.endpoint = server.answers(self.path, CREATED)
        self.keys = {"p256dh": base64_url(public_bytes(self.private)), "auth": base64_url(self.auth)}

    def wish(self, *alerts: str, policy: str | None = None, standard: bool = True) -> dict[str, Any]:
        return {
            "subscription": {"endpoint": self.endpoint, "keys": self.keys, "standard": standard},
            "data": {"alerts": dict.fromkeys(alerts, True), **({"policy": policy} if policy else {})},
        }

    def requests(self) -> list[Asked]:
        return [each for each in self.server.asked if f" {self.path} " in each.line]

    def heard(self) -> list[dict[str, Any]]:
        return [self.open(each) for each in self.requests()]

    def open(self, asked: Asked) -> dict[str, Any]:
        if asked.headers["content-encoding"] == "aes128gcm":
            opened = http_ece.decrypt(
                asked.body, private_key=self.private, auth_secret=self.auth, version="aes128gcm"
            )
        else:
            opened = http_ece.decrypt(
                asked.body,
                salt=from_base64(asked.headers["encryption"].removeprefix("salt=")),
                private_key=self.private,
                dh=from_base64(asked.headers["crypto-key"].split("dh=")[1].split(";")[0]),
                auth_secret=self.auth,
                keylabel="P-256",
                version="aesgcm",
            )
        found: dict[str, Any] = json.loads(opened)
        return found


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, server: HostileServer) -> Settings:
    return msgspec.structs.replace(
        settings,
        outgoing_ports=("443", str(server.port)),
        outgoing_allowed_networks=("127.0.0.1/32",),
        contact_email="op@parley.test",
    )


@pytest.fixture
async def cast(conn: CountingConnection, client: httpx.AsyncClient) -> Cast:
    conn.keys = KeyRing(lambda: (b"m" * 32,))
    return await make_cast(conn, client)


async def subscribe(member: Member, device: Device, *alerts: str, **more: Any) -> None:
    ok(await member.post(PATH, device.wish(*alerts, **more)))


def bearer_of(member: Member) -> str:
    return next(iter(member.headers.values())).removeprefix("Bearer ")


async def test_a_subscription_belongs_to_its_token(cast, server, client):
    alice, device = cast.alice, Device(server, "one")
    assert refused(await alice.get(PATH), 404)
    assert refused(await alice.put(PATH, {"data": {"policy": "all"}}), 404)
    made = strictly(
        await alice.post(PATH, device.wish("mention", "follow", "unknown", policy="followed")),
        WebPushSubscription,
    )
    assert made.endpoint == device.endpoint
    assert made.standard
    assert made.policy == "followed"
    assert set(made.alerts) == set(ALERTS)
    assert {each for each, wanted in made.alerts.items() if wanted} == {"mention", "follow"}
    instance = ok(await client.get("/api/v2/instance"))
    assert instance["configuration"]["vapid"]["public_key"] == made.server_key != ""
    application = ok(
        await client.post(
            "/api/v1/apps", json={"client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
        )
    )
    assert application["vapid_key"] == made.server_key
    assert strictly(await alice.get(PATH), WebPushSubscription) == made
    assert refused(await cast.bob.get(PATH), 404)
    # Forms are as good, and what isn't named stays.
    form = {"data[alerts][poll]": "true", "data[alerts][admin.report]": "1"}
    changed = strictly(await client.put(PATH, data=form, headers=alice.headers), WebPushSubscription)
    assert {each for each, wanted in changed.alerts.items() if wanted} == {"poll", "admin.report"}
    assert changed.policy == "followed"
    assert ok(await alice.put(PATH, {"policy": "none"}))["policy"] == "none"
    # A new one takes the place of the old one.
    other = Device(server, "two")
    await subscribe(alice, other, standard=False)
    again = ok(await alice.get(PATH))
    assert (again["endpoint"], again["standard"], again["policy"]) == (other.endpoint, False, "all")
    for _ in range(2):
        assert ok(await alice.delete(PATH)) == {}
    assert refused(await alice.get(PATH), 404)


async def test_what_is_no_good_endpoint_or_key_is_refused(cast, server):
    device = Device(server, "one")

    async def attempt(**changes: Any) -> str:
        wish = device.wish("mention")
        wish["subscription"] |= changes
        return refused(await cast.alice.post(PATH, wish), 422)

    assert "Endpoint can't be blank" in await attempt(endpoint="")
    for endpoint in (
        "http://127.0.0.2/x",
        "https://127.0.0.2/x",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://user:x@push.example/",
        "ftp://push.example/",
        "http://8.8.8.8:443/",
        "https://8.8.8.8:8443/",
        "https://2130706433/",
        "https://push.example/" + "x" * 3000,
        "nonsense",
    ):
        assert "Endpoint" in await attempt(endpoint=endpoint), endpoint
    for keys in (
        {},
        {**device.keys, "p256dh": "AAAA"},
        {**device.keys, "auth": "AAAA"},
        {"auth": "x" * 5000},
    ):
        assert "Key" in await attempt(keys=keys)
    assert "Policy" in refused(await cast.alice.post(PATH, device.wish("mention", policy="friends")), 422)
    assert refused(await cast.alice.get(PATH), 404)


async def test_what_happens_comes_to_the_device_alone(services, cast, server, conn):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    new, old = Device(server, "new"), Device(server, "old")
    await subscribe(alice, new, *ALERTS)
    await subscribe(carol, old, *ALERTS, standard=False)
    said = await bob.says("@alice @carol <3 tea & more", spoiler_text="")
    await bob.follows(alice)
    post = await alice.says("Likes?")
    ok(await bob.post(f"/api/v1/statuses/{post['id']}/favourite"))
    hidden = await bob.says("@alice the end is sad", spoiler_text="of a film")
    await settle(services)
    heard = {each["title"]: each for each in new.heard()}
    assert set(heard) == {"bob mentioned you", "bob follows you", "bob liked your post"}
    mentions = [each for each in new.heard() if each["notification_type"] == "mention"]
    assert {each["body"] for each in mentions} == {"@alice @carol <3 tea & more", "of a film"}
    first = next(each for each in mentions if each["body"].startswith("@alice"))
    listed = {each["id"]: each for each in ok(await alice.get("/api/v1/notifications"))}
    assert listed[str(first["notification_id"])]["status"]["id"] == said["id"]
    # Where numbers have 53 bits, this is what becomes of it; of nobody else's, still nothing.
    rounded = int(Decimal(repr(float(first["notification_id"]))))
    assert ok(await alice.get(f"/api/v1/notifications/{rounded}"))["id"] == str(first["notification_id"])
    assert refused(await carol.get(f"/api/v1/notifications/{rounded}"), 404)
    assert str(mentions[1]["notification_id"]) in listed
    assert hidden["id"] in {each["status"]["id"] for each in listed.values() if each["type"] == "mention"}
    assert first["access_token"] == bearer_of(alice)
    assert first["preferred_locale"] == "en"
    assert first["icon"].startswith("https://parley.test/")
    assert heard["bob liked your post"]["body"] == "Likes?"
    assert [each["body"] for each in old.heard()] == ["@alice @carol <3 tea & more"]
    asked = new.requests()[0]
    assert (asked.headers["ttl"], asked.headers["content-type"]) == ("172800", "application/octet-stream")
    assert asked.headers["urgency"] == "high"
    claims = json.loads(
        from_base64(asked.headers["authorization"].split("t=")[1].split(",")[0].split(".")[1])
    )
    assert claims["aud"] == server.address
    assert claims["sub"] == "mailto:op@parley.test"
    assert old.requests()[0].headers["content-encoding"] == "aesgcm"
    # Neither the token nor the server's own secret lies in the database in plain.
    rows = await conn.fetch_rows(
        "select s::text from push_subscriptions s union all select s::text from server_secrets s"
    )
    assert not any(bearer_of(alice).encode().hex() in row[0] or bearer_of(alice) in row[0] for row in rows)


async def test_alerts_and_policy_decide(services, cast, server):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await alice.follows(bob)
    await carol.follows(alice)
    await settle(services)
    expected = {"all": {"bob", "carol"}, "followed": {"bob"}, "follower": {"carol"}, "none": set()}
    for policy, senders in expected.items():
        device = Device(server, policy)
        await subscribe(alice, device, "mention", policy=policy)
        post = await alice.says("A post")
        for other in (bob, carol):
            await other.says(f"@alice {policy}")
            ok(await other.post(f"/api/v1/statuses/{post['id']}/favourite"))
        await settle(services)
        heard = [each["title"].split()[0] for each in device.heard()]
        assert sorted(heard) == sorted(senders), policy


async def test_direct_words_are_in_no_job_and_what_is_taken_back_is_not_sent(services, cast, server, conn):
    alice, bob, device = cast.alice, cast.bob, Device(server, "one")
    await alice.follows(bob)
    await subscribe(alice, device, *ALERTS)
    await settle(services)
    first = await bob.says("@alice a confidence", visibility="direct")
    second = await bob.says("@alice a mistake", visibility="direct")
    ok(await bob.post(f"/api/v1/accounts/{alice.id}/follow"))
    await run_lane_once(services, "events")
    jobs = await conn.fetch_rows("select kind, payload from jobs")
    assert "deliver_pushes" in {kind for kind, _ in jobs}
    assert not any(b"confidence" in payload or b"mistake" in payload for _, payload in jobs)
    ok(await bob.delete(f"/api/v1/statuses/{second['id']}"))
    ok(await bob.post(f"/api/v1/accounts/{alice.id}/unfollow"))
    await settle(services)
    assert [each["body"] for each in device.heard()] == ["@alice a confidence"]
    assert first["visibility"] == "direct"


async def test_dead_endpoints_are_forgotten_and_busy_ones_asked_again(services, cast, server):
    alice, bob, device = cast.alice, cast.bob, Device(server, "one")
    await subscribe(alice, device, "mention")
    for status, wait in (("503 Unavailable", 40), ("429 Too Many", 700)):
        server.answers(device.path, plain(b"", status=status, retry_after="600"))
        before = len(device.requests())
        await bob.says(f"@alice {status}")
        await settle(services)
        assert len(device.requests()) == before + 1
        with clock.shifted(timedelta(seconds=wait)):
            await settle(services)
            assert len(device.requests()) == before + (2 if wait == 700 else 1)
        server.answers(device.path, CREATED)
        with clock.shifted(timedelta(hours=2)):
            await settle(services)
        assert device.heard()[-1]["body"] == f"@alice {status}"
        count = len(device.requests())
        with clock.shifted(timedelta(days=1)):
            await settle(services)
        assert len(device.requests()) == count
    server.answers(device.path, plain(b"", status="400 Bad Request"))
    await bob.says("@alice once")
    await settle(services)
    assert ok(await alice.get(PATH))["endpoint"] == device.endpoint
    server.answers(device.path, plain(b"", status="410 Gone"))
    await bob.says("@alice never")
    await settle(services)
    assert refused(await alice.get(PATH), 404)
    # Who never answers is given up.
    silent = Device(server, "two")
    await subscribe(alice, silent, "mention")
    server.answers(silent.path, plain(b"", status="500 Oh"))
    await bob.says("@alice again and again")
    for hours in range(0, 24 * 8, 6):
        with clock.shifted(timedelta(hours=hours)):
            await settle(services)
    assert len(silent.requests()) == 6


async def test_a_revoked_token_hears_nothing_more(services, cast, server, conn):
    alice, bob, device = cast.alice, cast.bob, Device(server, "one")
    await subscribe(alice, device, "mention")
    await bob.says("@alice before")
    await settle(services)
    await bob.says("@alice after")
    assert alice.viewer.token_id is not None
    await revoke_token(conn, TokenCache(), alice.viewer.token_id)
    await settle(services)
    assert [each["body"] for each in device.heard()] == ["@alice before"]
    assert await conn.fetch_value("select count(*) from push_subscriptions") == 1
    await prune_push_subscriptions(conn, services)
    assert await conn.fetch_value("select count(*) from push_subscriptions") == 0


async def test_many_messages_go_out_side_by_side(services, cast, server, conn, client):
    """One event to forty members takes as many statements as to twenty, but for a second job."""
    from tests.world import join

    devices = []
    for number in range(25):
        member = await join(conn, client, f"member{number}")
        await member.follows(cast.alice)
        ok(await member.post(f"/api/v1/accounts/{cast.alice.id}/follow", {"notify": True}))
        devices.append(Device(server, f"member{number}"))
        await subscribe(member, devices[-1], "status")
    await settle(services)
    await cast.alice.says("To all who ring")
    await settle(services)
    assert [[each["body"] for each in device.heard()] for device in devices] == [["To all who ring"]] * 25
    assert len({each["access_token"] for device in devices for each in device.heard()}) == 25
