"""L15: somebody with the password, or with an open browser, against the second factor."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pyotp
import pytest

from parley.identity.second_factor import reset_second_factor
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.jobs import run_all_due
from parley.kit.mail import list_outbox
from parley.kit.services import Services
from tests.identity.world import PASSWORD, make_application
from tests.web.conftest import Joining
from tests.web.visitor import Visitor, form_on, text_of

FACTOR = "/settings/account/second_factor"
ACCOUNT = "/settings/account"
PROVE = "/settings/account/prove"
WRONG = "000000"


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """Limits of frequency are off in tests; the limit on codes must hold even so."""
    return Settings(data_dir=data_dir, url="https://parley.test", rate_limits=False, password_grant=True)


@pytest.fixture
async def frozen() -> AsyncIterator[None]:
    """From the middle of a step on, so that none ends while the test runs."""
    rest = clock.now().timestamp() % 30
    with clock.shifted(timedelta(seconds=15 - rest)):
        yield


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()), counter_offset=steps)


async def prove(visitor: Visitor, code: str = "") -> None:
    await visitor.open(PROVE)
    fields = {"code": code} if code else {}
    assert (await visitor.send(PROVE, password=PASSWORD, **fields)).status_code == 303


async def enrol(visitor: Visitor, steps: int = -1) -> tuple[str, list[str]]:
    """The secret and the recovery codes, as the pages show them. `steps` says which code confirms it."""
    await prove(visitor)
    await visitor.open(FACTOR)
    page = await visitor.does(FACTOR)
    assert "<svg" in page
    found = re.search(r'class="code secret">([A-Z2-7 ]+)<', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    answer = await visitor.send(f"{FACTOR}/confirm", code=code_of(secret, steps))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    codes = re.findall(r"<code class=\"code\">([a-z2-7-]+)</code>", answer.text)
    assert (len(set(codes)), {len(each.replace("-", "")) for each in codes}) == (10, {16})
    return secret, codes


async def give_password(visitor: Visitor, password: str = PASSWORD) -> None:
    """The first half; the second stands on the page then."""
    visitor.page = await visitor.sign_in(password)
    assert visitor.page.status_code == 200
    assert "session" not in str(visitor.page.headers.get_list("set-cookie"))


async def give_code(visitor: Visitor, code: str) -> httpx.Response:
    return await visitor.send("/auth/sign_in/code", code=code)


async def test_a_code_serves_once_and_steps_that_are_over_never(
    alice: Visitor, anyone: Visitor, frozen: None
) -> None:
    secret, _ = await enrol(alice)
    anyone.name = "alice"
    await give_password(anyone)
    for used_or_far in (code_of(secret, -1), code_of(secret, -2), code_of(secret, 2), "", "12345x"):
        assert (await give_code(anyone, used_or_far)).status_code == 422, used_or_far
    assert (await anyone.get("/home")).status_code == 303
    with clock.shifted(timedelta(minutes=16)):
        await give_password(anyone)
        code = code_of(secret)
        assert (await give_code(anyone, f" {code[:3]} {code[3:]}")).status_code == 303
        assert (await anyone.get("/home")).status_code == 200
        await give_password(anyone)
        assert (await give_code(anyone, code)).status_code == 422
        assert (await give_code(anyone, code_of(secret, 1))).status_code == 303


async def test_ten_thousand_guesses_are_five(
    alice: Visitor, anyone: Visitor, conn: Connection, frozen: None
) -> None:
    """At every door together: sign-in, the password grant, step-up. Signing in anew gives no further tries."""
    secret, codes = await enrol(alice)
    anyone.name = "alice"
    for _ in range(3):
        await give_password(anyone)
        assert (await give_code(anyone, WRONG)).status_code == 422
    assert (await grant(anyone, conn, otp=WRONG)).status_code == 400
    await alice.open(PROVE)
    assert (await alice.send(PROVE, password=PASSWORD, code=WRONG)).status_code == 422
    await give_password(anyone)
    for right_or_wrong in (WRONG, code_of(secret), codes[0]):
        refused = await give_code(anyone, right_or_wrong)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 901
    assert (await grant(anyone, conn, otp=code_of(secret))).status_code == 429
    with clock.shifted(timedelta(minutes=15, seconds=5)):
        await give_password(anyone)
        assert (await give_code(anyone, code_of(secret))).status_code == 303


async def grant(visitor: Visitor, conn: Connection, **fields: str) -> httpx.Response:
    app = await make_application(conn)
    asked = {"client_id": str(app.application.id), "client_secret": app.secret, "scope": "read"}
    signed = {"grant_type": "password", "username": "alice", "password": PASSWORD}
    return await visitor.client.post("/oauth/token", data={**asked, **signed, **fields})


async def test_no_token_for_the_password_alone(
    alice: Visitor, anyone: Visitor, conn: Connection, frozen: None
) -> None:
    assert (await grant(anyone, conn)).status_code == 200
    secret, codes = await enrol(alice)
    for fields in ({}, {"otp": ""}, {"otp": code_of(secret, -1)}):
        answer = await grant(anyone, conn, **fields)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await grant(anyone, conn, otp=code_of(secret))).status_code == 200
    assert (await grant(anyone, conn, otp=code_of(secret))).status_code == 400
    assert (await grant(anyone, conn, otp=codes[0].upper())).status_code == 200


async def test_recovery_codes_serve_once_and_lie_hashed(
    alice: Visitor, anyone: Visitor, conn: Connection, frozen: None
) -> None:
    secret, codes = await enrol(alice)
    anyone.name = "alice"
    await give_password(anyone)
    assert (await give_code(anyone, codes[3])).status_code == 303
    await give_password(anyone)
    assert (await give_code(anyone, codes[3])).status_code == 422
    assert "9 recovery codes left" in text_of(await alice.open(ACCOUNT))
    rows = await conn.fetch_rows("select f.*, r.* from second_factors f, recovery_codes r")
    stored = repr([tuple(row) for row in rows])
    assert stored.count("datetime") > 10
    for word in (secret, *codes, *(each.replace("-", "") for each in codes)):
        assert word not in stored
    page = await alice.open(FACTOR)
    assert [each for each in (*codes, secret) if each in page] == []
    answer = await alice.send(f"{FACTOR}/codes")
    fresh = re.findall(r"<code class=\"code\">([a-z2-7-]+)</code>", answer.text)
    assert (len(fresh), set(fresh) & set(codes)) == (10, set())
    await give_password(anyone)
    assert (await give_code(anyone, codes[4])).status_code == 422
    assert (await give_code(anyone, fresh[4])).status_code == 303


async def test_an_open_browser_alone_changes_nothing(
    alice: Visitor, anyone: Visitor, conn: Connection, frozen: None
) -> None:
    """A stolen session: each grave act leads to the question for the password, and for the code."""
    secret, _ = await enrol(alice)
    anyone.name = "alice"
    await give_password(anyone)
    assert (await give_code(anyone, code_of(secret))).status_code == 303
    await anyone.open(ACCOUNT)
    token = form_on(anyone.page.text, f"{ACCOUNT}/email").fields["form_token"]
    graves = [FACTOR, f"{FACTOR}/confirm", f"{FACTOR}/codes", f"{FACTOR}/off", f"{ACCOUNT}/email"]
    for action in graves:
        answer = await anyone.client.post(action, data={"form_token": token, "email": "eve@mail.test"})
        assert (answer.status_code, PROVE in answer.headers["location"]) == (303, True), action
    assert PROVE in (await anyone.get(FACTOR)).headers["location"]
    await anyone.open(ACCOUNT)
    changed = {"current": PASSWORD, "password": "another password"}
    assert (await anyone.send(f"{ACCOUNT}/password", **changed)).status_code == 422
    await anyone.open(PROVE)
    for password, code in ((PASSWORD, WRONG), ("wrong", code_of(secret, 1)), (PASSWORD, "")):
        assert (await anyone.send(PROVE, password=password, code=code)).status_code == 422
    assert (await anyone.send(PROVE, password=PASSWORD, code=code_of(secret, 1))).status_code == 303
    await anyone.open(FACTOR)
    with clock.shifted(timedelta(minutes=10, seconds=1)):
        assert PROVE in (await anyone.send(f"{FACTOR}/off")).headers["location"]
    assert "is off" in text_of(await anyone.does(f"{FACTOR}/off"))
    assert (await anyone.sign_in()).status_code == 303
    assert "off" in (await list_outbox(conn))[0].subject


async def test_secrets_are_made_here(alice: Visitor, join: Joining, frozen: None) -> None:
    """What a form brings along is nothing, and one secret is no other's."""
    mine = "A" * 32
    await prove(alice)
    await alice.open(FACTOR)
    token = form_on(alice.page.text, FACTOR).fields["form_token"]
    await alice.client.post(FACTOR, data={"form_token": token, "secret": mine, "code": code_of(mine)})
    first = await alice.open(FACTOR)
    refused = await alice.send(f"{FACTOR}/confirm", code=code_of(mine), secret=mine)
    assert (refused.status_code, mine in refused.text.replace(" ", "")) == (422, False)
    secret, _ = await enrol(await join("carol"))
    assert secret not in first.replace(" ", "")


