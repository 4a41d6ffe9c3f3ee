"""TokenCache: bearer token to Viewer, remembered for seconds; issuing and revoking tokens."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from parley.identity import login_queries, token_queries
from parley.identity.errors import AddressUnconfirmed, ApprovalPending, LoginDisabled, LoginSuspended
from parley.identity.events import MemberReturned
from parley.identity.models import AccessToken, Application
from parley.identity.token_queries import PresentedToken
from parley.identity.viewer import ANONYMOUS, Viewer
from parley.kit import clock, crypto
from parley.kit.db import Connection, Database
from parley.kit.errors import Unauthorized
from parley.kit.events import emit
from parley.kit.ids import AccountId, TokenId, new_id
from parley.kit.pubsub import PubSub

TOKEN_REVOKED_TOPIC = "token_revoked"  # noqa: S105 - the name of a topic
LOGIN_CHANGED_TOPIC = "login_changed"

_LIFETIME_SECONDS = 10.0
_ENTRIES_MAX = 20_000
_HEADER_BYTES_MAX = 200
_USER_AGENT_LENGTH_MAX = 200


class TokenCache:
    """One per process. A remembered viewer is at most ten seconds old; of a revocation it hears sooner."""

    __slots__ = ("_changes", "_entries")

    def __init__(self) -> None:
        self._entries: dict[bytes, tuple[Viewer, float]] = {}
        self._changes = 0

    async def viewer_of_request(
        self, database: Database, scope: Mapping[str, Any], *, unready: bool = False
    ) -> Viewer:
        """Hot path: every request, 1.5 µs for a token that is remembered.

        Raises Unauthorized for a token that is not valid, and LoginNotReady for a member who may not act
        (yet), unless `unready` members are welcome.
        """
        for name, value in scope["headers"]:
            if name == b"authorization":
                entry = self._entries.get(hashlib.sha256(value).digest())
                if entry is not None and entry[1] > clock.now_seconds():
                    return entry[0]
                return await self._viewer_of_header(database, value, unready=unready)
        return ANONYMOUS

    async def viewer_of_bearer(self, database: Database, bearer: str) -> Viewer:
        """The same for a token that came another way: a page's cookie, a socket's protocol."""
        value = b"Bearer " + bearer.encode()
        entry = self._entries.get(hashlib.sha256(value).digest())
        if entry is not None and entry[1] > clock.now_seconds():
            return entry[0]
        return await self._viewer_of_header(database, value, unready=False)

    def listen(self, pubsub: PubSub) -> None:
        """Forgets what other processes revoke."""
        pubsub.subscribe(TOKEN_REVOKED_TOPIC, lambda text: self.forget(TokenId(int(text))))
        pubsub.subscribe(LOGIN_CHANGED_TOPIC, lambda text: self.forget_account(AccountId(int(text))))
        pubsub.on_reconnect(self.clear)

    def forget(self, token_id: TokenId) -> None:
        self._changes += 1
        for key in [key for key, entry in self._entries.items() if entry[0].token_id == token_id]:
            del self._entries[key]

    def forget_account(self, account_id: AccountId) -> None:
        self._changes += 1
        for key in [key for key, entry in self._entries.items() if entry[0].account_id == account_id]:
            del self._entries[key]

    def clear(self) -> None:
        self._changes += 1
        self._entries.clear()

    def announce_revoked(self, conn: Connection, token_id: TokenId) -> None:
        """Once the open transaction has committed, no process remembers the token."""
        conn.after_commit(lambda: self.forget(token_id))
        conn.publish_after_commit(TOKEN_REVOKED_TOPIC, str(token_id))

    def announce_changed(self, conn: Connection, account_id: AccountId) -> None:
        """The same for all tokens of an account: its role or standing changed, or many were revoked."""
        conn.after_commit(lambda: self.forget_account(account_id))
        conn.publish_after_commit(LOGIN_CHANGED_TOPIC, str(account_id))

    async def _viewer_of_header(self, database: Database, value: bytes, *, unready: bool) -> Viewer:
        scheme, _, bearer = value.partition(b" ")
        if scheme.lower() != b"bearer":
            return ANONYMOUS
        changes = self._changes
        async with database.reading() as conn:
            found = await find_valid_token(conn, bearer.decode("latin-1"))
        if found is None:
            raise Unauthorized
        ready = _is_ready(found)
        if not ready and not unready:
            _refuse_unready(found)
        viewer = _viewer_of(found)
        if ready:
            await _note_use(database, found)
            # What was revoked while this was read may have been read before.
            if self._changes == changes:
                self._remember(hashlib.sha256(value).digest(), viewer)
        return viewer

    def _remember(self, key: bytes, viewer: Viewer) -> None:
        # Taken out first, so that the entries stand in the order in which they end.
        self._entries.pop(key, None)
        if len(self._entries) >= _ENTRIES_MAX:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (viewer, clock.now_seconds() + _LIFETIME_SECONDS)


async def find_valid_token(conn: Connection, bearer: str) -> PresentedToken | None:
    """The row of a bearer token, unless it is unknown, revoked or expired."""
    parts = crypto.split_token(bearer.strip()) if len(bearer) <= _HEADER_BYTES_MAX else None
    if parts is None:
        return None
    token_id, secret = parts
    found = await token_queries.find_presented_token(conn, token_id)
    if found is None or not crypto.secret_matches(secret, found.secret_hash) or found.revoked_at is not None:
        return None
    if found.expires_at is not None and found.expires_at <= clock.now():
        return None
    # A member who is gone leaves tokens of nobody.
    return None if found.account_id is not None and found.role is None else found


async def good_tokens(conn: Connection, token_ids: Sequence[TokenId]) -> set[TokenId]:
    """Those of these tokens with which somebody may act just now: for what stays open for long."""
    return set(await token_queries.good_token_ids(conn, token_ids, clock.now()))


def _is_ready(found: PresentedToken) -> bool:
    if found.account_id is None:
        return True
    return bool(found.confirmed and found.approved and not found.disabled and not found.suspended)


def _refuse_unready(found: PresentedToken) -> None:
    if found.account_id is not None:
        refuse_unready(
            found.account_id,
            confirmed=bool(found.confirmed),
            approved=bool(found.approved),
            disabled=bool(found.disabled),
            suspended=bool(found.suspended),
        )


def refuse_unready(
    account_id: AccountId, *, confirmed: bool, approved: bool, disabled: bool, suspended: bool
) -> None:
    """Raises what keeps the member from acting, if anything does; the weightiest first."""
    if suspended:
        raise LoginSuspended(account_id)
    if disabled:
        raise LoginDisabled(account_id)
    if not confirmed:
        raise AddressUnconfirmed(account_id)
    if not approved:
        raise ApprovalPending(account_id)


async def _note_use(database: Database, found: PresentedToken) -> None:
    """At most once a day each: who was active lately decides whose timelines are written ahead."""
    now = clock.now()
    today = now.date()
    token_noted = found.last_used_at is not None and found.last_used_at.date() >= today
    member_noted = found.last_active_on is not None and found.last_active_on >= today
    if token_noted and (member_noted or found.account_id is None):
        return
    async with database.transaction() as conn:
        if not token_noted:
            await token_queries.update_token_used(conn, found.id, now)
        if found.account_id is not None and not member_noted:
            await _note_member(conn, found.account_id, found.last_active_on, today)


async def _note_member(conn: Connection, account_id: AccountId, last: date | None, today: date) -> None:
    noted = await login_queries.update_active_on(conn, account_id, today)
    # What wasn't written ahead while its reader was away must be filled in again.
    if noted and (last is None or today - last > timedelta(days=1)):
        await emit(conn, MemberReturned(account_id))


def _viewer_of(found: PresentedToken) -> Viewer:
    return Viewer(
        account_id=found.account_id,
        token_id=found.id,
        application_id=found.application_id,
        application_name=found.application_name,
        application_website=found.application_website,
        scopes=frozenset(found.scopes),
        role=found.role or "user",
        joined_at=found.joined_at,
    )


# Issuing and revoking


class IssuedToken(msgspec.Struct, frozen=True):
    """The one moment at which the bearer token itself is known: the row holds its hash."""

    bearer: str
    token: AccessToken


async def issue_token(
    conn: Connection,
    *,
    account_id: AccountId | None,
    application: Application | None,
    scopes: tuple[str, ...],
    user_agent: str = "",
    lifetime: timedelta | None = None,
) -> IssuedToken:
    """For a member through an application, an application alone, or a member's browser."""
    secret = crypto.new_secret()
    token = make_token_row(secret, account_id, application, scopes, user_agent, lifetime)
    await token_queries.insert_access_token(conn, token)
    return IssuedToken(crypto.join_token(token.id, secret), token)


def make_token_row(
    secret: str,
    account_id: AccountId | None,
    application: Application | None,
    scopes: tuple[str, ...],
    user_agent: str = "",
    lifetime: timedelta | None = None,
) -> AccessToken:
    owner_id = account_id if account_id is not None else application.id if application is not None else None
    if owner_id is None:
        raise ValueError("a token belongs to an account or an application")
    now = clock.now()
    return AccessToken(
        id=TokenId(new_id(owner_id)),
        secret_hash=crypto.hash_secret(secret),
        account_id=account_id,
        application_id=application.id if application is not None else None,
        application_name=application.name if application is not None else "Web",
        application_website=application.website if application is not None else None,
        scopes=scopes,
        user_agent="".join(character for character in user_agent if character.isprintable())[
            :_USER_AGENT_LENGTH_MAX
        ],
        created_at=now,
        last_used_at=None,
        expires_at=now + lifetime if lifetime is not None else None,
        revoked_at=None,
    )


async def revoke_token(conn: Connection, tokens: TokenCache, token_id: TokenId) -> None:
    if await token_queries.update_token_revoked(conn, token_id, clock.now()):
        tokens.announce_revoked(conn, token_id)
