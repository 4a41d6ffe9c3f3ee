"""Token, Application, CredentialApplication, UserInfo and the server's OAuth metadata, as structs.

https://docs.joinmastodon.org/entities/Token/, Application/, CredentialApplication/
"""

import msgspec

from parley.identity.addresses import account_uri, account_url, avatar_url
from parley.identity.applications import RegisteredApplication
from parley.identity.models import Account, Application
from parley.identity.scopes import ALL_SCOPES
from parley.identity.tokens import IssuedToken
from parley.kit.config import Settings


class Token(msgspec.Struct, frozen=True):
    """`created_at` is in Unix seconds, unlike all other times of this API."""

    access_token: str
    token_type: str
    scope: str
    created_at: int


class ApplicationEntity(msgspec.Struct, frozen=True, kw_only=True):
    """`redirect_uri` is the deprecated form of the list: one a line."""

    id: str
    name: str
    website: str | None
    scopes: tuple[str, ...]
    redirect_uri: str
    redirect_uris: tuple[str, ...]
    # Deprecated: the key for push stands in the instance's configuration. Apps still read it.
    vapid_key: str


class CredentialApplication(ApplicationEntity, frozen=True, kw_only=True):
    """An expiry of nought means never."""

    client_id: str
    client_secret: str
    client_secret_expires_at: int = 0


class UserInfo(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    name: str
    preferred_username: str
    profile: str
    picture: str


class ServerMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 8414."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    userinfo_endpoint: str
    app_registration_endpoint: str
    service_documentation: str = "https://docs.joinmastodon.org/spec/oauth/"
    scopes_supported: tuple[str, ...] = ALL_SCOPES
    response_types_supported: tuple[str, ...] = ("code",)
    response_modes_supported: tuple[str, ...] = ("query",)
    grant_types_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...] = (
        "client_secret_basic",
        "client_secret_post",
        "none",
    )
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)


def to_token(issued: IssuedToken) -> Token:
    return Token(
        access_token=issued.bearer,
        token_type="Bearer",  # noqa: S106 - the name of the type
        scope=" ".join(issued.token.scopes),
        created_at=int(issued.token.created_at.timestamp()),
    )


def to_application(application: Application, push_key: str) -> ApplicationEntity:
    return ApplicationEntity(
        id=str(application.id),
        name=application.name,
        website=application.website,
        scopes=application.scopes,
        redirect_uri="\n".join(application.redirect_uris),
        redirect_uris=application.redirect_uris,
        vapid_key=push_key,
    )


def to_credential_application(registered: RegisteredApplication, push_key: str) -> CredentialApplication:
    public = msgspec.structs.asdict(to_application(registered.application, push_key))
    return CredentialApplication(
        **public, client_id=str(registered.application.id), client_secret=registered.secret
    )


def to_user_info(settings: Settings, account: Account) -> UserInfo:
    return UserInfo(
        iss=settings.base_url,
        sub=account_uri(settings.base_url, account),
        name=account.display_name or account.username,
        preferred_username=account.username,
        profile=account_url(settings.base_url, account),
        picture=avatar_url(settings.base_url, account),
    )


def server_metadata(settings: Settings) -> ServerMetadata:
    base = settings.base_url
    grants = ("authorization_code", "client_credentials")
    return ServerMetadata(
        issuer=base,
        authorization_endpoint=f"{base}/oauth/authorize",
        token_endpoint=f"{base}/oauth/token",
        revocation_endpoint=f"{base}/oauth/revoke",
        userinfo_endpoint=f"{base}/oauth/userinfo",
        app_registration_endpoint=f"{base}/api/v1/apps",
        grant_types_supported=(*grants, "password") if settings.password_grant else grants,
    )
