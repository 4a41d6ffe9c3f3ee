"""What staff decide about an account takes hold: suspended, limited, sensitised, disabled; and erasing what is left."""

from typing import Literal

from parley.identity import login_queries, member_queries, queries
from parley.identity.events import AccountErased, ProfileEdited
from parley.identity.private_words import email_of, release_email_of
from parley.identity.tokens import TokenCache
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.ids import AccountId, bucket_of
from parley.kit.ledger import deleted_among, note_deleted
from parley.kit.mail import forget_mails_of, forget_mails_to
from parley.kit.owners_keys import erase_for_good

Standing = Literal["suspended", "limited", "sensitized", "disabled"]
_COLUMNS: dict[str, member_queries.Sanction] = {
    "suspended": "suspended_at",
    "limited": "limited_at",
    "sensitized": "sensitized_at",
}


async def set_standing(
    conn: Connection, tokens: TokenCache, account_id: AccountId, standing: Standing, *, on: bool
) -> bool:
    """Whether it was otherwise until now. Whoever is suspended or disabled is signed out of everything at once."""
    at = clock.now() if on else None
    if standing == "disabled":
        changed = await member_queries.update_disabled(conn, account_id, at)
    else:
        changed = await member_queries.update_sanction(conn, _COLUMNS[standing], account_id, at)
        if changed:
            # What others keep of the account is good for one version.
            await queries.update_version(conn, account_id, 1)
            await emit(conn, ProfileEdited(account_id))
    if changed and standing in {"suspended", "disabled"}:
        tokens.announce_changed(conn, account_id)
    return changed


async def erase_member(conn: Connection, tokens: TokenCache, account_id: AccountId) -> None:
    """The login, its addresses and the profile's words are gone; the name stays taken, so that nobody poses as them.

    For good, whoever decided it. Out of sight as the suspended are; what else is left goes by a job, in slices.
    """
    # First of all: whoever counts at the account just now ends before this, or finds it erased.
    await queries.update_erased(conn, account_id)
    await _forget_address(conn, account_id)
    await erase_for_good(conn, account_id)
    await member_queries.delete_user(conn, account_id)
    await member_queries.erase_profile(conn, account_id)
    await member_queries.update_sanction(conn, "suspended_at", account_id, clock.now())
    await queries.update_version(conn, account_id, 1)
    await emit(conn, ProfileEdited(account_id))
    await emit(conn, AccountErased(account_id))
    await note_deleted(conn, "account", [account_id])
    tokens.announce_changed(conn, account_id)


async def _forget_address(conn: Connection, account_id: AccountId) -> None:
    """With the mails to them, whatever address they went to."""
    user = await login_queries.find_user(conn, account_id)
    if user is not None:
        await release_email_of(conn, user)
        email = await email_of(conn, user)
        if email:
            await forget_mails_to(conn, email)
    await forget_mails_of(conn, account_id)


async def delete_some_again(
    conn: Connection, tokens: TokenCache, after: AccountId, limit: int
) -> tuple[list[AccountId], AccountId | None]:
    """Of a slice of all members those that the ledger names: which, and where the next slice begins."""
    ids = await member_queries.account_ids_after(conn, bucket_of(after) if after else -1, after, limit)
    again = [AccountId(each) for each in await deleted_among(conn, "account", ids)]
    for each in again:
        await erase_member(conn, tokens, each)
    return again, ids[-1] if len(ids) == limit else None
