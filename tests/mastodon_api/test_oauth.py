"""Applications, OAuth and tokens through HTTP: each success beside its refusals."""

import base64
import hashlib
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from parley.identity.applications import RegisteredApplication
from parley.identity.oauth import (
    AuthorizationParams,
    check_authorization_request,
    grant_authorization,
    granted_url,
)
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.mastodon_api.entities.token import (
    ApplicationEntity,
    CredentialApplication,
    ServerMetadata,
    Token,
    UserInfo,
)
from tests.identity.world import (
    CALLBACK,
    OUT_OF_BAND,
    PASSWORD,
    bearer,
    change_user,
    make_application,
    make_member,
    make_token,
    suspend,
)

Entity = TypeVar("Entity")

VERIFIER = "a-verifier-of-at-least-forty-three-characters-in-length"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def strictly(answer: httpx.Response, entity: type[Entity]) -> Entity:
    """Each documented key present and of its type, and none beside them."""
    assert answer.status_code == 200, answer.text
    found = msgspec.json.decode(answer.content, type=entity)
    assert msgspec.json.decode(msgspec.json.encode(found)) == answer.json()
    return found


async def authorized_code(
    conn: Connection,
    app: RegisteredApplication,
    account_id: AccountId,
    *,
    challenge: str = "",
    scope: str = "read write",
) -> str:
    """What the consent page does, up to the address that the browser is sent to."""
    params = AuthorizationParams(
        response_type="code",
        client_id=str(app.application.id),
        redirect_uri=CALLBACK,
        scope=scope,
        state="a&b=c",
        code_challenge=challenge,
        code_challenge_method="S256" if challenge else "",
    )
    request = await check_authorization_request(conn, params)
    code = await grant_authorization(conn, Viewer(account_id=account_id), request)
    query = parse_qs(urlsplit(granted_url(request, code) or "").query)
    assert query == {"code": [code], "state": ["a&b=c"]}
    return code


def exchange_form(app: RegisteredApplication, granted: str, /, **changes: Any) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": str(app.application.id),
        "client_secret": app.secret,
        "redirect_uri": CALLBACK,
        "code": granted,
    }
    return {name: value for name, value in {**form, **changes}.items() if value is not None}


# Applications

REGISTRATION = {
    "client_name": "toot",
    "redirect_uris": OUT_OF_BAND,
    "scopes": "read write",
    "website": "https://toot.test",
}


async def test_application_registers_in_every_encoding(client: httpx.AsyncClient) -> None:
    parts = {name: (None, value) for name, value in REGISTRATION.items()}
    for body in ({"json": REGISTRATION}, {"data": REGISTRATION}, {"files": parts}):
        made = strictly(await client.post("/api/v1/apps", **body), CredentialApplication)
        assert (made.name, made.website, made.scopes) == ("toot", "https://toot.test", ("read", "write"))
        assert (made.redirect_uri, made.redirect_uris) == (OUT_OF_BAND, (OUT_OF_BAND,))
        assert made.client_secret_expires_at == 0


async def test_application_may_have_many_addresses(client: httpx.AsyncClient) -> None:
    uris = [CALLBACK, "tusky://callback", "http://127.0.0.1:7777/back"]
    for given in (uris, "\n".join(uris)):
        answer = await client.post("/api/v1/apps", json={"client_name": "x", "redirect_uris": given})
        assert strictly(answer, CredentialApplication).redirect_uris == tuple(uris)
        assert strictly(answer, CredentialApplication).scopes == ("read",)


REFUSED_APPLICATIONS = [
    ({"client_name": " "}, "name"),
    ({"client_name": "x" * 61}, "name"),
    ({"redirect_uris": ""}, "Redirect"),
    ({"redirect_uris": "javascript:alert(1)"}, "Redirect"),
    ({"redirect_uris": "JavaScript:alert(1)"}, "Redirect"),
    ({"redirect_uris": "data:text/html,x"}, "Redirect"),
    ({"redirect_uris": "/relative"}, "Redirect"),
    ({"redirect_uris": "https://app.test/#fragment"}, "Redirect"),
    ({"redirect_uris": "https:///nohost"}, "Redirect"),
    ({"redirect_uris": "https://user@app.test/"}, "Redirect"),
    ({"redirect_uris": "https://app.test:port/"}, "Redirect"),
    ({"redirect_uris": "https://app.test/" + "x" * 2000}, "Redirect"),
    ({"redirect_uris": " ".join(f"a{n}:b" for n in range(21))}, "too many"),
    ({"scopes": "read everything"}, "Scopes"),
    ({"website": "javascript:alert(1)"}, "Website"),
]


