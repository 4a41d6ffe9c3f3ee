"""close_own_account: a member leaves for good, or the operator closes an account for them; staff's erasing has the same end."""

from parley.identity import login_queries, member_queries, queries
from parley.identity.errors import AccountGone, LastAdministrator
from parley.identity.letters import send_account_closed
from parley.identity.models import Account, User
from parley.identity.private_words import email_of
from parley.identity.staff_view import STAFF_MAX
from parley.identity.standing import erase_member
from parley.identity.step_up import require_proof
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId

_HIGHEST_ROLE = "admin"


async def close_own_account(
    conn: Connection, settings: Settings, tokens: TokenCache, viewer: Viewer, typed_name: str
) -> None:
    """`typed_name`: so that nobody does it by a wrong click. Raises ProofDue, Invalid, LastAdministrator, AccountGone."""
    account = await closable_account(conn, viewer)
    if typed_name.strip().removeprefix("@").lower() != account.username.lower():
        sentence = "is not the name of your account"
        raise Invalid(f"Validation failed: Name {sentence}", details={"name": [("ERR_INVALID", sentence)]})
    await close_account(conn, settings, tokens, account.id)


async def closable_account(conn: Connection, viewer: Viewer) -> Account:
    """For the page with the form. Raises ProofDue, LastAdministrator, AccountGone."""
    account_id = await require_proof(conn, viewer)
    account = await queries.find_account(conn, account_id)
    user = await login_queries.find_user(conn, account_id)
    if account is None or user is None:
        raise AccountGone
    if await _others_in_charge(conn, user) == []:
        raise LastAdministrator
    return account


async def close_account(
    conn: Connection, settings: Settings, tokens: TokenCache, account_id: AccountId
) -> None:
    """Gone from every door once this is committed. Raises LastAdministrator; AccountGone for one without a login."""
    user = await login_queries.find_user(conn, account_id)
    if user is None:
        raise AccountGone
    # Two who close at once, or two administrators who do: the second waits here, and sees what the first has done.
    for each in sorted({*(await _others_in_charge(conn, user) or ()), account_id}):
        await queries.lock_counts(conn, each)
    if await login_queries.find_user(conn, account_id) is None:
        raise AccountGone
    if await _others_in_charge(conn, user) == []:
        raise LastAdministrator
    email = await email_of(conn, user)
    await erase_member(conn, tokens, account_id)
    await send_account_closed(conn, settings, user, email)


async def _others_in_charge(conn: Connection, user: User) -> list[AccountId] | None:
    """Who could run the site without them; None where that isn't asked."""
    if user.role != _HIGHEST_ROLE:
        return None
    staff = await member_queries.account_ids_of_staff(conn, [_HIGHEST_ROLE], STAFF_MAX)
    return [each for each in staff if each != user.account_id]
