"""`parley account …` and `parley outbox`: making members, raising and admitting them, reading unsent mails."""

import asyncio
import sys
from collections.abc import Callable
from typing import Annotated, Literal

from cyclopts import App, Parameter, validators

from parley.cli.transaction import in_database, printable, told_plainly
from parley.identity import members
from parley.identity.accounts import find_local_account
from parley.identity.closing import close_account
from parley.identity.email_addresses import normal_email
from parley.identity.passwords import PasswordHash, prepare_password, set_password
from parley.identity.scopes import parse_scopes
from parley.identity.second_factor import reset_second_factor
from parley.identity.signup import (
    approve_sign_up,
    pending_sign_ups,
    refuse_faults,
    reject_sign_up,
    username_faults,
)
from parley.identity.tokens import TokenCache
from parley.kit import crypto
from parley.kit.config import Settings, load_settings
from parley.kit.db import Connection
from parley.kit.errors import OperatorError
from parley.kit.ids import AccountId
from parley.kit.mail import list_outbox
from parley.moderation.audit import note_act

Role = Literal["user", "moderator", "admin"]

app = App(name="account", help="Members: make, admit, raise, give new passwords, close.")

COUNT_MAX = 100_000
_LISTED_MAX = 1000
_GENERATED_PASSWORD_LENGTH = 20


@app.command
def create(
    name: str,
    *,
    count: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=COUNT_MAX))] = 1,
    email: str = "",
    password: str = "",
    role: Role = "user",
    token: str = "",
) -> None:
    """Make a member, or many: prints a line each, the name and its token (without --token: its password).

    Parameters
    ----------
    name
        The username; with --count, what the names NAME1, NAME2 … begin with.
    count
        How many.
    email
        Where mails go; without one, none are sent.
    password
        A random one if left out.
    role
        What the member may do.
    token
        Scopes of an access token to make and print, such as "read write follow push".
    """
    settings = load_settings()
    usernames = [name] if count == 1 else [f"{name}{number}" for number in range(1, count + 1)]
    password = password or _random_password(settings)
    with told_plainly():
        new = _new_members(settings, usernames, email, role, token)
        hashed = asyncio.run(prepare_password(settings, password))
    with told_plainly():
        tokens = in_database(settings, lambda conn: members.create_members(conn, new(hashed)))
    secrets = tokens or [password] * len(usernames)
    sys.stdout.writelines(
        f"{username} {secret}\n" for username, secret in zip(usernames, secrets, strict=True)
    )


def _new_members(
    settings: Settings, usernames: list[str], email: str, role: Role, token: str
) -> Callable[[PasswordHash], members.NewMembers]:
    """All refusals that need neither the database nor the slow hash come before these."""
    # Names are reserved for the operator, so not from the operator.
    for username in usernames:
        faults = [fault for fault in username_faults(settings, username) if fault[0] != "ERR_RESERVED"]
        refuse_faults({"username": faults} if faults else {})
    if email and len(usernames) > 1:
        raise OperatorError("--email is for one member: an address belongs to one account")
    normal = normal_email(email) if email else ""
    if normal is None:
        raise OperatorError(f"--email: {email!r} is not an e-mail address")
    scopes = parse_scopes(token) if token else ()
    return lambda hashed: members.NewMembers(usernames, hashed, role, normal, scopes)


@app.command
def approve(name: str) -> None:
    """Admit somebody who waits for approval."""
    settings = load_settings()

    async def act(conn: Connection) -> None:
        account_id = await _require_member(conn, name)
        await approve_sign_up(conn, settings, TokenCache(), account_id)
        await note_act(conn, None, "account.approve", "account", name, target_id=account_id)

    with told_plainly():
        in_database(settings, act)
    print(f"{name} is approved.")


@app.command
def reject(name: str) -> None:
    """Turn away somebody who waits for approval; they are told, and their name is free again."""
    settings = load_settings()

    async def act(conn: Connection) -> None:
        account_id = await _require_member(conn, name)
        await reject_sign_up(conn, settings, TokenCache(), account_id)
        await note_act(conn, None, "account.reject", "account", name, target_id=account_id)

    with told_plainly():
        in_database(settings, act)
    print(f"{name} is turned away.")