async def test_application_refused(client: httpx.AsyncClient) -> None:
    for change, word in REFUSED_APPLICATIONS:
        answer = await client.post("/api/v1/apps", json={**REGISTRATION, **change})
        assert answer.status_code == 422, change
        assert word in answer.json()["error"], change


async def test_application_sees_itself_with_either_token(client: httpx.AsyncClient, conn: Connection) -> None:
    app = await make_application(conn)
    member = await make_member(conn, "alice")
    for account_id in (None, member):
        token = await make_token(conn, account_id, "read", app)
        answer = await client.get("/api/v1/apps/verify_credentials", headers=bearer(token))
        assert strictly(answer, ApplicationEntity).id == str(app.application.id)
        assert "client_secret" not in answer.json()
    answer = await client.get("/api/v1/apps/verify_credentials")
    assert (answer.status_code, answer.json()) == (401, {"error": "The access token is invalid"})


# Codes


async def test_code_becomes_a_token_that_works(client: httpx.AsyncClient, conn: Connection) -> None:
    app = await make_application(conn)
    code = await authorized_code(conn, app, await make_member(conn, "alice"))
    token = strictly(await client.post("/oauth/token", data=exchange_form(app, code)), Token)
    assert (token.token_type, token.scope) == ("Bearer", "read write")
    assert abs(token.created_at - clock.now_seconds()) < 60
    headers = {"authorization": f"Bearer {token.access_token}"}
    answer = await client.get("/api/v1/apps/verify_credentials", headers=headers)
    assert strictly(answer, ApplicationEntity).id == str(app.application.id)
    # The code once more: the token it made is revoked, since one of the two who had the code was a thief.
    answer = await client.post("/oauth/token", json=exchange_form(app, code))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    answer = await client.get("/api/v1/apps/verify_credentials", headers=headers)
    assert answer.status_code == 401


