"""What a login holds that only its member and the server have to know: e-mail address and reason, under the account's key.

Whatever needs the address opens it here. To find a member by an address, or to compare two, its hash is enough.
"""

from collections.abc import Collection

import msgspec

from parley.identity import login_queries
from parley.identity.email_addresses import email_hash, hash_asked_for
from parley.identity.models import User
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.owners_keys import OwnersKey, Piece, lasting_key, open_all, seal


class PrivateWords(msgspec.Struct, frozen=True, array_like=True):
    """Either may be empty: members whom the operator made may have no address."""

    email: str = ""
    sign_up_reason: str = ""


_NONE = PrivateWords()
_SEALED_AT_ONCE = 100


async def with_words(conn: Connection, key: OwnersKey, user: User, words: PrivateWords) -> User:
    """As it is to be stored. `key`: the account's."""
    return msgspec.structs.replace(
        user,
        open_email="",
        open_reason="",
        email_hash=await email_hash(conn, words.email) if words.email else None,
        sealed=seal(key, _place(user.account_id), words) if words != _NONE else None,
    )


async def words_of(conn: Connection, user: User) -> PrivateWords:
    return (await words_of_all(conn, [user]))[user.account_id]


async def email_of(conn: Connection, user: User) -> str:
    return (await words_of(conn, user)).email


async def words_of_all(conn: Connection, users: Collection[User]) -> dict[AccountId, PrivateWords]:
    """One statement, or none. What can't be opened is empty."""
    found = {each.account_id: PrivateWords(each.open_email, each.open_reason) for each in users}
    pieces = [Piece(_place(each.account_id), each.sealed) for each in users if each.sealed is not None]
    if pieces:
        owners = [each.account_id for each in users if each.sealed is not None]
        for owner_id, words in zip(owners, await open_all(conn, pieces, PrivateWords), strict=True):
            found[owner_id] = words or _NONE
    return found


async def hash_of_email(conn: Connection, user: User) -> bytes | None:
    """Of the present address, without opening it; None for who has none."""
    if user.sealed is None and user.open_email:
        return await hash_asked_for(conn, user.open_email)
    return user.email_hash


async def release_email_of(conn: Connection, user: User, kept: str = "") -> None:
    """Others may have the member's address from now on, unless it is the one that is `kept`. Opens nothing."""
    held = await hash_of_email(conn, user)
    if held is not None and (not kept or held != await email_hash(conn, kept)):
        await login_queries.release_email(conn, held, user.account_id)


# From before words were sealed


class SealOlderLogins(msgspec.Struct, frozen=True):
    """The payload of the job that seals what is older. `after`: the account after which the next slice begins."""

    after: int = 0


async def seal_some_logins(conn: Connection, after: int) -> int | None:
    """A slice of those that lie in the open; where the next begins, if there may be one."""
    found = await login_queries.unsealed_users(conn, after, _SEALED_AT_ONCE)
    for user in found:
        words = PrivateWords(user.open_email, user.open_reason)
        key = await lasting_key(conn, user.account_id)
        await login_queries.seal_words(conn, user, await with_words(conn, key, user, words))
    return found[-1].account_id if len(found) == _SEALED_AT_ONCE else None


# Other addresses than the login's


async def seal_email(conn: Connection, account_id: AccountId, place: str, email: str) -> bytes:
    """Another address than the login's, in the row that `place` names."""
    return seal(await lasting_key(conn, account_id), place, email)


async def open_email(conn: Connection, place: str, sealed: bytes) -> str:
    return (await open_all(conn, [Piece(place, sealed)], str))[0] or ""


def _place(account_id: AccountId) -> str:
    return f"login {account_id}"
