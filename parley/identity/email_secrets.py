"""Secrets sent by mail: 256 bits, for one purpose, once, and not for long."""

from datetime import timedelta
from typing import Literal

from parley.identity import login_queries
from parley.identity.email_addresses import email_hash
from parley.identity.errors import SecretSpent
from parley.identity.login_queries import EmailToken
from parley.identity.models import User
from parley.identity.private_words import hash_of_email, open_email, seal_email
from parley.kit import clock, crypto
from parley.kit.db import Connection
from parley.kit.ids import new_id

Purpose = Literal["confirm", "reset", "change"]
LIFETIMES: dict[Purpose, timedelta] = {
    "confirm": timedelta(days=2),
    "reset": timedelta(hours=1),
    "change": timedelta(days=1),
}


async def make_secret(conn: Connection, user: User, purpose: Purpose, new_email: str | None = None) -> str:
    """Good for as long as the member's address is the present one. `new_email`: what it is to become, for a change."""
    secret = crypto.new_secret()
    token_id = new_id(user.account_id)
    token = EmailToken(
        id=token_id,
        account_id=user.account_id,
        purpose=purpose,
        secret_hash=crypto.hash_secret(secret),
        open_email="",
        created_at=clock.now(),
        used_at=None,
        email_hash=await hash_of_email(conn, user) if new_email is None else None,
        sealed=None
        if new_email is None
        else await seal_email(conn, user.account_id, _place(token_id), new_email),
    )
    await login_queries.insert_email_token(conn, token)
    return crypto.join_token(token.id, secret)


async def require_secret(conn: Connection, presented: str, purpose: Purpose) -> User:
    """Whose it is. Held until the transaction ends; raises SecretSpent when it serves no more."""
    token = await _require_token(conn, presented, purpose)
    user = await login_queries.find_user(conn, token.account_id)
    if user is None or await hash_of_email(conn, user) != await _hash_in(conn, token):
        raise SecretSpent
    return user


async def require_change(conn: Connection, presented: str) -> tuple[User, str]:
    """The member, and the address that the secret was sent to and is to be theirs. Raises SecretSpent."""
    token = await _require_token(conn, presented, "change")
    user = await login_queries.find_user(conn, token.account_id)
    if user is None:
        raise SecretSpent
    if token.sealed is None:
        return user, token.open_email
    return user, await open_email(conn, _place(token.id), token.sealed)


def _place(token_id: int) -> str:
    return f"address to be {token_id}"


async def _hash_in(conn: Connection, token: EmailToken) -> bytes | None:
    return await email_hash(conn, token.open_email) if token.open_email else token.email_hash


async def _require_token(conn: Connection, presented: str, purpose: Purpose) -> EmailToken:
    parts = crypto.split_token(presented)
    token = await login_queries.lock_email_token(conn, parts[0]) if parts is not None else None
    if parts is None or token is None or not crypto.secret_matches(parts[1], token.secret_hash):
        raise SecretSpent
    over = clock.now() - token.created_at > LIFETIMES[purpose]
    if token.purpose != purpose or token.used_at is not None or over:
        raise SecretSpent
    return token


async def spend_secrets(conn: Connection, user: User, purpose: Purpose) -> None:
    """All the member has for this purpose: once one has served, none serves again."""
    await login_queries.update_email_tokens_used(conn, user.account_id, purpose, clock.now())
