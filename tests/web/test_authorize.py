"""The consent page: who asks for what, allowing, denying, and where a browser is never sent."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from parley.identity.applications import RegisteredApplication, register_application
from parley.identity.scopes import ALL_SCOPES
from parley.kit.db import Connection
from parley.web.wording import scope_sentences
from tests.identity.world import CALLBACK, OUT_OF_BAND, PASSWORD, make_application
from tests.web.visitor import Visitor, form_on, text_of


def question(registered: RegisteredApplication, **more: Any) -> str:
    asked = {
        "response_type": "code",
        "client_id": str(registered.application.id),
        "redirect_uri": CALLBACK,
        "scope": "read write:statuses",
        "state": "a state & more",
        **more,
    }
    return f"/oauth/authorize?{urlencode(asked)}"


def answer_in(location: str, callback: str = CALLBACK) -> dict[str, str]:
    assert location.startswith(f"{callback}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def token_for(visitor: Visitor, registered: RegisteredApplication, code: str) -> dict[str, Any]:
    answer = await visitor.client.post(
        "/oauth/token",
        json={
            "grant_type": "authorization_code",
            "client_id": str(registered.application.id),
            "client_secret": registered.secret,
            "redirect_uri": CALLBACK,
            "code": code,
        },
    )
    return dict(answer.json())


async def test_allowing(alice: Visitor, conn: Connection) -> None:
    registered = await make_application(conn)
    page = text_of(await alice.open(question(registered)))
    assert "Test app would like to use your account @alice" in page
    assert "See everything your account can see" in page
    assert "Post, edit, delete and boost" in page
    assert "Send you push" not in page
    sent = await alice.send("/oauth/authorize", decision="allow")
    answer = answer_in(sent.headers["location"])
    assert answer["state"] == "a state & more"
    token = await token_for(alice, registered, answer["code"])
    assert (token["token_type"], token["scope"]) == ("Bearer", "read write:statuses")


async def test_denying(alice: Visitor, conn: Connection) -> None:
    await alice.open(question(await make_application(conn)))
    sent = await alice.send("/oauth/authorize", decision="deny")
    answer = answer_in(sent.headers["location"])
    assert (answer["error"], answer["state"]) == ("access_denied", "a state & more")
    assert "code" not in answer


async def test_a_code_to_copy(alice: Visitor, conn: Connection) -> None:
    await alice.open(question(await make_application(conn), redirect_uri=OUT_OF_BAND))
    page = await alice.does("/oauth/authorize", decision="allow")
    assert alice.page.url.path == "/oauth/authorize/native"
    code = parse_qs(alice.page.url.query.decode())["code"][0]
    assert f'value="{code}"' in page


async def test_signed_out_one_signs_in_first_and_everything_asked_is_kept(
    anyone: Visitor, alice: Visitor, conn: Connection
) -> None:
    registered = await make_application(conn)
    await anyone.open(question(registered))
    assert anyone.page.url.path == "/auth/sign_in"
    await anyone.does("/auth/sign_in", name=alice.name, password=PASSWORD)
    sent = await anyone.send("/oauth/authorize", decision="allow")
    assert answer_in(sent.headers["location"])["state"] == "a state & more"


async def test_force_login_asks_once(alice: Visitor, bob: Visitor, conn: Connection) -> None:
    registered = await make_application(conn)
    await alice.open(question(registered, force_login="true"))
    assert alice.page.url.path == "/auth/sign_in"
    page = await alice.does("/auth/sign_in", name=bob.name, password=PASSWORD)
    assert alice.page.url.path == "/oauth/authorize"
    assert "@bob" in text_of(page)


async def test_an_unknown_application_or_address_leads_nowhere(
    alice: Visitor, anyone: Visitor, conn: Connection
) -> None:
    registered = await make_application(conn)
    for visitor in (alice, anyone):
        for wrong in ({"redirect_uri": "https://evil.test/"}, {"client_id": "1"}, {"client_id": "x"}):
            answer = await visitor.get(question(registered, **wrong))
            assert answer.status_code == 400
            assert "location" not in answer.headers
    await alice.open(question(registered))
    sent = await alice.send("/oauth/authorize", decision="allow", redirect_uri="https://evil.test/")
    assert (sent.status_code, "location" in sent.headers) == (400, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "read admin:write"},
        {"response_type": "token"},
        {"code_challenge": "short", "code_challenge_method": "S256"},
    ],
)
async def test_mistakes_carry_nobody_off(
    alice: Visitor, anyone: Visitor, conn: Connection, wrong: dict[str, str]
) -> None:
    """Anyone can register an application that leads anywhere: a refusal is a page."""
    registered = await make_application(conn)
    for visitor in (alice, anyone):
        sent = await visitor.get(question(registered, **wrong))
        assert (sent.status_code, "location" in sent.headers) == (400, False)


async def test_a_code_is_shown_only_if_it_can_be_one(alice: Visitor) -> None:
    assert (await alice.get("/oauth/authorize/native?code=call+0900+12345")).status_code == 404


async def test_a_forged_consent_is_refused(alice: Visitor, conn: Connection) -> None:
    await alice.open(question(await make_application(conn)))
    sent = await alice.send("/oauth/authorize", decision="allow", form_token="x" * 64)
    assert (sent.status_code, "location" in sent.headers) == (403, False)
    assert await conn.fetch_value("select count(*) from authorization_codes") == 0


@pytest.mark.parametrize(
    ("redirect_uri", "target"),
    [
        (CALLBACK, "https://app.test"),
        ("http://127.0.0.1:8080/done", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/done", "http://[::1]:8080"),
        ("tusky://done", "tusky:"),
        ("com.example.app:/done;x", "com.example.app:"),
        ("https://app.test;script-src/done", "https:"),
    ],
)
async def test_the_form_may_lead_to_the_application_alone(
    alice: Visitor, conn: Connection, redirect_uri: str, target: str
) -> None:
    """Browsers hold a form's redirect to the page's policy; no address may write into that policy."""
    registered = await register_application(
        conn, name="App", redirect_uris=[redirect_uri], scopes="read", website=None
    )
    await alice.open(question(registered, redirect_uri=redirect_uri, scope="read"))
    policy = alice.page.headers["content-security-policy"]
    assert policy.endswith(f"form-action 'self' {target}")
    sent = await alice.send("/oauth/authorize", decision="allow")
    assert sent.headers["location"].startswith(redirect_uri)


async def test_what_an_application_calls_itself_is_text(alice: Visitor, conn: Connection) -> None:
    registered = await register_application(
        conn, name="<b>Bold</b>", redirect_uris=[CALLBACK], scopes="read", website="https://a.test/?<"[:16]
    )
    page = await alice.open(question(registered, scope="read", state='"><script>'))
    assert "<b>Bold</b>" not in page
    assert "<script>" not in page
    assert form_on(page, "/oauth/authorize").fields["state"] == '"><script>'


def test_every_scope_is_told_in_plain_words() -> None:
    for scope in ALL_SCOPES:
        assert all(":" not in sentence.partition(":")[0] for sentence in scope_sentences([scope]))
        assert scope_sentences([scope])[0][0].isupper()
    assert scope_sentences(["read", "read:statuses"]) == scope_sentences(["read"])
    assert len(scope_sentences(["read:statuses", "write:statuses"])) == 2
