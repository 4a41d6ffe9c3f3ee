"""What an application may ask for on the authorize page, and where a refusal may send the browser."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.identity.applications import _is_redirect_uri
from parley.identity.errors import AuthorizationRefused
from parley.identity.oauth import (
    AuthorizationParams,
    check_authorization_request,
    denied_url,
    grant_authorization,
    granted_url,
)
from parley.identity.viewer import ANONYMOUS
from parley.kit.db import Connection
from parley.kit.errors import Unauthorized
from tests.identity.world import CALLBACK, OUT_OF_BAND, make_application

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def params_for(conn: Connection, **changes: Any) -> AuthorizationParams:
    app = await make_application(conn, "read write:statuses")
    good = AuthorizationParams(
        response_type="code",
        client_id=str(app.application.id),
        redirect_uri=CALLBACK,
        scope="read",
        state="s t=1",
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
    )
    return msgspec.structs.replace(good, **changes)


def answer_in(url: str | None) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url or "").query).items()}


async def test_a_good_request(conn: Connection) -> None:
    request = await check_authorization_request(conn, await params_for(conn))
    assert (request.scopes, request.state, request.code_challenge) == (("read",), "s t=1", CHALLENGE)
    assert (granted_url(request, "the code") or "").startswith(f"{CALLBACK}?")
    assert answer_in(granted_url(request, "the code")) == {"code": "the code", "state": "s t=1"}
    denied = answer_in(denied_url(request))
    assert (denied["error"], denied["state"]) == ("access_denied", "s t=1")
    with pytest.raises(Unauthorized):
        await grant_authorization(conn, ANONYMOUS, request)


async def test_scope_defaults_to_read_and_may_be_narrower(conn: Connection) -> None:
    for asked, granted in (("", ("read",)), ("read:lists write:statuses", ("read:lists", "write:statuses"))):
        request = await check_authorization_request(conn, await params_for(conn, scope=asked))
        assert request.scopes == granted


async def test_out_of_band_never_redirects(conn: Connection) -> None:
    params = await params_for(conn, redirect_uri=OUT_OF_BAND)
    request = await check_authorization_request(conn, params)
    assert request.out_of_band
    assert granted_url(request, "code") is denied_url(request) is None
    with pytest.raises(AuthorizationRefused) as refusal:
        await check_authorization_request(conn, msgspec.structs.replace(params, scope="push"))
    assert refusal.value.redirect_to is None


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "12345"},
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": "https://evil.test/"},
        {"state": "x" * 4001},
    ],
)
async def test_whoever_can_not_be_trusted_gets_no_redirect(conn: Connection, change: dict[str, str]) -> None:
    with pytest.raises(AuthorizationRefused) as refusal:
        await check_authorization_request(conn, await params_for(conn, **change))
    assert refusal.value.redirect_to is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"scope": "write"}, "invalid_scope"),
        ({"scope": "read push"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"scope": "read " * 1000}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "too short"}, "invalid_request"),
    ],
)
async def test_a_known_application_hears_its_mistake(
    conn: Connection, change: dict[str, str], code: str
) -> None:
    with pytest.raises(AuthorizationRefused) as refusal:
        await check_authorization_request(conn, await params_for(conn, **change))
    assert (refusal.value.redirect_to or "").startswith(f"{CALLBACK}?")
    answer = answer_in(refusal.value.redirect_to)
    assert (answer["error"], answer["state"]) == (code, "s t=1")


_ODD = st.text(st.characters(codec="utf-8"), max_size=40)


@given(
    st.one_of(_ODD, st.builds("{}:{}".format, st.sampled_from(["http", "https", "app", "javascript"]), _ODD))
)
def test_no_redirect_address_can_split_a_header_or_run(uri: str) -> None:
    if _is_redirect_uri(uri):
        assert uri.isprintable()
        assert "#" not in uri
        assert not uri.lower().startswith(("javascript:", "data:", "file:"))
        if uri.lower().startswith(("http:", "https:")):
            assert urlsplit(uri).hostname
