"""/oauth/authorize: an application asks, the member sees who asks for what, and allows or denies it."""

import re
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Response

from parley.identity.errors import AuthorizationRefused
from parley.identity.oauth import (
    AuthorizationParams,
    AuthorizationRequest,
    check_authorization_request,
    denied_url,
    grant_authorization,
    granted_url,
)
from parley.kit.crypto import split_token
from parley.kit.errors import NotFound
from parley.web.forms import Fields
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import scope_sentences

_CODE_LENGTH_MAX = 200
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
# An origin without anything that could end a directive of the policy it is put into.
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


async def show_consent(call: PageCall) -> Response[bytes]:
    """Signed out, one signs in first and comes back with everything that was asked."""
    params = _params(call.query)
    # A refusal is a page here: anyone can register an application that leads anywhere, so nobody is sent on unasked
    # (RFC 9700, 4.11.2). Who answers the form below has been told where they go.
    async with call.database.reading() as conn:
        request = await check_authorization_request(conn, params)
    if call.viewer.account_id is None or call.query.flag("force_login"):
        return _sign_in_first(call)
    call.form_targets = _target_of(request)
    return await page(
        call,
        "authorize",
        application=request.application,
        sentences=scope_sentences(request.scopes),
        params=msgspec.structs.asdict(params),
        sign_in_path=_sign_in_path(call),
    )


async def decide(call: PageCall) -> Response[bytes]:
    params = _params(call.form)
    try:
        async with call.database.transaction() as conn:
            request = await check_authorization_request(conn, params)
            allowed = call.form.text("decision") == "allow"
            code = await grant_authorization(conn, call.viewer, request) if allowed else None
    except AuthorizationRefused as refusal:
        if refusal.redirect_to is None:
            raise
        return call.redirect(refusal.redirect_to)
    if code is None:
        return call.redirect(denied_url(request) or "/home")
    return call.redirect(granted_url(request, code) or f"/oauth/authorize/native?{urlencode({'code': code})}")


async def show_code(call: PageCall) -> Response[bytes]:
    """For applications that can't be returned to: the member copies the code over."""
    code = call.query.text("code")[:_CODE_LENGTH_MAX]
    if split_token(code) is None:
        raise NotFound
    return await page(call, "code", code=code)


def _params(fields: Fields) -> AuthorizationParams:
    names = AuthorizationParams.__struct_fields__
    return AuthorizationParams(**{name: fields.text(name) for name in names})


def _sign_in_first(call: PageCall) -> Response[bytes]:
    return call.redirect(_sign_in_path(call))


def _sign_in_path(call: PageCall) -> str:
    """And back here, but not to the demand to sign in once more."""
    asked = [(name, value) for name, value in call.query.pairs() if name != "force_login"]
    return f"/auth/sign_in?{urlencode({'next': f'/oauth/authorize?{urlencode(asked)}'})}"


def _target_of(request: AuthorizationRequest) -> tuple[str, ...]:
    """Browsers follow a form's redirect only to where the page's policy lets forms lead."""
    if request.out_of_band:
        return ()
    parts = urlsplit(request.redirect_uri)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    if _ORIGIN.fullmatch(origin):
        return (origin,)
    scheme = request.redirect_uri.partition(":")[0].lower()
    return (f"{scheme}:",) if _SCHEME.fullmatch(scheme) else ()
