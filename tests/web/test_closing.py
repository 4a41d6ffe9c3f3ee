"""A member closes their account: proof and name first, then gone from every door; who is needed can't, nobody is twice."""

from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Gone
from parley.kit.mail import list_outbox
from parley.kit.services import Services
from parley.publishing.create import StatusDraft
from parley.timelines.publish import publish_status
from tests.identity.world import PASSWORD, bearer, make_token
from tests.leaks.test_second_factor import code_of, enrol
from tests.web.conftest import Joining
from tests.web.visitor import Visitor, text_of
from tests.world import ok, refused, settle

CLOSE = "/settings/account/close"


async def prove(visitor: Visitor, **fields: str) -> str:
    """Led to the page that asks for proof, and back."""
    html = await visitor.open(CLOSE)
    if "form_token" in html and 'action="/settings/account/prove"' in html:
        return await visitor.does("/settings/account/prove", password=PASSWORD, **fields)
    return html


async def test_a_member_closes_their_account(
    alice: Visitor,
    bob: Visitor,
    anyone: Visitor,
    shared_app: Litestar,
    conn: Connection,
    services: Services,
    client: httpx.AsyncClient,
) -> None:
    app, his = bearer(await make_token(conn, alice.id)), bearer(await make_token(conn, bob.id))
    post = await alice.says("still here @bob")
    follow = f"/api/v1/accounts/{alice.id}/follow"
    ok(await client.post(follow, headers=his))
    ok(await client.post(f"/api/v1/statuses/{post.rpartition('/')[2]}/favourite", headers=his))
    ok(await client.post(f"/api/v1/accounts/{alice.id}/mute", headers=his))
    await settle(services)
    other = Visitor(shared_app, services.settings.base_url, "alice", alice.id)
    assert (await other.sign_in()).status_code == 303

    assert "password" in text_of(await alice.open("/settings/account")).lower()
    html = await prove(alice)
    for told in ("can't be undone", "What stays", "@alice", "pose as you"):
        assert told in html
    for wrong in ("", "bob", "alice@mail.test"):
        assert (await alice.send(CLOSE, name=wrong)).status_code == 422
    await prove(other)
    answer = await alice.send(CLOSE, name="@Alice")
    assert (answer.status_code, "Your account is closed" in answer.text) == (200, True)

    refused(await client.get("/api/v1/accounts/verify_credentials", headers=app), 401)
    assert (await alice.get("/home")).status_code == 303
    assert (await other.send(CLOSE, name="alice")).status_code in {303, 403}, "not twice"
    assert (await other.sign_in()).status_code == 422
    for path in (f"/api/v1/accounts/{alice.id}", "/api/v1/accounts/lookup?acct=alice", f"{follow}ers"):
        refused(await client.get(path, headers=his), 410)
    refused(await client.post(follow, headers=his), 410)
    assert (await client.get("/.well-known/webfinger?resource=acct:alice@parley.test")).status_code in {
        404,
        410,
    }
    assert "no longer exists" in text_of(await bob.open("/@alice", 410))
    await anyone.open(post, 404)
    refused(await client.get(f"/api/v1/statuses/{post.rpartition('/')[2]}", headers=his), 404)
    letters = [each for each in await list_outbox(conn) if each.recipient == "alice@mail.test"]
    assert [each.subject.partition(" at ")[0] for each in letters] == ["Your account"]

    await settle(services)
    for path in ("/home", "/notifications", "/messages", "/muted"):
        assert "still here" not in await bob.open(path)
    ok(await client.post(f"/api/v1/accounts/{alice.id}/unmute", headers=his))
    assert ok(await client.get("/api/v1/accounts/verify_credentials", headers=his))["following_count"] == 0
    with pytest.raises(Gone):
        await publish_status(conn, Viewer(alice.id), services.settings, StatusDraft("in flight"))
    form = {"username": "alice", "password": PASSWORD, "agreement": "1"}
    await anyone.open("/auth/sign_up")
    again = await anyone.send("/auth/sign_up", **form, email="alice@mail.test")
    assert "has already been taken" in again.text
    again = await anyone.send("/auth/sign_up", **{**form, "username": "alina"}, email="alice@mail.test")
    assert again.status_code == 303, "the address is free"


async def test_the_second_factor_is_asked_for(alice: Visitor) -> None:
    secret, _ = await enrol(alice)
    with clock.shifted(timedelta(minutes=11)):
        await alice.open(CLOSE)
        assert (await alice.send("/settings/account/prove", password=PASSWORD)).status_code == 422
        assert (await alice.get(CLOSE)).status_code == 303
        html = await alice.does("/settings/account/prove", password=PASSWORD, code=code_of(secret))
        assert "Type your name" in html


async def test_the_last_administrator_stays(join: Joining, anyone: Visitor) -> None:
    boss = await join("boss", role="admin")
    await boss.open(CLOSE)
    answer = await boss.send("/settings/account/prove", password=PASSWORD)
    boss.page = await boss.get(answer.headers["location"])
    assert (boss.page.status_code, "last administrator" in boss.page.text) == (409, True)
    second = await join("second", role="admin")
    html = await prove(boss)
    assert "last administrator" not in html
    assert (await boss.send(CLOSE, name="boss")).status_code == 200
    await second.open(CLOSE)
    answer = await second.send("/settings/account/prove", password=PASSWORD)
    assert (await second.get(answer.headers["location"])).status_code == 409
