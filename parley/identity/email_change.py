"""Another e-mail address for a member: asked for with proof, confirmed from the new one, told to the old one."""

import msgspec

from parley.identity import login_queries
from parley.identity.confirmation import ask_to_confirm, require_unconfirmed
from parley.identity.email_addresses import (
    claim_address,
    find_holder,
    normal_email,
)
from parley.identity.email_secrets import make_secret, require_change, spend_secrets
from parley.identity.errors import SecretSpent
from parley.identity.letters import (
    send_address_in_use,
    send_change_asked,
    send_change_link,
    send_email_changed,
)
from parley.identity.models import User
from parley.identity.private_words import email_of, release_email_of, with_words, words_of
from parley.identity.signup import refuse_faults
from parley.identity.step_up import require_proof
from parley.identity.viewer import Viewer, require_account
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.owners_keys import lasting_key


async def own_email(conn: Connection, viewer: Viewer) -> str:
    """Empty for members whom the operator made without one."""
    user = await login_queries.find_user(conn, require_account(viewer))
    return "" if user is None else await email_of(conn, user)


async def ask_for_email_change(conn: Connection, settings: Settings, viewer: Viewer, email: str) -> None:
    """Nothing changes before the link in the mail is followed, unless this server confirms no addresses at all.

    Whether the address belongs to somebody else is not told, as in sign-up. Doors ask admission first. Raises
    ProofDue, Invalid.
    """
    user = await login_queries.find_user(conn, await require_proof(conn, viewer))
    if user is None:
        raise NotFound
    normal = normal_email(email)
    if normal is None:
        refuse_faults({"email": [("ERR_INVALID", "is not a valid e-mail address")]})
        return
    if normal == await email_of(conn, user):
        refuse_faults({"email": [("ERR_TAKEN", "is your address already")]})
    await spend_secrets(conn, user, "change")
    if settings.confirm_email:
        await send_change_asked(conn, settings, user)
        await _ask_new_address(conn, settings, user, normal)
    elif not await _move_to(conn, settings, user, normal):
        refuse_faults({"email": [("ERR_TAKEN", "has already been taken")]})


async def correct_email(conn: Connection, settings: Settings, viewer: Viewer, email: str) -> None:
    """Whoever has not confirmed the address of their sign-up yet may have mistyped it: the mail goes to this one now.

    Doors ask admission first. Raises Forbidden, Invalid.
    """
    user = await require_unconfirmed(conn, viewer)
    normal = normal_email(email)
    if normal is None:
        refuse_faults({"email": [("ERR_INVALID", "is not a valid e-mail address")]})
        return
    before = await words_of(conn, user)
    await release_email_of(conn, user, kept=normal)
    await spend_secrets(conn, user, "confirm")
    key = await lasting_key(conn, user.account_id)
    corrected = await with_words(conn, key, user, msgspec.structs.replace(before, email=normal))
    await login_queries.update_words(conn, corrected)
    await ask_to_confirm(conn, settings, key, corrected, normal)


async def _ask_new_address(conn: Connection, settings: Settings, user: User, email: str) -> None:
    """Who only asks for an address holds it against nobody."""
    holder_id = await find_holder(conn, email)
    # The same statements whoever has it.
    holder = await login_queries.find_user(conn, user.account_id if holder_id is None else holder_id)
    secret = await make_secret(conn, user, "change", email)
    taken = holder is not None and holder.confirmed_at is not None and holder.account_id != user.account_id
    if holder is not None and taken:
        await send_address_in_use(conn, settings, holder)
    else:
        await send_change_link(conn, settings, user, email, secret)


async def confirm_email_change(conn: Connection, settings: Settings, secret: str) -> None:
    """Through the link of the mail, once. The second factor stays as it is. Raises SecretSpent."""
    user, email = await require_change(conn, secret)
    if not await _move_to(conn, settings, user, email):
        raise SecretSpent


async def _move_to(conn: Connection, settings: Settings, user: User, email: str) -> bool:
    """Whether the address was free to be this member's. What was mailed to the old one serves no more."""
    if await claim_address(conn, email, user.account_id) is not None:
        return False
    before = await words_of(conn, user)
    await release_email_of(conn, user, kept=email)
    moved = msgspec.structs.replace(before, email=email)
    key = await lasting_key(conn, user.account_id)
    await login_queries.update_words(conn, await with_words(conn, key, user, moved))
    await spend_secrets(conn, user, "change")
    await spend_secrets(conn, user, "reset")
    await send_email_changed(conn, settings, user, before.email)
    return True
