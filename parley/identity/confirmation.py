"""Confirming an address: the mail that asks, and what the link in it does."""

from parley.identity import login_queries
from parley.identity.email_addresses import claim_address
from parley.identity.email_secrets import make_secret, require_secret, spend_secrets
from parley.identity.errors import SecretSpent
from parley.identity.events import AccountCreated
from parley.identity.letters import send_address_in_use, send_confirmation
from parley.identity.models import User
from parley.identity.private_words import email_of
from parley.identity.tokens import TokenCache
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Forbidden
from parley.kit.events import emit
from parley.kit.ids import AccountId
from parley.kit.owners_keys import OwnersKey, lasting_key


async def ask_to_confirm(
    conn: Connection, settings: Settings, key: OwnersKey, user: User, email: str
) -> None:
    """Mails the link; or, when a member has confirmed the address before, tells that member instead.

    Whoever signed up sees no difference, not in the time either, and so can't learn who is a member. A secret that
    is not sent opens nothing. `key`: the account's, at hand with whoever asks.
    """
    holder = await claim_address(conn, email, user.account_id)
    secret = await make_secret(conn, user, "confirm")
    if holder is not None:
        await send_address_in_use(conn, settings, holder)
    else:
        await send_confirmation(conn, settings, key, email, secret)


async def resend_confirmation(conn: Connection, settings: Settings, viewer: Viewer) -> None:
    """Doors limit how often. Raises Forbidden when there is nothing to confirm."""
    user = await require_unconfirmed(conn, viewer)
    key = await lasting_key(conn, user.account_id)
    await ask_to_confirm(conn, settings, key, user, await email_of(conn, user))


async def require_unconfirmed(conn: Connection, viewer: Viewer) -> User:
    """Raises Forbidden."""
    user = await login_queries.find_user(conn, require_account(viewer))
    if user is None or user.confirmed_at is not None:
        raise Forbidden("This address is confirmed already")
    return user


async def confirm_address(conn: Connection, tokens: TokenCache, secret: str) -> AccountId:
    """Through the link of the mail; a second click does no harm. Raises SecretSpent."""
    user = await require_secret(conn, secret, "confirm")
    if await claim_address(conn, await email_of(conn, user), user.account_id) is not None:
        raise SecretSpent
    await spend_secrets(conn, user, "confirm")
    if await login_queries.update_confirmed(conn, user.account_id, clock.now()):
        tokens.announce_changed(conn, user.account_id)
        # Read anew: staff may have approved them meanwhile.
        confirmed = await login_queries.find_user(conn, user.account_id)
        if confirmed is not None and confirmed.approved_at is not None:
            await emit(conn, AccountCreated(user.account_id))
    return user.account_id
