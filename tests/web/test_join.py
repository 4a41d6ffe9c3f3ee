"""Signing up with all that can be wrong, confirming, approval, forgotten passwords, signing in and out."""

import re
from datetime import timedelta

import httpx
import msgspec
import pytest

from parley.identity.signup import approve_sign_up
from parley.identity.tokens import TokenCache
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.mail import list_outbox
from parley.kit.rate_limit import REQUESTS, RESETS, WAYS_IN
from parley.kit.services import Services
from tests.identity.world import PASSWORD, change_user, make_member
from tests.web.visitor import Visitor, form_on, text_of
from tests.world import settle

GOOD = {"username": "dora", "email": "dora@mail.test", "password": PASSWORD, "agreement": "1"}


async def link_in_mail(conn: Connection, path: str) -> str:
    found = re.search(
        rf"https://parley\.test({re.escape(path)}\?token=\S+)", (await list_outbox(conn))[0].text_body
    )
    assert found is not None
    return found[1]


async def test_signing_up_signs_in(anyone: Visitor) -> None:
    await anyone.open("/auth/sign_up")
    page = await anyone.does("/auth/sign_up", **GOOD)
    assert anyone.page.url.path == "/home"
    assert "Welcome!" in text_of(page)
    assert "Welcome!" not in text_of(await anyone.open("/home"))


async def test_signing_up_leads_back_to_where_one_was_going(anyone: Visitor) -> None:
    await anyone.open("/auth/sign_up?next=%2F%40alice")
    assert (await anyone.send("/auth/sign_up", **GOOD)).headers["location"] == "/@alice"


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    anyone: Visitor, alice: Visitor
) -> None:
    await anyone.open("/auth/sign_up")
    wrong = {"username": "böse", "email": "nowhere", "password": "short", "agreement": ""}
    answer = await anyone.send("/auth/sign_up", **wrong)
    assert answer.status_code == 422
    for name in ("username", "email", "password", "agreement"):
        assert f'id="e-{name}"' in answer.text
    fields = form_on(answer.text, "/auth/sign_up").fields
    assert (fields["username"], fields["email"], fields["password"]) == ("böse", "nowhere", "")
    anyone.page = answer
    taken = await anyone.send("/auth/sign_up", **{**GOOD, "username": "Alice"})
    assert "already been taken" in text_of(taken.text)


class TestConfirming:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, confirm_email=True)

    async def test_it_takes_a_click_on_a_button(self, anyone: Visitor, conn: Connection) -> None:
        """A program that only opens the link of the mail must not spend it."""
        await anyone.open("/auth/sign_up")
        assert "Check your mail" in text_of(await anyone.does("/auth/sign_up", **GOOD))
        link = await link_in_mail(conn, "/auth/confirm")
        await anyone.open(link)
        await anyone.open(link)
        assert "is confirmed" in text_of((await anyone.send("/auth/confirm")).text)
        again = await anyone.send("/auth/confirm")
        assert (again.status_code, "no longer works" in text_of(again.text)) == (403, True)
        anyone.name = "dora"
        assert (await anyone.sign_in()).headers["location"] == "/home"

    async def test_signing_in_before_sends_the_mail_again_a_few_times(
        self, anyone: Visitor, conn: Connection
    ) -> None:
        await anyone.open("/auth/sign_up")
        await anyone.does("/auth/sign_up", **GOOD)
        anyone.name = "dora"
        answer = await anyone.sign_in()
        assert (answer.status_code, "another mail" in text_of(answer.text)) == (403, True)
        assert len(await list_outbox(conn)) == 2
        assert (await anyone.get("/home")).status_code == 303
        wrong = await anyone.sign_in("wrong password")
        assert "another mail" not in wrong.text
        assert len(await list_outbox(conn)) == 2

    async def test_a_link_that_is_none(self, anyone: Visitor) -> None:
        await anyone.open("/auth/confirm?token=zzz.nonsensenonsensenonsense")
        assert (await anyone.send("/auth/confirm")).status_code == 403


class TestApproval:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, registrations="approval")

    async def test_somebody_must_approve(self, anyone: Visitor, conn: Connection, services: Services) -> None:
        await anyone.open("/auth/sign_up")
        too_long = await anyone.send("/auth/sign_up", **GOOD, reason="x" * 2001)
        assert (too_long.status_code, 'id="e-reason"' in too_long.text) == (422, True)
        assert "approve" in text_of(await anyone.does("/auth/sign_up", **GOOD, reason="I like it here"))
        anyone.name = "dora"
        refused = await anyone.sign_in()
        assert (refused.status_code, "waiting for approval" in text_of(refused.text)) == (403, True)
        waiting = AccountId(await conn.fetch_value("select account_id from users where approved_at is null"))
        await approve_sign_up(conn, services.settings, TokenCache(), waiting)
        assert (await anyone.sign_in()).status_code == 303


