"""Signing in: by e-mail address or username and a password."""

import msgspec

from parley.identity import login_queries, queries, second_factor_queries
from parley.identity.addresses import handle_key
from parley.identity.email_addresses import find_holder, normal_email
from parley.identity.errors import SecondFactorDue, WrongPassword
from parley.identity.models import User
from parley.identity.tokens import refuse_unready
from parley.identity.viewer import Viewer, require_account
from parley.kit import crypto
from parley.kit.db import Connection, Database
from parley.kit.ids import AccountId, new_account_id

NAME_LENGTH_MAX = 254
PASSWORD_LENGTH_MAX = 1000


class ProvenMember(msgspec.Struct, frozen=True):
    """Somebody who gave a member's right password just now, and perhaps the code of their second factor.

    Made here, by second_factor.py beside it and by half_signed.py.
    """

    account_id: AccountId
    with_code: bool = False


async def check_password(database: Database, name: str, password: str) -> ProvenMember:
    """Raises WrongPassword, after as long for a name that nobody bears.

    Takes the database and not a connection: none is held while the hash is worked out. Doors spend the
    sign-in budget of kit/rate_limit.py first, by `sign_in_name`.
    """
    async with database.reading() as conn:
        user = await _find_user_by_name(conn, name)
    return await _prove(user, password)


async def check_own_password(database: Database, viewer: Viewer, password: str) -> ProvenMember:
    """Before something that a browser left open must not be enough for."""
    account_id = require_account(viewer)
    async with database.reading() as conn:
        user = await login_queries.find_user(conn, account_id)
    return await _prove(user, password)


async def require_ready(conn: Connection, member: ProvenMember) -> None:
    """Raises LoginNotReady for a member who may not act (yet): unconfirmed, waiting, disabled, suspended.

    Whatever a password opens asks here first, so no door can forget a second factor: that is SecondFactorDue.
    """
    user = await login_queries.find_user(conn, member.account_id)
    account = await queries.find_account(conn, member.account_id)
    if user is None or account is None:
        raise WrongPassword
    refuse_unready(
        member.account_id,
        confirmed=user.confirmed_at is not None,
        approved=user.approved_at is not None,
        disabled=user.disabled_at is not None,
        suspended=account.suspended_at is not None,
    )
    if not member.with_code:
        factor = await second_factor_queries.find_second_factor(conn, member.account_id)
        if factor is not None and factor.confirmed_at is not None:
            raise SecondFactorDue(member.account_id)


def sign_in_name(name: str) -> str:
    """One form for all spellings that sign the same member in; empty for what nobody can be called.

    Guesses are counted by it: an international domain can be spelt in thousands of ways.
    """
    name = name.strip().removeprefix("@")
    if len(name) > NAME_LENGTH_MAX:
        return ""
    return handle_key(name) if "@" not in name else (normal_email(name) or "").lower()


async def _find_user_by_name(conn: Connection, name: str) -> User | None:
    name = sign_in_name(name)
    if not name:
        return None
    if "@" in name:
        found = await find_holder(conn, name)
    else:
        found = await queries.find_account_id_by_handle(conn, name)
    # Asked for nobody, too: as many statements whoever it is.
    return await login_queries.find_user(conn, new_account_id() if found is None else found)


async def _prove(user: User | None, password: str) -> ProvenMember:
    if len(password) > PASSWORD_LENGTH_MAX:
        raise WrongPassword
    matches = await crypto.password_matches(password, None if user is None else user.password_hash)
    if user is None or not matches:
        raise WrongPassword
    return ProvenMember(user.account_id)
