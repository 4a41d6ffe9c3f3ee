"""Passwords: which will do, changing one, and choosing a new one through a mail."""

from typing import NewType

import msgspec

from parley.identity import login_queries, token_queries
from parley.identity.confirmation import ask_to_confirm
from parley.identity.email_addresses import find_holder, hash_asked_for, normal_email
from parley.identity.email_secrets import make_secret, require_secret, spend_secrets
from parley.identity.letters import send_password_changed, send_reset_link
from parley.identity.login import PASSWORD_LENGTH_MAX, ProvenMember, require_ready
from parley.identity.private_words import email_of
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer
from parley.kit import clock, crypto
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId
from parley.kit.jobs import defer
from parley.kit.owners_keys import lasting_key

# Only `prepare_password` makes one, so that none reaches the table unchecked or unhashed.
PasswordHash = NewType("PasswordHash", str)


class SendPasswordReset(msgspec.Struct, frozen=True):
    """The job that looks for the member; its row is all that a request for a reset ever causes at once.

    By a hash in hexadecimal digits: the address need not stand in another table. `email`: in rows from before.
    """

    email_hash: str = ""
    email: str = ""


def password_faults(settings: Settings, password: str) -> list[tuple[str, str]]:
    """The (code, sentence) pairs of what is wrong with a new password."""
    if not password:
        return [("ERR_BLANK", "can't be blank")]
    if len(password) < settings.password_length_min:
        return [("ERR_TOO_SHORT", f"is too short (minimum is {settings.password_length_min} characters)")]
    if len(password) > PASSWORD_LENGTH_MAX:
        return [("ERR_TOO_LONG", f"is too long (maximum is {PASSWORD_LENGTH_MAX} characters)")]
    return []


async def prepare_password(settings: Settings, password: str) -> PasswordHash:
    """To be called before the transaction opens: hashing takes long. Raises Invalid."""
    faults = password_faults(settings, password)
    if faults:
        raise Invalid(f"Validation failed: Password {faults[0][1]}", details={"password": faults})
    return PasswordHash(await crypto.hash_password(password))


async def change_password(
    conn: Connection,
    settings: Settings,
    tokens: TokenCache,
    viewer: Viewer,
    member: ProvenMember,
    new: PasswordHash,
) -> None:
    """By a member who just gave the old one. Signs the other browsers out and tells the member by mail.

    A change of address that somebody asked for before is off. Raises SecondFactorDue.
    """
    await require_ready(conn, member)
    await login_queries.update_password(conn, member.account_id, new)
    await token_queries.update_sessions_revoked(conn, member.account_id, clock.now(), viewer.token_id)
    await token_queries.update_codes_used(conn, member.account_id, clock.now())
    tokens.announce_changed(conn, member.account_id)
    user = await login_queries.find_user(conn, member.account_id)
    if user is not None:
        await spend_secrets(conn, user, "reset")
        await spend_secrets(conn, user, "change")
        await send_password_changed(conn, settings, user)


# Forgotten


async def request_reset(conn: Connection, email: str) -> None:
    """The same row whether or not anybody has the address, so the answer and its time are the same too."""
    normal = normal_email(email)
    if normal is not None:
        await defer(conn, SendPasswordReset((await hash_asked_for(conn, normal)).hex()))


async def answer_reset_request(conn: Connection, settings: Settings, asked: SendPasswordReset) -> None:
    """In the job: mails the link to the member who has the address, if there is one."""
    account_id = await _asked_about(conn, asked)
    user = None if account_id is None else await login_queries.find_user(conn, account_id)
    if user is None:
        return
    if user.confirmed_at is None:
        key = await lasting_key(conn, user.account_id)
        await ask_to_confirm(conn, settings, key, user, await email_of(conn, user))
    else:
        await send_reset_link(conn, settings, user, await make_secret(conn, user, "reset"))


async def _asked_about(conn: Connection, asked: SendPasswordReset) -> AccountId | None:
    if asked.email:
        return await find_holder(conn, asked.email)
    hashed = bytes.fromhex(asked.email_hash)
    return await login_queries.find_account_id_by_email(conn, hashed, hashed)


async def check_reset_secret(conn: Connection, secret: str) -> None:
    """For the page with the form. Raises SecretSpent."""
    await require_secret(conn, secret, "reset")


async def reset_password(
    conn: Connection, settings: Settings, tokens: TokenCache, secret: str, new: PasswordHash
) -> AccountId:
    """Through the link of the mail. Whoever was signed in as the member no longer is. Raises SecretSpent."""
    user = await require_secret(conn, secret, "reset")
    await set_password(conn, tokens, user.account_id, new)
    await spend_secrets(conn, user, "reset")
    await send_password_changed(conn, settings, user)
    return user.account_id


async def set_password(
    conn: Connection, tokens: TokenCache, account_id: AccountId, new: PasswordHash
) -> None:
    """Revokes every token and session, codes not yet fetched, and a change of address not yet confirmed.

    The second factor stays. Raises NotFound for who has no login.
    """
    user = await login_queries.find_user(conn, account_id)
    if user is None:
        raise NotFound
    await login_queries.update_password(conn, account_id, new)
    await token_queries.update_tokens_revoked(conn, account_id, clock.now(), None)
    await token_queries.update_codes_used(conn, account_id, clock.now())
    await spend_secrets(conn, user, "change")
    tokens.announce_changed(conn, account_id)
