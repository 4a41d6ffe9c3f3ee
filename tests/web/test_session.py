"""The session's cookie, forged forms, headers of every page, and where a browser may be sent."""

import httpx
import pytest

from parley.kit.db import Connection
from parley.kit.services import Services
from parley.web.session import own_path
from tests.identity.world import make_token
from tests.web.visitor import Visitor, form_on, text_of

SESSION = "__Host-parley-session"


async def test_the_session_cookie_is_out_of_reach(alice: Visitor) -> None:
    await alice.open("/auth/sign_in")
    cookie = next(
        value
        for value in (await alice.sign_in()).headers.get_list("set-cookie")
        if value.startswith(f"{SESSION}=")
    )
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)


async def test_signing_in_ends_the_session_before(alice: Visitor) -> None:
    before = alice.client.cookies[SESSION]
    assert (await alice.sign_in()).status_code == 303
    assert alice.client.cookies[SESSION] != before
    alice.client.cookies.clear()
    alice.client.cookies.set(SESSION, before)
    assert (await alice.get("/home")).headers["location"].startswith("/auth/sign_in")


async def test_a_session_that_is_no_more_is_nobodys(anyone: Visitor) -> None:
    anyone.client.cookies.set(SESSION, "1z.nonsensenonsensenonsense")
    answer = await anyone.get("/local")
    assert answer.status_code == 200
    assert any(
        each.startswith((f'{SESSION}="";', f"{SESSION}=;")) for each in answer.headers.get_list("set-cookie")
    )


async def test_the_token_of_an_application_is_no_session(
    anyone: Visitor, alice: Visitor, conn: Connection
) -> None:
    """Good for reading alone, it would let its holder post here."""
    issued = await make_token(conn, alice.id, scopes="read")
    anyone.client.cookies.set(SESSION, issued.bearer)
    assert (await anyone.get("/home")).status_code == 303


async def test_a_form_without_its_token_is_refused(alice: Visitor, conn: Connection) -> None:
    await alice.open("/compose")
    fields = {**form_on(alice.page.text, "/compose").fields, "text": "forged", "form_token": ""}
    answer = await alice.client.post("/compose", data=fields)
    assert answer.status_code == 403
    assert "not sent from a page of this server" in text_of(answer.text)
    # It may be the page of a session before: what stood in it can be copied.
    assert "forged</textarea>" in answer.text
    assert await conn.fetch_value("select count(*) from statuses") == 0


async def test_the_token_of_somebody_elses_form_is_refused(alice: Visitor, bob: Visitor) -> None:
    await bob.open("/compose")
    token = form_on(bob.page.text, "/compose").fields["form_token"]
    answer = await alice.client.post("/compose", data={"text": "forged", "form_token": token})
    assert answer.status_code == 403


async def test_a_visitors_token_is_of_no_use_to_a_member(anyone: Visitor, alice: Visitor) -> None:
    await anyone.open("/auth/sign_in")
    token = form_on(anyone.page.text, "/auth/sign_in").fields["form_token"]
    alice.client.cookies.set("__Host-parley-form", anyone.client.cookies["__Host-parley-form"])
    answer = await alice.client.post("/compose", data={"text": "forged", "form_token": token})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "https://parley.test.evil.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_a_form_from_elsewhere_is_refused(alice: Visitor, headers: dict[str, str]) -> None:
    await alice.open("/compose")
    fields = {**form_on(alice.page.text, "/compose").fields, "text": "forged"}
    answer = await alice.client.post("/compose", data=fields, headers=headers)
    assert (answer.status_code, "forged</textarea>" in answer.text) == (403, False)


async def test_signing_in_can_not_be_forged_either(anyone: Visitor, alice: Visitor) -> None:
    """Or somebody could be signed in as another without noticing, and write into their account."""
    fields = {"name": "alice", "password": "correct horse battery"}
    assert (await anyone.client.post("/auth/sign_in", data=fields)).status_code == 403
    await anyone.open("/auth/sign_in")
    token = form_on(anyone.page.text, "/auth/sign_in").fields["form_token"]
    anyone.client.cookies.clear()
    answer = await anyone.client.post("/auth/sign_in", data={**fields, "form_token": token})
    assert answer.status_code == 403