class TestClosed:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, registrations="closed")

    async def test_there_is_no_way_in(self, anyone: Visitor) -> None:
        assert "no new members" in text_of(await anyone.open("/auth/sign_up"))
        assert 'href="/auth/sign_up"' not in await anyone.open("/")
        await anyone.open("/auth/sign_in")
        token = form_on(anyone.page.text, "/auth/sign_in").fields["form_token"]
        answer = await anyone.client.post("/auth/sign_up", data={**GOOD, "form_token": token})
        assert answer.status_code == 403
        assert "no new members" in text_of(answer.text)


class TestLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, rate_limits=True)

    async def test_guessing_a_password_ends_soon(self, anyone: Visitor) -> None:
        anyone.name = "alice"
        statuses = [(await anyone.sign_in("guess")).status_code for _ in range(12)]
        assert statuses[0] == 422
        last = await anyone.sign_in("guess")
        assert (last.status_code, "Too fast" in last.text) == (429, True)
        assert int(last.headers["retry-after"]) > 0

    @pytest.mark.usefixtures("alice")
    async def test_others_who_read_from_the_same_address_close_no_way_in(self, anyone: Visitor) -> None:
        answers = [await anyone.client.get("/about") for _ in range(REQUESTS.limit + 1)]
        assert [answer.status_code for answer in answers[-2:]] == [200, 429]
        anyone.name = "alice"
        assert (await anyone.sign_in()).status_code == 303
        assert (await anyone.client.get("/home")).status_code == 200
        anyone.client.cookies.clear()
        answers = [await anyone.client.get("/auth/sign_in") for _ in range(WAYS_IN.limit)]
        assert answers[-1].status_code == 429

    @pytest.mark.usefixtures("alice")
    async def test_a_mailbox_is_not_filled_whoever_has_it(self, anyone: Visitor) -> None:
        transport = anyone.client._transport
        assert isinstance(transport, httpx.ASGITransport)
        for address in ("alice@mail.test", "nobody@mail.test"):
            for number in range(RESETS.limit + 1):
                # Each from elsewhere, as for one visitor alone the limit is lower still.
                transport.client = (f"198.51.100.{number}", 1)
                await anyone.open("/auth/forgot")
                answer = await anyone.send("/auth/forgot", email=address)
            assert answer.status_code == 429


async def test_a_wrong_password_and_an_unknown_name_are_told_alike(anyone: Visitor, alice: Visitor) -> None:
    await anyone.open("/auth/sign_in")
    wrong = await anyone.send("/auth/sign_in", name="alice", password="wrong")
    unknown = await anyone.send("/auth/sign_in", name="nobody", password="wrong")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert text_of(wrong.text) == text_of(unknown.text)
    assert form_on(wrong.text, "/auth/sign_in").fields["name"] == "alice"
    assert "__Host-parley-session" not in anyone.client.cookies


async def test_a_disabled_login_is_out_at_once(alice: Visitor, anyone: Visitor, conn: Connection) -> None:
    with clock.shifted(timedelta(minutes=1)):
        await change_user(conn, alice.id, disabled_at=clock.now())
        assert (await alice.get("/home")).status_code == 303
        refused = await alice.sign_in()
        assert (refused.status_code, "disabled" in text_of(refused.text)) == (403, True)


async def test_signing_out(alice: Visitor) -> None:
    session = alice.client.cookies["__Host-parley-session"]
    await alice.open("/home")
    assert "You are signed out" in text_of(await alice.does("/auth/sign_out"))
    assert "__Host-parley-session" not in alice.client.cookies
    alice.client.cookies.set("__Host-parley-session", session)
    assert (await alice.get("/home")).status_code == 303


async def test_a_forgotten_password(
    anyone: Visitor, alice: Visitor, conn: Connection, services: Services
) -> None:
    await anyone.open("/auth/forgot")
    known = await anyone.send("/auth/forgot", email="alice@mail.test")
    unknown = await anyone.send("/auth/forgot", email="nobody@mail.test")
    assert text_of(known.text) == text_of(unknown.text)
    await settle(services)
    link = await link_in_mail(conn, "/auth/reset")
    await anyone.open(link)
    short = await anyone.send("/auth/reset", password="short")
    assert (short.status_code, 'id="e-password"' in short.text) == (422, True)
    done = await anyone.send("/auth/reset", password="a better password")
    assert "is changed" in text_of(done.text)
    await anyone.open(link, status=403)
    assert (await alice.get("/home")).status_code == 303
    assert (await alice.sign_in()).status_code == 422
    assert (await alice.sign_in("a better password")).status_code == 303


async def test_an_unconfirmed_login_asks_for_its_mail_through_forgot(
    anyone: Visitor, conn: Connection, services: Services
) -> None:
    await make_member(conn, "erik", confirmed_at=None)
    await anyone.open("/auth/forgot")
    await anyone.send("/auth/forgot", email="erik@mail.test")
    await settle(services)
    assert await link_in_mail(conn, "/auth/confirm")