async def test_public_client_exchanges_with_a_verifier_alone(
    client: httpx.AsyncClient, conn: Connection
) -> None:
    app = await make_application(conn)
    alice = await make_member(conn, "Alice")
    code = await authorized_code(conn, app, alice, challenge=CHALLENGE)
    for wrong in ("", "x" * 50, CHALLENGE):
        form = exchange_form(app, code, client_secret=None, code_verifier=wrong)
        answer = await client.post("/oauth/token", data=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    form = exchange_form(app, code, client_secret=None, code_verifier=VERIFIER)
    answer = await client.post("/oauth/token", data=form)
    assert answer.headers["cache-control"] == "no-store"
    token = strictly(answer, Token)
    answer = await client.get("/oauth/userinfo", headers={"authorization": f"Bearer {token.access_token}"})
    info = strictly(answer, UserInfo)
    assert (info.iss, info.preferred_username) == ("https://parley.test", "Alice")
    assert info.profile == "https://parley.test/@Alice"


async def test_credentials_may_come_by_http_basic(client: httpx.AsyncClient, conn: Connection) -> None:
    app = await make_application(conn)
    code = await authorized_code(conn, app, await make_member(conn, "alice"))
    form = exchange_form(app, code, client_id=None, client_secret=None)
    wrong = await client.post("/oauth/token", data=form, auth=(str(app.application.id), "x" * 43))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    right = await client.post("/oauth/token", data=form, auth=(str(app.application.id), app.secret))
    assert right.status_code == 200


REFUSED_EXCHANGES: list[tuple[dict[str, Any], int, str]] = [
    ({"client_secret": None}, 401, "invalid_client"),
    ({"client_secret": "wrong"}, 401, "invalid_client"),
    ({"client_id": "12345"}, 401, "invalid_client"),
    ({"client_id": "nonsense"}, 401, "invalid_client"),
    ({"client_id": None}, 401, "invalid_client"),
    ({"redirect_uri": OUT_OF_BAND}, 400, "invalid_grant"),
    ({"redirect_uri": None}, 400, "invalid_grant"),
    ({"code": "nonsense"}, 400, "invalid_grant"),
    ({"code": None}, 400, "invalid_grant"),
    ({"code_verifier": VERIFIER}, 400, "invalid_grant"),
    ({"grant_type": "magic"}, 400, "unsupported_grant_type"),
    ({"grant_type": None}, 400, "invalid_request"),
]


async def test_code_refused(client: httpx.AsyncClient, conn: Connection) -> None:
    app = await make_application(conn)
    code = await authorized_code(conn, app, await make_member(conn, "alice"))
    for change, status, error in REFUSED_EXCHANGES:
        answer = await client.post("/oauth/token", data=exchange_form(app, code, **change))
        assert (answer.status_code, answer.json()["error"]) == (status, error), change
        assert answer.json()["error_description"]
    assert (await client.post("/oauth/token", data=exchange_form(app, code))).status_code == 200


async def test_code_of_another_application_or_too_old_is_refused(
    client: httpx.AsyncClient, conn: Connection
) -> None:
    app, other = await make_application(conn), await make_application(conn)
    code = await authorized_code(conn, app, await make_member(conn, "alice"))
    stolen = await client.post("/oauth/token", data=exchange_form(other, code))
    with clock.shifted(timedelta(minutes=10, seconds=1)):
        late = await client.post("/oauth/token", data=exchange_form(app, code))
    for answer in (stolen, late):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_unreadable_token_request(client: httpx.AsyncClient) -> None:
    for body in (b"{", b"[]", b'{"grant_type": {}}', b'{"grant_type": "\\u0000"}'):
        answer = await client.post("/oauth/token", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), body


# Other grants


async def test_application_gets_a_token_of_its_own(client: httpx.AsyncClient, conn: Connection) -> None:
    app = await make_application(conn, "read write:accounts")
    form = exchange_form(app, "", grant_type="client_credentials", code=None)
    token = strictly(await client.post("/oauth/token", data=form), Token)
    assert token.scope == "read"
    headers = {"authorization": f"Bearer {token.access_token}"}
    assert (await client.get("/api/v1/apps/verify_credentials", headers=headers)).status_code == 200
    answer = await client.get("/oauth/userinfo", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (422, "This method requires an authenticated user")
    for change, error in (
        ({"scope": "write"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"client_secret": None}, "invalid_client"),
    ):
        answer = await client.post("/oauth/token", data={**form, **change})
        assert answer.json()["error"] == error


async def test_password_grant_and_its_refusals(client: httpx.AsyncClient, conn: Connection) -> None:
    app = await make_application(conn)
    alice = await make_member(conn, "Alice")

    async def ask(name: str, password: str = PASSWORD, **changes: Any) -> httpx.Response:
        form = exchange_form(app, "", grant_type="password", username=name, password=password, **changes)
        return await client.post("/oauth/token", data=form)

    for name in ("alice", "ALICE", "Alice@mail.test", "alice@MAIL.test"):
        assert (await ask(name)).status_code == 200
    wrong, unknown = await ask("alice", "wrong"), await ask("nobody")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json() == unknown.json()
    assert wrong.json()["error"] == "invalid_grant"
    assert (await ask("alice", client_secret=None)).json()["error"] == "invalid_client"
    assert (await ask("alice", scope="admin:read")).json()["error"] == "invalid_scope"
    await change_user(conn, alice, disabled_at=clock.now())
    assert "disabled" in (await ask("alice")).json()["error_description"]


class TestPasswordGrantOff:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, password_grant=False)

    async def test_it_is_unsupported(self, client: httpx.AsyncClient, conn: Connection) -> None:
        app = await make_application(conn)
        await make_member(conn, "alice")
        form = exchange_form(app, "", grant_type="password", username="alice", password=PASSWORD)
        answer = await client.post("/oauth/token", data=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
        metadata = strictly(await client.get("/.well-known/oauth-authorization-server"), ServerMetadata)
        assert metadata.grant_types_supported == ("authorization_code", "client_credentials")


class TestRateLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, rate_limits=True)

    async def test_guessing_a_password_is_soon_refused(
        self, client: httpx.AsyncClient, conn: Connection
    ) -> None:
        app = await make_application(conn)
        await make_member(conn, "alice")
        form = exchange_form(app, "", grant_type="password", username="alice", password="guess")
        statuses = [(await client.post("/oauth/token", data=form)).status_code for _ in range(12)]
        assert statuses[0] == 400
        assert statuses[-1] == 429


async def test_metadata(client: httpx.AsyncClient) -> None:
    metadata = strictly(await client.get("/.well-known/oauth-authorization-server"), ServerMetadata)
    assert metadata.issuer == "https://parley.test"
    assert metadata.code_challenge_methods_supported == ("S256",)
    assert {"read", "write:statuses", "profile"} < set(metadata.scopes_supported)


# Revoking


async def test_revoking(client: httpx.AsyncClient, conn: Connection) -> None:
    app, other = await make_application(conn, "profile"), await make_application(conn)
    token = await make_token(conn, await make_member(conn, "alice"), "profile", app)
    mine = {"client_id": str(app.application.id), "client_secret": app.secret, "token": token.bearer}
    theirs = {"client_id": str(other.application.id), "client_secret": other.secret, "token": token.bearer}
    wrong = {**mine, "client_secret": "wrong"}
    for form in (theirs, wrong, {"token": token.bearer}):
        answer = await client.post("/oauth/revoke", data=form)
        assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")
    assert (await client.get("/oauth/userinfo", headers=bearer(token))).status_code == 200
    for unknown in ({**mine, "token": "unknown"}, {**mine, "token": f"{token.bearer}x"}):
        answer = await client.post("/oauth/revoke", data=unknown)
        assert (answer.status_code, answer.json()) == (200, {})
    assert (await client.get("/oauth/userinfo", headers=bearer(token))).status_code == 200
    for _ in range(2):
        answer = await client.post("/oauth/revoke", json=mine)
        assert (answer.status_code, answer.json()) == (200, {})
    assert (await client.get("/oauth/userinfo", headers=bearer(token))).status_code == 401


async def test_public_client_revokes_its_token_without_a_secret(
    client: httpx.AsyncClient, conn: Connection
) -> None:
    app = await make_application(conn, "profile")
    token = await make_token(conn, await make_member(conn, "alice"), "profile", app)
    form = {"client_id": str(app.application.id), "token": token.bearer}
    assert (await client.post("/oauth/revoke", data=form)).status_code == 200
    assert (await client.get("/oauth/userinfo", headers=bearer(token))).status_code == 401


# Tokens at the door


async def test_tokens_that_are_none(client: httpx.AsyncClient, conn: Connection) -> None:
    token = await make_token(conn, await make_member(conn, "alice"))
    head, _, secret = token.bearer.partition(".")
    for wrong in (
        "",
        "x",
        f"{head}.{secret[:-1]}",
        f"{head}.{'x' * 43}",
        f"1.{secret}",
        "9" * 400,
        "zz.\x80",
    ):
        answer = await client.get("/oauth/userinfo", headers={b"authorization": b"Bearer " + wrong.encode()})
        assert (answer.status_code, answer.json()) == (401, {"error": "The access token is invalid"}), wrong
    assert (await client.get("/oauth/userinfo", headers=bearer(token))).status_code == 200


async def test_missing_scope(client: httpx.AsyncClient, conn: Connection) -> None:
    token = await make_token(conn, await make_member(conn, "alice"), "write")
    answer = await client.get("/oauth/userinfo", headers=bearer(token))
    assert answer.status_code == 403
    assert answer.json() == {"error": "This action is outside the authorized scopes"}


async def test_members_who_may_not_act_are_told_why(client: httpx.AsyncClient, conn: Connection) -> None:
    now = clock.now()
    sentences = set()
    for name, change, word in (
        ("unconfirmed", {"confirmed_at": None}, "confirmed e-mail"),
        ("pending", {"approved_at": None}, "approval"),
        ("disabled", {"disabled_at": now}, "disabled"),
        ("suspended", {}, "suspended"),
    ):
        account_id = await make_member(conn, name, **change)
        if name == "suspended":
            await suspend(conn, account_id, now)
        token = await make_token(conn, account_id)
        answer = await client.get("/oauth/userinfo", headers=bearer(token))
        assert answer.status_code == 403
        assert word in answer.json()["error"]
        sentences.add(answer.json()["error"])
    assert len(sentences) == 4