@app.command(name="reset-password")
def reset_password(name: str) -> None:
    """Give a member a new random password, and sign every browser and application of theirs out."""
    settings = load_settings()
    password = _random_password(settings)
    hashed = asyncio.run(prepare_password(settings, password))

    async def act(conn: Connection) -> None:
        await set_password(conn, TokenCache(), await _require_member(conn, name), hashed)

    with told_plainly():
        in_database(settings, act)
    print(f"{name} {password}")


@app.command(name="reset-second-factor")
def reset_factor(name: str) -> None:
    """Turn two-factor sign-in off for a member who lost both the app and the recovery codes; they are told by mail."""
    settings = load_settings()

    async def act(conn: Connection) -> bool:
        return await reset_second_factor(conn, settings, await _require_member(conn, name))

    with told_plainly():
        counted = in_database(settings, act)
    if counted:
        print(f"{name} signs in with the password alone now.")
    else:
        print(f"{name} has no second factor.")


@app.command
def close(name: str, *, yes: bool = False) -> None:
    """Close a member's account for good, as they can do themselves: all of it is deleted, and the name stays taken.

    Parameters
    ----------
    name
        The username.
    yes
        Do it: without, nothing is done.
    """
    if not yes:
        raise OperatorError(f"this deletes all that {name} has here, for good: add --yes")
    settings = load_settings()

    async def act(conn: Connection) -> None:
        account_id = await _require_member(conn, name)
        await close_account(conn, settings, TokenCache(), account_id)
        await note_act(conn, None, "account.close", "account", name, target_id=account_id)

    with told_plainly():
        in_database(settings, act)
    print(f"{name} is closed; what is left goes by jobs, within minutes.")


@app.command
def promote(name: str, *, role: Role = "admin") -> None:
    """Give a member a role; also confirms and approves who still waits for that.

    Parameters
    ----------
    name
        The username.
    role
        What the member may do from now on; "user" takes other roles away.
    """

    async def act(conn: Connection) -> None:
        account_id = await _require_member(conn, name)
        await members.promote_member(conn, TokenCache(), account_id, role)
        await note_act(conn, None, "account.promote", "account", name, target_id=account_id, reason=role)

    with told_plainly():
        in_database(load_settings(), act)
    print(f"{name} is {role} now; open browsers and apps notice within ten seconds.")


@app.command(name="list-pending")
def list_pending() -> None:
    """List who waits for approval, the longest waiting first."""
    with told_plainly():
        waiting = in_database(load_settings(), lambda conn: pending_sign_ups(conn, _LISTED_MAX))
    for each in waiting:
        confirmed = "confirmed" if each.confirmed else "unconfirmed"
        print(
            f"{each.created_at:%Y-%m-%d %H:%M} {each.username} <{each.words.email}> {confirmed}: {printable(each.words.sign_up_reason)}"
        )
    if not waiting:
        print("Nobody waits for approval.")


def outbox(
    *, limit: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=_LISTED_MAX))] = 20
) -> None:
    """Show mails that were not sent: all of them while no SMTP server is set.

    Parameters
    ----------
    limit
        How many of the newest.
    """
    with told_plainly():
        mails = in_database(load_settings(), lambda conn: list_outbox(conn, limit))
    for mail in reversed(mails):
        print(f"{mail.created_at:%Y-%m-%d %H:%M} to {mail.recipient}: {printable(mail.subject)}")
        if mail.last_error:
            print(f"  refused: {printable(mail.last_error)}")
        print("\n".join(f"  {printable(line)}" for line in mail.text_body.splitlines()), end="\n\n")
    if not mails:
        print("Every mail was sent.")


async def _require_member(conn: Connection, name: str) -> AccountId:
    account = await find_local_account(conn, name.removeprefix("@"))
    if account is None:
        raise OperatorError(f"there is no member {name}")
    return account.id


def _random_password(settings: Settings) -> str:
    return (crypto.new_secret() + crypto.new_secret())[
        : max(_GENERATED_PASSWORD_LENGTH, settings.password_length_min)
    ]
