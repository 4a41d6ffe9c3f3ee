"""Members made or raised by the operator: many at once, confirmed and approved, with tokens if wanted."""

import msgspec

from parley.identity import login_queries, queries
from parley.identity.addresses import handle_key
from parley.identity.applications import OUT_OF_BAND, register_application
from parley.identity.email_addresses import claim_address
from parley.identity.events import AccountCreated
from parley.identity.models import AccessToken, Application, User
from parley.identity.passwords import PasswordHash
from parley.identity.private_words import PrivateWords, email_of, with_words
from parley.identity.signup import new_account, new_user, refuse_faults
from parley.identity.tokens import TokenCache, make_token_row, refuse_unready
from parley.kit import clock, crypto
from parley.kit.db import Connection
from parley.kit.errors import Conflict, NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, new_account_id
from parley.kit.owners_keys import lasting_key

APPLICATION_NAME = "Parley command line"


class NewMembers(msgspec.Struct, frozen=True):
    """What the members have in common. Without an `email` they get no mails; with one there is one member."""

    usernames: list[str]
    password_hash: PasswordHash
    role: str = "user"
    email: str = ""
    token_scopes: tuple[str, ...] = ()


async def create_members(conn: Connection, new: NewMembers) -> list[str]:
    """Thousands in seconds. Returns a bearer token for each, or nothing when no scopes were asked for.

    Raises Invalid, naming the first that is taken; the names must be checked otherwise.
    """
    await _refuse_taken(conn, new.usernames)
    accounts = [new_account(new_account_id(), username) for username in new.usernames]
    users = [
        msgspec.structs.replace(new_user(account.id, new.password_hash), role=new.role)
        for account in accounts
    ]
    if new.email:
        words = PrivateWords(new.email)
        users = [
            await with_words(conn, await lasting_key(conn, each.account_id), each, words) for each in users
        ]
    for user in users:
        if new.email and await claim_address(conn, new.email, user.account_id) is not None:
            refuse_faults({"email": [("ERR_TAKEN", "has already been taken")]})
    await login_queries.copy_members(conn, accounts, users)
    for account in accounts:
        await emit(conn, AccountCreated(account.id))
    return await _make_tokens(conn, users, new.token_scopes) if new.token_scopes else []


async def _refuse_taken(conn: Connection, usernames: list[str]) -> None:
    taken = await queries.account_ids_by_handles(conn, [handle_key(username) for username in usernames])
    for username in usernames:
        if handle_key(username) in taken:
            refuse_faults({"username": [("ERR_TAKEN", f"{username} has already been taken")]})


async def _make_tokens(conn: Connection, users: list[User], scopes: tuple[str, ...]) -> list[str]:
    registered = await register_application(
        conn, name=APPLICATION_NAME, redirect_uris=[OUT_OF_BAND], scopes=" ".join(scopes), website=None
    )
    made = [_make_token(user, registered.application, scopes) for user in users]
    await login_queries.copy_tokens(conn, [token for token, _ in made])
    return [bearer for _, bearer in made]


def _make_token(user: User, application: Application, scopes: tuple[str, ...]) -> tuple[AccessToken, str]:
    secret = crypto.new_secret()
    token = make_token_row(secret, user.account_id, application, scopes)
    return token, crypto.join_token(token.id, secret)


async def promote_member(conn: Connection, tokens: TokenCache, account_id: AccountId, role: str) -> None:
    """Gives a role and, since the operator vouches for the member, confirms and approves.

    Raises NotFound for who has no login, Conflict when another member has confirmed the same address.
    """
    user = await login_queries.find_user(conn, account_id)
    if user is None:
        raise NotFound
    email = await email_of(conn, user)
    if email and await claim_address(conn, email, account_id) is not None:
        raise Conflict("Another member has confirmed the same e-mail address")
    await login_queries.update_role(conn, account_id, role)
    confirmed = await login_queries.update_confirmed(conn, account_id, clock.now())
    approved = await login_queries.update_approved(conn, account_id, clock.now())
    if confirmed or approved:
        await emit(conn, AccountCreated(account_id))
    tokens.announce_changed(conn, account_id)


async def require_ready(conn: Connection, account_id: AccountId) -> None:
    """For what is done in a member's name while they are away. Raises what keeps them from acting, or NotFound."""
    user = await login_queries.find_user(conn, account_id)
    account = await queries.find_account(conn, account_id)
    if user is None or account is None:
        raise NotFound
    refuse_unready(
        account_id,
        confirmed=user.confirmed_at is not None,
        approved=user.approved_at is not None,
        disabled=user.disabled_at is not None,
        suspended=account.suspended_at is not None,
    )


async def note_active(conn: Connection, account_id: AccountId) -> None:
    """Notes that the member is there today, where no token of theirs tells it."""
    await login_queries.update_active_on(conn, account_id, clock.now().date())
