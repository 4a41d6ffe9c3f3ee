"""Sessions: what a member is signed in with, browsers and applications alike; starting, listing, revoking."""

from datetime import datetime, timedelta

import msgspec

from parley.identity import token_queries
from parley.identity.login import ProvenMember, require_ready
from parley.identity.models import AccessToken
from parley.identity.tokens import IssuedToken, TokenCache, issue_token, revoke_token
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import TokenId

BROWSER_SCOPES = ("read", "write", "follow", "push", "profile")
SESSION_LIFETIME = timedelta(days=180)
SESSIONS_LISTED_MAX = 100

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_DESCRIPTION_LENGTH_MAX = 40


class Session(msgspec.Struct, frozen=True):
    """A line of the member's list. `current` is the one that asks."""

    token_id: TokenId
    application_name: str
    browser: bool
    device: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    current: bool


async def start_session(conn: Connection, member: ProvenMember, user_agent: str) -> IssuedToken:
    """The bearer token is the browser's cookie. Raises LoginNotReady for a member who may not act (yet)."""
    await require_ready(conn, member)
    return await issue_token(
        conn,
        account_id=member.account_id,
        application=None,
        scopes=BROWSER_SCOPES,
        user_agent=user_agent,
        lifetime=SESSION_LIFETIME,
    )


async def end_session(conn: Connection, tokens: TokenCache, viewer: Viewer) -> None:
    if viewer.token_id is not None:
        await revoke_token(conn, tokens, viewer.token_id)


async def list_sessions(conn: Connection, viewer: Viewer) -> list[Session]:
    """Newest first, browsers and applications."""
    account_id = require_account(viewer)
    found = await token_queries.valid_tokens_by_account(conn, account_id, clock.now(), SESSIONS_LISTED_MAX)
    return [_session(token, viewer) for token in found]


async def revoke_session(conn: Connection, tokens: TokenCache, viewer: Viewer, token_id: int) -> None:
    """Raises NotFound for what is not the member's own."""
    token = await token_queries.find_access_token(conn, token_id)
    if token is None or token.account_id != require_account(viewer):
        raise NotFound
    await revoke_token(conn, tokens, token.id)


async def revoke_other_sessions(conn: Connection, tokens: TokenCache, viewer: Viewer) -> int:
    """Browsers and applications, all but the one that asks, and codes not yet fetched; returns how many there were."""
    account_id = require_account(viewer)
    revoked = await token_queries.update_tokens_revoked(conn, account_id, clock.now(), viewer.token_id)
    await token_queries.update_codes_used(conn, account_id, clock.now())
    tokens.announce_changed(conn, account_id)
    return revoked


def describe_user_agent(user_agent: str) -> str:
    """`Firefox on Linux` for browsers; for others the beginning of what they call themselves."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return user_agent[:_DESCRIPTION_LENGTH_MAX]


def _session(token: AccessToken, viewer: Viewer) -> Session:
    return Session(
        token_id=token.id,
        application_name=token.application_name,
        browser=token.application_id is None,
        device=describe_user_agent(token.user_agent),
        scopes=token.scopes,
        created_at=token.created_at,
        last_used_at=token.last_used_at,
        current=token.id == viewer.token_id,
    )
