"""Secrets sent by mail: 256 bits, for one purpose, once, and not for long."""

from datetime import timedelta
from typing import Literal

from parley.identity import login_queries
from parley.identity.errors import SecretSpent
from parley.identity.login_queries import EmailToken
from parley.identity.models import User
from parley.kit import clock, crypto
from parley.kit.db import Connection
from parley.kit.ids import new_id

Purpose = Literal["confirm", "reset", "change"]
LIFETIMES: dict[Purpose, timedelta] = {
    "confirm": timedelta(days=2),
    "reset": timedelta(hours=1),
    "change": timedelta(days=1),
}


async def make_secret(conn: Connection, user: User, purpose: Purpose) -> str:
    secret = crypto.new_secret()
    token = EmailToken(
        id=new_id(user.account_id),
        account_id=user.account_id,
        purpose=purpose,
        secret_hash=crypto.hash_secret(secret),
        email=user.email,
        created_at=clock.now(),
        used_at=None,
    )
    await login_queries.insert_email_token(conn, token)
    return crypto.join_token(token.id, secret)


async def require_secret(conn: Connection, presented: str, purpose: Purpose) -> User:
    """Whose it is. Held until the transaction ends; raises SecretSpent when it serves no more."""
    token = await _require_token(conn, presented, purpose)
    user = await login_queries.find_user(conn, token.account_id)
    if user is None or user.email != token.email:
        raise SecretSpent
    return user


async def require_change(conn: Connection, presented: str) -> tuple[User, str]:
    """The member, and the address that the secret was sent to and is to be theirs. Raises SecretSpent."""
    token = await _require_token(conn, presented, "change")
    user = await login_queries.find_user(conn, token.account_id)
    if user is None:
        raise SecretSpent
    return user, token.email


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
