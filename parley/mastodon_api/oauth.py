"""Applications, tokens and signing up: /api/v1/apps, /oauth/*, POST /api/v1/accounts, confirmations.

https://docs.joinmastodon.org/methods/apps/, oauth/, accounts/#create, emails/
"""

import base64
import binascii
from urllib.parse import unquote_plus

import msgspec

from parley.identity import applications, oauth
from parley.identity.accounts import require_account_by_id
from parley.identity.admission import admit_email, admit_sign_up, note_login_address
from parley.identity.applications import authenticate_client
from parley.identity.confirmation import resend_confirmation
from parley.identity.email_change import correct_email
from parley.identity.errors import (
    CodeReplayed,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    LoginNotReady,
    UnauthorizedClient,
    UnsupportedGrantType,
    WrongCode,
    WrongPassword,
)
from parley.identity.login import check_password, sign_in_name
from parley.identity.second_factor import prove_code
from parley.identity.signup import SignUpForm, check_sign_up, prepare_sign_up, sign_up
from parley.identity.tokens import IssuedToken, issue_token, revoke_token
from parley.kit.client_address import client_address
from parley.kit.errors import BadRequest, Forbidden, Invalid
from parley.kit.rate_limit import CONFIRMATIONS
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.token import (
    ApplicationEntity,
    ServerMetadata,
    Token,
    UserInfo,
    server_metadata,
    to_application,
    to_credential_application,
    to_token,
    to_user_info,
)
from parley.notifications.push import public_push_key

_NOT_TO_BE_STORED = {"cache-control": "no-store", "pragma": "no-cache"}


class ApplicationParams(msgspec.Struct, frozen=True):
    client_name: str = ""
    redirect_uris: str | list[str] = ""
    scopes: str = ""
    website: str | None = None


class TokenParams(msgspec.Struct, frozen=True):
    grant_type: str = ""
    client_id: str = ""
    client_secret: str = ""
    code: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""
    scope: str = ""
    username: str = ""
    password: str = ""
    otp: str = ""


class ResendParams(msgspec.Struct, frozen=True):
    email: str = ""


class RevokeParams(msgspec.Struct, frozen=True):
    client_id: str = ""
    client_secret: str = ""
    token: str = ""


# Applications


async def create_application(call: Call) -> Answer:
    params = await call.params(ApplicationParams)
    uris = params.redirect_uris if isinstance(params.redirect_uris, list) else [params.redirect_uris]
    async with call.database.transaction() as conn:
        registered = await applications.register_application(
            conn,
            name=params.client_name,
            redirect_uris=uris,
            scopes=params.scopes,
            website=params.website,
        )
        push_key = await public_push_key(conn)
    return json_answer(to_credential_application(registered, push_key))


async def verify_application(call: Call) -> Answer:
    async with call.database.reading() as conn:
        application = await applications.application_of_viewer(conn, call.viewer)
        push_key = await public_push_key(conn)
    return json_answer(to_application(application, push_key))


# Tokens


async def create_token(call: Call) -> Answer:
    params = await _token_params(call)
    if params.grant_type == "password":
        issued = await _grant_for_password(call, params)
    elif params.grant_type in {"authorization_code", "client_credentials"}:
        issued = await _grant(call, params)
    else:
        raise UnsupportedGrantType
    return json_answer(to_token(issued), headers=_NOT_TO_BE_STORED)


async def _token_params(call: Call) -> TokenParams:
    """OAuth has words and a status of its own for what can't be read."""
    try:
        params = await call.params(TokenParams)
    except (BadRequest, Invalid) as refusal:
        raise InvalidRequest(refusal.shown) from None
    if not params.grant_type:
        raise InvalidRequest("Missing required parameter: grant_type")
    client_id, client_secret = _basic_credentials(call)
    if client_id:
        params = msgspec.structs.replace(params, client_id=client_id, client_secret=client_secret)
    if not params.client_id:
        raise InvalidClient
    return params


