"""Links of mails and codes of applications: no guessing, one purpose, one use, an end, and nothing of them kept or told."""

import base64
import itertools
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest

from parley.identity.email_secrets import LIFETIMES
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.mail import list_outbox
from parley.kit.services import Services
from tests.identity.world import PASSWORD, make_application
from tests.leaks.canary import tables_with
from tests.web.conftest import Joining
from tests.web.test_authorize import answer_in, question, token_for
from tests.web.visitor import Visitor
from tests.world import settle

# Where each link leads, what its form sends, and what the page says to one that is no good.
DOORS: dict[str, dict[str, str]] = {
    "/auth/confirm": {},
    "/auth/reset": {"password": "another password"},
    "/auth/change_email": {},
}


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, url="https://parley.test", rate_limits=False)


async def links(alice: Visitor, newcomer: Visitor, services: Services, conn: Connection) -> dict[str, str]:
    """The newest secret of each purpose, as the mails bring them."""
    await newcomer.open("/auth/sign_up")
    new = {"username": "dora", "email": "dora@mail.test", "password": PASSWORD, "agreement": "1"}
    assert (await newcomer.send("/auth/sign_up", **new)).status_code == 303
    await newcomer.open("/auth/forgot")
    await newcomer.send("/auth/forgot", email="alice@mail.test")
    await alice.open("/settings/account/prove")
    await alice.send("/settings/account/prove", password=PASSWORD)
    await alice.open("/settings/account")
    await alice.does("/settings/account/email", email="alice@new.test")
    await settle(services)
    text = "".join(mail.text_body for mail in await list_outbox(conn))
    return {path: re.findall(re.escape(path) + r"\?token=(\S+)", text)[0] for path in DOORS}


async def use(visitor: Visitor, path: str, token: str) -> int:
    """As whoever got the mail does; the status of the last step."""
    page = await visitor.client.get(path, params={"token": token})
    if page.status_code != 200:
        return page.status_code
    visitor.page = page
    return (await visitor.send(path, **DOORS[path])).status_code


def bits_of(secret: str) -> int:
    return len(base64.urlsafe_b64decode(secret + "==")) * 8


async def test_each_link_opens_its_own_door_once(
    alice: Visitor, anyone: Visitor, services: Services, conn: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = await links(alice, anyone, services, conn)
    secrets = {path: token.partition(".")[2] for path, token in found.items()}
    assert all(bits_of(each) >= 256 for each in secrets.values())
    await conn.execute("update mails set text_body = '', html_body = ''")
    assert await tables_with(conn, *secrets.values()) == {}
    for door, theirs in itertools.permutations(found, 2):
        assert await use(anyone, door, found[theirs]) in {403, 422}, (door, theirs)
    for door, token in found.items():
        changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
        another = found["/auth/reset" if door != "/auth/reset" else "/auth/confirm"].partition(".")[0]
        for wrong in (changed, f"{another}.{secrets[door]}", token.swapcase(), "", "x.y", token + "x"):
            assert await use(anyone, door, wrong) in {403, 422}, (door, wrong)
    # The change of address before the reset, which ends it.
    for door in ("/auth/confirm", "/auth/change_email"):
        assert await use(anyone, door, found[door]) in {200, 303}, door
        assert await use(anyone, door, found[door]) in {403, 422}, door
    assert await use(anyone, "/auth/reset", found["/auth/reset"]) in {403, 422}, (
        "it was sent to the old address"
    )
    # Lines of the test's own client are not the server's.
    said = [each.getMessage() for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    assert [each for each in said if any(secret in each for secret in secrets.values())] == []


async def test_each_link_ends(alice: Visitor, anyone: Visitor, services: Services, conn: Connection) -> None:
    found = await links(alice, anyone, services, conn)
    for door, lifetime in zip(
        DOORS, (LIFETIMES["confirm"], LIFETIMES["reset"], LIFETIMES["change"]), strict=True
    ):
        with clock.shifted(lifetime + timedelta(seconds=1)):
            assert await use(anyone, door, found[door]) in {403, 422}, door
    assert await use(anyone, "/auth/reset", found["/auth/reset"]) in {200, 303}
    assert await use(anyone, "/auth/reset", found["/auth/reset"]) in {403, 422}
    assert await use(anyone, "/auth/change_email", found["/auth/change_email"]) in {403, 422}


async def test_codes_of_applications(alice: Visitor, join: Joining, conn: Connection) -> None:
    """For one application, once; a second use takes back what the first gave. No token is another door's."""
    registered, other = await make_application(conn), await make_application(conn)
    codes = []
    for _ in range(5):
        await alice.open(question(registered))
        sent = await alice.send("/oauth/authorize", decision="allow")
        codes.append(answer_in(sent.headers["location"])["code"])
    assert all(bits_of(code.partition(".")[2]) >= 256 for code in codes)
    assert await tables_with(conn, *[code.partition(".")[2] for code in codes]) == {}
    assert "error" in await token_for(alice, other, codes[0])
    with clock.shifted(timedelta(minutes=11)):
        assert "error" in await token_for(alice, registered, codes[1])
    bearer = (await token_for(alice, registered, codes[2]))["access_token"]
    headers = {"authorization": f"Bearer {bearer}"}
    assert (await alice.client.get("/api/v1/accounts/verify_credentials", headers=headers)).status_code == 200
    assert await use(alice, "/auth/reset", bearer) in {403, 422}
    stranger = await join("eve")
    stranger.client.cookies.set("__Host-parley-session", bearer)
    assert (await stranger.get("/home")).status_code == 303, "an application's token is no session"
    code_as_bearer = {"authorization": f"Bearer {codes[0]}"}
    assert (await alice.client.get("/api/v1/timelines/home", headers=code_as_bearer)).status_code == 401
    assert "error" in await token_for(alice, registered, codes[2])
    again = await alice.client.get("/api/v1/accounts/verify_credentials", headers=headers)
    assert again.status_code == 401, "whoever has the code a second time may be a thief, or the first was"
    assert "access_token" in await token_for(alice, registered, codes[3])
    await alice.open("/settings/account")
    await alice.does("/settings/account/sessions/revoke_others")
    assert "error" in await token_for(alice, registered, codes[4]), "nor does who was sent away come back"