async def test_neither_reset_nor_another_address_drops_it(
    alice: Visitor, anyone: Visitor, conn: Connection, services: Services, frozen: None
) -> None:
    secret, _ = await enrol(alice)
    await anyone.open("/auth/forgot")
    await anyone.send("/auth/forgot", email="alice@mail.test")
    await run_all_due(services)
    await anyone.open(link_in((await list_outbox(conn))[0].text_body, "/auth/reset"))
    assert (await anyone.send("/auth/reset", password="another password")).status_code == 200
    assert (await alice.get("/home")).status_code == 303
    await give_password(alice, "another password")
    assert (await give_code(alice, code_of(secret))).status_code == 303
    await alice.open(PROVE)
    await alice.send(PROVE, password="another password", code=code_of(secret, 1))
    await alice.open(ACCOUNT)
    await alice.does(f"{ACCOUNT}/email", email="alice@new.test")
    await anyone.open(link_in((await list_outbox(conn))[0].text_body, "/auth/change_email"))
    assert (await anyone.send("/auth/change_email")).status_code == 200
    anyone.name = "alice@new.test"
    await give_password(anyone, "another password")
    with clock.shifted(timedelta(minutes=1)):
        assert (await give_code(anyone, code_of(secret, 1))).status_code == 303


def link_in(text: str, path: str) -> str:
    found = re.search(re.escape(path) + r"\?token=\S+", text)
    assert found is not None, text
    return found[0]


