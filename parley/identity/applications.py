"""Applications: registering one, and knowing one again by its id and secret."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from parley.identity import token_queries
from parley.identity.errors import InvalidClient
from parley.identity.models import Application
from parley.identity.scopes import parse_scopes
from parley.identity.viewer import Viewer
from parley.kit import clock, crypto
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import ApplicationId, new_random_id, parse_id

# Shows the code on a page instead of redirecting: for programs that can't be redirected to.
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
NAME_LENGTH_MAX = 60
URI_LENGTH_MAX = 2000
REDIRECT_URIS_MAX = 20
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
# Schemes whose addresses a browser would run, or read from the disk, instead of going there.
_FORBIDDEN_SCHEMES = frozenset(
    {"javascript", "data", "vbscript", "file", "blob", "about", "view-source", "filesystem", "ws", "wss"}
)


class RegisteredApplication(msgspec.Struct, frozen=True):
    """The one moment at which the secret itself is known."""

    application: Application
    secret: str


class Client(msgspec.Struct, frozen=True):
    """An application that calls; `proven` when it showed its secret, which public ones can't keep."""

    application: Application
    proven: bool


async def register_application(
    conn: Connection, *, name: str, redirect_uris: Sequence[str], scopes: str, website: str | None
) -> RegisteredApplication:
    """`redirect_uris` as they came: each may hold several, a line each. Raises Invalid."""
    secret = crypto.new_secret()
    application = Application(
        id=ApplicationId(new_random_id()),
        secret_hash=crypto.hash_secret(secret),
        name=_checked_name(name),
        website=_checked_website(website),
        redirect_uris=_checked_redirect_uris(redirect_uris),
        scopes=parse_scopes(scopes),
        created_at=clock.now(),
    )
    await token_queries.insert_application(conn, application)
    return RegisteredApplication(application, secret)


async def find_client_application(conn: Connection, client_id: str) -> Application | None:
    application_id = parse_id(client_id)
    return None if application_id is None else await token_queries.find_application(conn, application_id)


async def authenticate_client(conn: Connection, client_id: str, client_secret: str | None) -> Client:
    """Raises InvalidClient for an unknown application and for a wrong secret."""
    application = await find_client_application(conn, client_id)
    if application is None:
        raise InvalidClient
    if client_secret and not crypto.secret_matches(client_secret, application.secret_hash):
        raise InvalidClient
    return Client(application, proven=bool(client_secret))


async def application_of_viewer(conn: Connection, viewer: Viewer) -> Application:
    """The application whose token this is. Raises NotFound: a browser's session has none."""
    found = None
    if viewer.application_id is not None:
        found = await token_queries.find_application(conn, viewer.application_id)
    if found is None:
        raise NotFound
    return found


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid("Validation failed: Application name can't be blank")
    if len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise Invalid(
            f"Validation failed: Application name is too long (maximum is {NAME_LENGTH_MAX}) or unprintable"
        )
    return name


def _checked_website(website: str | None) -> str | None:
    """It becomes a link beside each status that the application sends, so it must be a harmless one."""
    website = (website or "").strip()
    if not website:
        return None
    if len(website) > URI_LENGTH_MAX or not _is_web_address(website):
        raise Invalid("Validation failed: Website is not a valid URL")
    return website


def _checked_redirect_uris(given: Sequence[str]) -> tuple[str, ...]:
    uris = tuple(dict.fromkeys(uri for text in given for uri in text.split()))
    if not uris:
        raise Invalid("Validation failed: Redirect URI can't be blank")
    if len(uris) > REDIRECT_URIS_MAX:
        raise Invalid(f"Validation failed: there are too many redirect URIs (maximum is {REDIRECT_URIS_MAX})")
    for uri in uris:
        if not _is_redirect_uri(uri):
            raise Invalid("Validation failed: Redirect URI must be an absolute URI without a fragment")
    return uris


def _is_redirect_uri(uri: str) -> bool:
    scheme, colon, rest = uri.partition(":")
    if not colon or not rest or not _SCHEME.fullmatch(scheme) or scheme.lower() in _FORBIDDEN_SCHEMES:
        return False
    if len(uri) > URI_LENGTH_MAX or "#" in uri or "\\" in uri or not uri.isprintable():
        return False
    return _is_web_address(uri) if scheme.lower() in {"http", "https"} else True


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises on a wrong port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and url.isprintable()
        and not any(character in url for character in ' \\<>"')
    )
