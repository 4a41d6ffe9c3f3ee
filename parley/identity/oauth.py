"""OAuth 2: asking for authorization, codes, and the grants that turn into tokens (RFC 6749, 7636, 7009)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

import msgspec

from parley.identity import token_queries
from parley.identity.applications import OUT_OF_BAND, Client, find_client_application
from parley.identity.errors import (
    AuthorizationRefused,
    CodeReplayed,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnauthorizedClient,
)
from parley.identity.login import ProvenMember, require_ready
from parley.identity.models import Application
from parley.identity.scopes import covers_all, parse_scopes
from parley.identity.token_queries import AuthorizationCode
from parley.identity.tokens import IssuedToken, TokenCache, issue_token, revoke_token
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock, crypto
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import new_id

CODE_LIFETIME = timedelta(minutes=10)
STATE_LENGTH_MAX = 4000
# RFC 7636, 4.1 and 4.2: a SHA-256 in base64url without padding, and what it is made of.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class AuthorizationParams(msgspec.Struct, frozen=True):
    """What an application puts into the address of the authorize page."""

    response_type: str = ""
    client_id: str = ""
    redirect_uri: str = ""
    scope: str = ""
    state: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """A request that may be shown to the member: who asks, for what, and where the answer goes."""

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    code_challenge: str | None

    @property
    def out_of_band(self) -> bool:
        """Whether the code is to be shown for copying instead of redirecting."""
        return self.redirect_uri == OUT_OF_BAND


# The authorize page: check the request, then grant or deny


async def check_authorization_request(conn: Connection, params: AuthorizationParams) -> AuthorizationRequest:
    """Raises AuthorizationRefused; only with its `redirect_to` set may the browser leave this server."""
    application = await find_client_application(conn, params.client_id)
    if application is None:
        raise AuthorizationRefused("invalid_client", "This application is not known here")
    if params.redirect_uri not in application.redirect_uris:
        raise AuthorizationRefused(
            "invalid_request", "The address to return to is not one that the application registered"
        )
    if len(params.state) > STATE_LENGTH_MAX:
        raise AuthorizationRefused("invalid_request", "The state is too long")
    if params.response_type != "code":
        raise _refused(params, "unsupported_response_type", "Only response_type=code is supported")
    return AuthorizationRequest(
        application=application,
        redirect_uri=params.redirect_uri,
        scopes=_requested_scopes(application, params),
        state=params.state,
        code_challenge=_checked_challenge(params),
    )


async def grant_authorization(conn: Connection, viewer: Viewer, request: AuthorizationRequest) -> str:
    """The code, for ten minutes and one use."""
    account_id = require_account(viewer)
    secret = crypto.new_secret()
    code = AuthorizationCode(
        id=new_id(account_id),
        secret_hash=crypto.hash_secret(secret),
        account_id=account_id,
        application_id=request.application.id,
        redirect_uri=request.redirect_uri,
        scopes=request.scopes,
        code_challenge=request.code_challenge,
        created_at=clock.now(),
        used_at=None,
        token_id=None,
    )
    await token_queries.insert_authorization_code(conn, code)
    return crypto.join_token(code.id, secret)


def granted_url(request: AuthorizationRequest, code: str) -> str | None:
    """Where the browser goes with the code; None when it is to be shown."""
    return None if request.out_of_band else _with_answer(request.redirect_uri, request.state, {"code": code})


def denied_url(request: AuthorizationRequest) -> str | None:
    """Where the browser goes when the member says no; None when there is nowhere."""
    if request.out_of_band:
        return None
    answer = {"error": "access_denied", "error_description": "The member denied the request"}
    return _with_answer(request.redirect_uri, request.state, answer)


def _requested_scopes(application: Application, params: AuthorizationParams) -> tuple[str, ...]:
    try:
        return _scopes_within(application, params.scope)
    except InvalidScope as refusal:
        raise _refused(params, refusal.code, refusal.shown) from None


def _scopes_within(application: Application, text: str) -> tuple[str, ...]:
    try:
        scopes = parse_scopes(text)
    except Invalid:
        raise InvalidScope from None
    if not covers_all(application.scopes, scopes):
        raise InvalidScope
    return scopes


def _checked_challenge(params: AuthorizationParams) -> str | None:
    if not params.code_challenge and not params.code_challenge_method:
        return None
    if params.code_challenge_method != "S256":
        raise _refused(params, "invalid_request", "The code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(params.code_challenge):
        raise _refused(params, "invalid_request", "The code_challenge must be a SHA-256 in base64url")
    return params.code_challenge


def _refused(params: AuthorizationParams, code: str, sentence: str) -> AuthorizationRefused:
    if params.redirect_uri == OUT_OF_BAND:
        return AuthorizationRefused(code, sentence)
    answer = {"error": code, "error_description": sentence}
    return AuthorizationRefused(code, sentence, _with_answer(params.redirect_uri, params.state, answer))


def _with_answer(redirect_uri: str, state: str, answer: Mapping[str, str]) -> str:
    pairs = {**answer, "state": state} if state else answer
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(pairs)}"


# Grants that become tokens


async def exchange_code(
    conn: Connection, client: Client, *, code: str, redirect_uri: str, code_verifier: str, user_agent: str
) -> IssuedToken:
    """Raises InvalidGrant; CodeReplayed asks the door to revoke, in a new transaction, what the code had made."""
    found = await _lock_code(conn, client, code)
    if found.used_at is not None:
        raise CodeReplayed(found.token_id)
    if clock.now() - found.created_at > CODE_LIFETIME or found.redirect_uri != redirect_uri:
        raise InvalidGrant
    _check_verifier(found, code_verifier)
    if found.code_challenge is None and not client.proven:
        raise InvalidClient
    issued = await issue_token(
        conn,
        account_id=found.account_id,
        application=client.application,
        scopes=found.scopes,
        user_agent=user_agent,
    )
    await token_queries.update_code_used(conn, found.id, issued.token.id, clock.now())
    return issued


async def _lock_code(conn: Connection, client: Client, code: str) -> AuthorizationCode:
    parts = crypto.split_token(code)
    found = await token_queries.lock_authorization_code(conn, parts[0]) if parts is not None else None
    if parts is None or found is None or not crypto.secret_matches(parts[1], found.secret_hash):
        raise InvalidGrant
    if found.application_id != client.application.id:
        raise InvalidGrant
    return found


def _check_verifier(code: AuthorizationCode, verifier: str) -> None:
    if code.code_challenge is None:
        # Asked for without a challenge: whoever brings a verifier now holds a code that was swapped.
        if verifier:
            raise InvalidGrant
        return
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(challenge, code.code_challenge):
        raise InvalidGrant


async def grant_to_application(conn: Connection, client: Client, scope: str) -> IssuedToken:
    """client_credentials: a token of the application itself, which sees what anyone may and can sign people up."""
    if not client.proven:
        raise InvalidClient
    scopes = _scopes_within(client.application, scope)
    return await issue_token(conn, account_id=None, application=client.application, scopes=scopes)


async def grant_to_member(
    conn: Connection, client: Client, member: ProvenMember, scope: str, user_agent: str
) -> IssuedToken:
    """The password grant. Raises LoginNotReady for a member who may not act (yet)."""
    if not client.proven:
        raise InvalidClient
    await require_ready(conn, member)
    return await issue_token(
        conn,
        account_id=member.account_id,
        application=client.application,
        scopes=_scopes_within(client.application, scope),
        user_agent=user_agent,
    )


# Revoking


async def revoke_presented(conn: Connection, tokens: TokenCache, client: Client, bearer: str) -> None:
    """RFC 7009: an unknown token is revoked already. Raises UnauthorizedClient for another application's."""
    parts = crypto.split_token(bearer)
    token = await token_queries.find_access_token(conn, parts[0]) if parts is not None else None
    if parts is None or token is None or not crypto.secret_matches(parts[1], token.secret_hash):
        return
    if token.application_id != client.application.id:
        raise UnauthorizedClient
    await revoke_token(conn, tokens, token.id)