async def test_the_half_of_a_sign_in_opens_nothing(
    alice: Visitor, bob: Visitor, anyone: Visitor, conn: Connection, frozen: None
) -> None:
    """Forged, changed, too old, or from before a change of the password; and it is no session."""
    secret, codes = await enrol(alice)
    anyone.name = "alice"
    await give_password(anyone)
    half = form_on(anyone.page.text, "/auth/sign_in/code").fields["half"]
    for forged in ("", "x", "é", half[:-4] + "AAAA", half + "=" * 500, half.swapcase()):
        answer = await anyone.send("/auth/sign_in/code", half=forged, code=codes[0])
        assert (answer.status_code, "took too long" in answer.text) == (422, True), forged
    with clock.shifted(timedelta(minutes=10, seconds=1)):
        assert (await give_code(anyone, codes[0])).status_code == 422
    anyone.client.cookies.set("__Host-parley-session", half)
    assert (await anyone.get("/home")).status_code == 303
    await alice.open(ACCOUNT)
    changed = {"current": PASSWORD, "password": "another password", "code": code_of(secret)}
    await alice.does(f"{ACCOUNT}/password", **changed)
    assert (await anyone.send("/auth/sign_in/code", half=half, code=codes[0])).status_code == 422
    assert (await alice.get("/home")).status_code == 200


async def test_another_address_is_confirmed_by_it_and_told_to_the_old_one(
    alice: Visitor, bob: Visitor, anyone: Visitor, conn: Connection
) -> None:
    await prove(alice)
    action = f"{ACCOUNT}/email"
    for wrong in ("", "nobody", "alice@mail.test", "x" * 300 + "@mail.test"):
        await alice.open(ACCOUNT)
        assert (await alice.send(action, email=wrong)).status_code == 422, wrong
    pages = []
    for email in ("bob@mail.test", "alice@new.test", "alice@newer.test"):
        await alice.open(ACCOUNT)
        pages.append(text_of(await alice.does(action, email=email)))
    assert len(set(pages)) == 1, "whose an address is must not show"
    mails = {mail.recipient: mail for mail in await list_outbox(conn)}
    assert mails.keys() == {"alice@mail.test", "bob@mail.test", "alice@new.test", "alice@newer.test"}
    assert "/auth/change_email" not in mails["bob@mail.test"].text_body
    await anyone.open(link_in(mails["alice@new.test"].text_body, "/auth/change_email"))
    assert (await anyone.send("/auth/change_email")).status_code == 403
    newest = link_in(mails["alice@newer.test"].text_body, "/auth/change_email")
    await anyone.open(newest)
    assert (await anyone.send("/auth/change_email")).status_code == 200
    assert (await anyone.send("/auth/change_email")).status_code == 403
    assert (await list_outbox(conn))[0].recipient == "alice@mail.test"
    assert "alice@newer.test" in text_of(await alice.open(ACCOUNT))
    anyone.name = "alice@mail.test"
    assert (await anyone.sign_in()).status_code == 422
    anyone.name = "alice@newer.test"
    assert (await anyone.sign_in()).status_code == 303


async def test_a_new_password_stops_a_change_of_address(
    alice: Visitor, anyone: Visitor, conn: Connection
) -> None:
    await prove(alice)
    await alice.open(ACCOUNT)
    await alice.does(f"{ACCOUNT}/email", email="eve@mail.test")
    link = link_in((await list_outbox(conn))[0].text_body, "/auth/change_email")
    await alice.does(f"{ACCOUNT}/password", current=PASSWORD, password="another password")
    await anyone.open(link)
    assert (await anyone.send("/auth/change_email")).status_code == 403


async def test_the_operator_helps_who_lost_everything(
    alice: Visitor, conn: Connection, services: Services, frozen: None
) -> None:
    await enrol(alice)
    assert await reset_second_factor(conn, services.settings, alice.id)
    assert not await reset_second_factor(conn, services.settings, alice.id)
    assert (await alice.sign_in()).status_code == 303
    assert (await conn.fetch_value("select count(*) from recovery_codes")) == 0


async def test_where_nothing_is_confirmed_an_address_changes_at_once(
    alice: Visitor, bob: Visitor, services: Services, shared_app: object
) -> None:
    services = msgspec.structs.replace(
        services, settings=msgspec.structs.replace(services.settings, confirm_email=False)
    )
    shared_app.state.services = services  # type: ignore[attr-defined]
    await prove(alice)
    await alice.open(ACCOUNT)
    assert (await alice.send(f"{ACCOUNT}/email", email="bob@mail.test")).status_code == 422
    assert "alice@new.test" in text_of(await alice.does(f"{ACCOUNT}/email", email="alice@new.test"))
