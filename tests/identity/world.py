"""Members with known passwords, applications, and tokens, made through the acts."""

from typing import Any

import msgspec

from parley.identity import login_queries, queries
from parley.identity.addresses import handle_key
from parley.identity.applications import RegisteredApplication, register_application
from parley.identity.email_addresses import claim_address
from parley.identity.passwords import PasswordHash
from parley.identity.private_words import PrivateWords, with_words
from parley.identity.signup import new_account, new_user
from parley.identity.tokens import IssuedToken, issue_token
from parley.identity.viewer import Viewer
from parley.kit import crypto
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of, new_account_id
from parley.kit.owners_keys import lasting_key

PASSWORD = "correct horse battery"
CALLBACK = "https://app.test/callback"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


async def make_member(conn: Connection, username: str, **changes: Any) -> AccountId:
    """`username@mail.test` with PASSWORD; `changes` are columns of its user."""
    account_id = new_account_id()
    await queries.claim_handle(conn, handle_key(username), account_id)
    await queries.insert_account(conn, new_account(account_id, username))
    await queries.insert_account_counts(conn, account_id)
    words = PrivateWords(changes.pop("email", f"{username}@mail.test"), changes.pop("sign_up_reason", ""))
    user = new_user(account_id, PasswordHash(await crypto.hash_password(PASSWORD)))
    key = await lasting_key(conn, account_id)
    user = msgspec.structs.replace(await with_words(conn, key, user, words), **changes)
    await login_queries.insert_user(conn, user)
    await claim_address(conn, words.email, account_id)
    return account_id


async def make_application(conn: Connection, scopes: str = "read write follow push") -> RegisteredApplication:
    return await register_application(
        conn, name="Test app", redirect_uris=[f"{CALLBACK}\n{OUT_OF_BAND}"], scopes=scopes, website=None
    )


async def make_token(
    conn: Connection,
    account_id: AccountId | None,
    scopes: str = "read write follow push profile",
    registered: RegisteredApplication | None = None,
) -> IssuedToken:
    registered = registered or await make_application(conn, scopes)
    return await issue_token(
        conn, account_id=account_id, application=registered.application, scopes=tuple(scopes.split())
    )


def viewer_of(issued: IssuedToken) -> Viewer:
    return Viewer(
        account_id=issued.token.account_id,
        token_id=issued.token.id,
        application_id=issued.token.application_id,
        scopes=frozenset(issued.token.scopes),
    )


def bearer(issued: IssuedToken) -> dict[str, str]:
    return {"authorization": f"Bearer {issued.bearer}"}


async def change_user(conn: Connection, account_id: AccountId, **changes: Any) -> None:
    for column, value in changes.items():
        await conn.execute(
            f"update users set {column} = $3 where bucket = $1 and account_id = $2",
            bucket_of(account_id),
            account_id,
            value,
        )


async def suspend(conn: Connection, account_id: AccountId, at: Any) -> None:
    await conn.execute(
        "update accounts set suspended_at = $3 where bucket = $1 and id = $2",
        bucket_of(account_id),
        account_id,
        at,
    )