def _basic_credentials(call: Call) -> tuple[str, str]:
    scheme, _, encoded = (call.header("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidClient from None
    client_id, _, client_secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(client_secret)


async def _grant(call: Call, params: TokenParams) -> IssuedToken:
    try:
        async with call.database.transaction() as conn:
            client = await authenticate_client(conn, params.client_id, params.client_secret)
            if params.grant_type == "client_credentials":
                return await oauth.grant_to_application(conn, client, params.scope)
            return await oauth.exchange_code(
                conn,
                client,
                code=params.code,
                redirect_uri=params.redirect_uri,
                code_verifier=params.code_verifier,
                user_agent=call.header("user-agent") or "",
            )
    except CodeReplayed as refusal:
        # The refusal undid its own transaction, and the revocation must not be undone.
        if refusal.token_id is not None:
            async with call.database.transaction() as conn:
                await revoke_token(conn, call.tokens, refusal.token_id)
        raise


async def _grant_for_password(call: Call, params: TokenParams) -> IssuedToken:
    if not call.settings.password_grant:
        raise UnsupportedGrantType
    await call.limiter.spend_sign_in(call.database, sign_in_name(params.username), call.request.scope)
    async with call.database.reading() as conn:
        client = await authenticate_client(conn, params.client_id, params.client_secret)
    try:
        member = await check_password(call.database, params.username, params.password)
        if params.otp:
            member = await prove_code(call.database, member, params.otp)
        address = client_address(call.scope, call.settings.trusted_proxies)
        async with call.database.transaction() as conn:
            issued = await oauth.grant_to_member(
                conn, client, member, params.scope, call.header("user-agent") or ""
            )
            await note_login_address(conn, member.account_id, address, call.settings.keep_addresses_days)
            return issued
    except (WrongPassword, WrongCode):
        raise InvalidGrant from None
    except LoginNotReady as refusal:
        raise InvalidGrant(refusal.shown) from None


async def revoke(call: Call) -> Answer:
    params = await call.params(RevokeParams)
    client_id, client_secret = _basic_credentials(call)
    if not client_id:
        client_id, client_secret = params.client_id, params.client_secret
    async with call.database.transaction() as conn:
        try:
            client = await authenticate_client(conn, client_id, client_secret)
        except InvalidClient:
            raise UnauthorizedClient from None
        await oauth.revoke_presented(conn, call.tokens, client, params.token)
    return json_answer({})


async def user_info(call: Call) -> Answer:
    async with call.database.reading() as conn:
        view = await require_account_by_id(conn, call.account_id)
    return json_answer(to_user_info(call.settings, view.account))


async def metadata(call: Call) -> Answer:
    return json_answer(server_metadata(call.settings))


# Signing up


async def create_account(call: Call) -> Answer:
    """Answers with a token at once; it serves when the address is confirmed and the sign-up approved."""
    if call.viewer.account_id is not None:
        raise Forbidden("This method takes an application's own token")
    form = await call.params(SignUpForm)
    check_sign_up(call.settings, form)
    await call.limiter.spend_sign_up(call.database, call.request.scope)
    address = client_address(call.scope, call.settings.trusted_proxies)
    admission = await admit_sign_up(call.database, form.email, address)
    prepared = await prepare_sign_up(call.settings, form, admission)
    async with call.database.transaction() as conn:
        application = await applications.application_of_viewer(conn, call.viewer)
        account_id = await sign_up(conn, call.settings, prepared, application.id)
        await note_login_address(conn, account_id, address, call.settings.keep_addresses_days)
        issued = await issue_token(
            conn,
            account_id=account_id,
            application=application,
            scopes=application.scopes,
            user_agent=call.header("user-agent") or "",
        )
    return json_answer(to_token(issued), headers=_NOT_TO_BE_STORED)


async def resend(call: Call) -> Answer:
    """To another address than that of the sign-up, if one is named."""
    params = await call.params(ResendParams)
    await call.limiter.spend_budget(call.database, CONFIRMATIONS, call.account_id)
    if params.email:
        await admit_email(
            call.database, params.email, client_address(call.scope, call.settings.trusted_proxies)
        )
    async with call.database.transaction() as conn:
        if params.email:
            await correct_email(conn, call.settings, call.viewer, params.email)
        else:
            await resend_confirmation(conn, call.settings, call.viewer)
    return json_answer({})


ROUTES: tuple[Route, ...] = (
    Route(
        "POST", "/api/v1/apps", create_application, "anyone", takes=ApplicationParams, gives=ApplicationEntity
    ),
    Route("GET", "/api/v1/apps/verify_credentials", verify_application, "token", gives=ApplicationEntity),
    Route("POST", "/oauth/token", create_token, "anyone", takes=TokenParams, gives=Token),
    Route("POST", "/oauth/revoke", revoke, "anyone", takes=RevokeParams, gives=Nothing),
    Route("GET", "/oauth/userinfo", user_info, "member", "profile", also=("POST",), gives=UserInfo),
    Route("GET", "/.well-known/oauth-authorization-server", metadata, "anyone", gives=ServerMetadata),
    Route(
        "POST", "/api/v1/accounts", create_account, "token", "write:accounts", takes=SignUpForm, gives=Token
    ),
    Route("POST", "/api/v1/emails/confirmations", resend, "unready", takes=ResendParams, gives=Nothing),
)