async def test_whose_session_ended_while_they_wrote_loses_no_word(alice: Visitor) -> None:
    await alice.open("/compose")
    alice.client.cookies.clear()
    answer = await alice.send("/compose", text="<b>long thought</b>")
    assert (answer.status_code, "&lt;b&gt;long thought&lt;/b&gt;</textarea>" in answer.text) == (401, True)
    assert "/auth/sign_in?next=/home" in answer.text
    assert (await alice.send("/compose", text=" ")).headers["location"] == "/auth/sign_in?next=%2Fhome"
    elsewhere = await alice.client.post("/compose", data={"text": "planted"}, headers={"origin": "null"})
    assert (elsewhere.status_code, "planted" in elsewhere.text) == (303, False)


async def test_who_has_no_session_is_asked_to_sign_in_and_comes_back(alice: Visitor, anyone: Visitor) -> None:
    answer = await anyone.get("/notifications?only=likes")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/auth/sign_in?next=%2Fnotifications%3Fonly%3Dlikes"
    await anyone.open(answer.headers["location"])
    answer = await anyone.send("/auth/sign_in", name="alice", password="correct horse battery")
    assert answer.headers["location"] == "/notifications?only=likes"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "\\\\evil.test",
        "/\t/evil.test/",
        "javascript:alert(1)",
        "/" + "a" * 20_000,
        "home",
    ],
)
async def test_nobody_is_sent_off_the_site(
    anyone: Visitor, alice: Visitor, bob: Visitor, address: str
) -> None:
    assert own_path(address) is None
    await anyone.open("/auth/sign_in")
    answer = await anyone.send("/auth/sign_in", name="alice", password="correct horse battery", next=address)
    assert answer.headers["location"] == "/home"
    await alice.open("/@bob")
    answer = await alice.send(f"/accounts/{bob.id}/follow", back=address)
    assert answer.headers["location"] == "/home"


async def test_every_page_bears_the_headers(anyone: Visitor, alice: Visitor) -> None:
    for visitor, path, caching in (
        (anyone, "/local", "no-cache"),
        (anyone, "/auth/sign_in", "private, no-store"),
        (alice, "/home", "private, no-store"),
        (alice, "/local", "private, no-store"),
        (alice, "/@nobody", "private, no-store"),
    ):
        answer = await visitor.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == caching, path
        assert answer.text.count("<script") == answer.text.count('<script src="/static/parley.js?v=') == 1
        assert " style=" not in answer.text


async def test_refusals_are_pages_for_people_and_json_for_programs(anyone: Visitor, alice: Visitor) -> None:
    for visitor, path in (
        (anyone, "/nowhere"),
        (anyone, "/@nobody"),
        (alice, "/no/such/thing/here"),
        (alice, "/lists/1"),
    ):
        answer = await visitor.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "There is nothing here" in text_of(answer.text)
    assert (await anyone.get("/api/v1/nowhere")).json() == {"error": "Record not found"}
    answer = await anyone.client.post("/about")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, OPTIONS")


async def test_a_fault_tells_nothing(
    anyone: Visitor, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_values: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("parley.web.pages.landing.site_counts", broken)
    transport = httpx.ASGITransport(app=anyone.client._transport.app, raise_app_exceptions=False)  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=transport, base_url=services.settings.base_url) as client:
        answer = await client.get("/about")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "our mistake" in text_of(answer.text)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"text=%ff", "application/x-www-form-urlencoded", 400),
        (b"text=a%00b", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 300, "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 400),
        (b"text=" + b"a" * 1_100_000, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_forms_that_no_browser_sends(alice: Visitor, body: bytes, kind: str, status: int) -> None:
    answer = await alice.client.post("/compose", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
